"""Links to the status page, and what was said there (IS-4, UX-13)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from chassis import db
from chassis.migrate import open_across_tenants

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

open_across_tenants("status_links")


def upgrade() -> None:
    op.create_table(
        "statements",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("files", db.JsonDict, nullable=False),
        sa.Column("satisfaction", sa.String(length=40), nullable=True),
        sa.Column("about", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "complaint_id"],
            ["complaints.tenant_id", "complaints.id"],
            name=op.f("fk_statements_tenant_id_complaint_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_statements")),
    )
    op.create_index("ix_statements_complaint", "statements", ["tenant_id", "complaint_id", "id"], unique=False)
    op.create_table(
        "status_links",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("code_digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("issued_at", db.UtcDateTime(), nullable=False),
        sa.Column("issued_by", sa.String(length=200), nullable=False),
        sa.Column("expires_at", db.UtcDateTime(), nullable=False),
        sa.Column("revoked_at", db.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "complaint_id"],
            ["complaints.tenant_id", "complaints.id"],
            name=op.f("fk_status_links_tenant_id_complaint_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_status_links")),
        sa.UniqueConstraint("code_digest", name=op.f("uq_status_links_code_digest")),
        sa.UniqueConstraint("digest", name=op.f("uq_status_links_digest")),
    )
    op.create_index("ix_status_links_complaint", "status_links", ["tenant_id", "complaint_id", "id"], unique=False)
    op.add_column("attachments", sa.Column("by_id", sa.String(length=64), nullable=True))


def downgrade() -> None:
    op.drop_column("attachments", "by_id")
    op.drop_index("ix_status_links_complaint", table_name="status_links")
    op.drop_table("status_links")
    op.drop_index("ix_statements_complaint", table_name="statements")
    op.drop_table("statements")
