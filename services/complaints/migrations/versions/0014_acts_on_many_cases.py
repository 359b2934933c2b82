"""Acts on many cases, and what became of each (UX-6)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from chassis import db

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bulk_jobs",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.String(length=120), nullable=False),
        sa.Column("context", sa.Text(), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("fields", db.JsonDict, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("made_at", db.UtcDateTime(), nullable=False),
        sa.Column("finished_at", db.UtcDateTime(), nullable=True),
        sa.Column("lease_until", db.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_bulk_jobs")),
    )
    op.create_index("ix_bulk_jobs_state", "bulk_jobs", ["tenant_id", "state", "id"])
    op.create_index("ix_bulk_jobs_owner", "bulk_jobs", ["tenant_id", "owner", "id"])
    op.create_table(
        "bulk_items",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("bulk_id", sa.Uuid(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=80), nullable=True),
        sa.Column("expected_version", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=True),
        sa.Column("problem", db.JsonDict, nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "bulk_id"],
            ["bulk_jobs.tenant_id", "bulk_jobs.id"],
            name=op.f("fk_bulk_items_tenant_id_bulk_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_bulk_items")),
    )
    op.create_index("ix_bulk_items_bulk", "bulk_items", ["tenant_id", "bulk_id", "state", "id"])


def downgrade() -> None:
    op.drop_index("ix_bulk_items_bulk", table_name="bulk_items")
    op.drop_table("bulk_items")
    for name in ("ix_bulk_jobs_owner", "ix_bulk_jobs_state"):
        op.drop_index(name, table_name="bulk_jobs")
    op.drop_table("bulk_jobs")
