"""Who follows a case, what roles may do now, and whom a note is for (UX-7)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from chassis import db

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("history", sa.Column("audience", sa.String(length=12), nullable=True))
    op.create_table(
        "watchers",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("since", db.UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        _of_complaint("watchers"),
        sa.PrimaryKeyConstraint("tenant_id", "complaint_id", "staff_id", name=op.f("pk_watchers")),
    )
    op.create_index("ix_watchers_staff", "watchers", ["tenant_id", "staff_id", "complaint_id"])
    op.create_table(
        "mentions",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        _of_complaint("mentions"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_mentions")),
    )
    op.create_index("ix_mentions_staff", "mentions", ["tenant_id", "staff_id", "complaint_id"])
    op.create_table(
        "roles",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("permissions", db.JsonDict, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "name", name=op.f("pk_roles")),
    )


def _of_complaint(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", "complaint_id"],
        ["complaints.tenant_id", "complaints.id"],
        name=op.f(f"fk_{table}_tenant_id_complaint_id"),
    )


def downgrade() -> None:
    op.drop_table("roles")
    op.drop_index("ix_mentions_staff", table_name="mentions")
    op.drop_table("mentions")
    op.drop_index("ix_watchers_staff", table_name="watchers")
    op.drop_table("watchers")
    op.drop_column("history", "audience")
