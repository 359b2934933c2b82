"""Cases merged into others and split from others (UX-1)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from chassis import db

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_LINKS = ("merged_into_id", "split_from_id")


def upgrade() -> None:
    for column in _LINKS:
        op.add_column("complaints", sa.Column(column, sa.Uuid(), nullable=True))
    op.create_table(
        "merges",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("into_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("before", db.JsonDict, nullable=False),
        sa.Column("after", db.JsonDict, nullable=False),
        sa.Column("undone_at", db.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "complaint_id"],
            ["complaints.tenant_id", "complaints.id"],
            name=op.f("fk_merges_tenant_id_complaint_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_merges")),
    )
    op.create_index("ix_merges_complaint", "merges", ["tenant_id", "complaint_id", "id"])


def downgrade() -> None:
    op.drop_index("ix_merges_complaint", table_name="merges")
    op.drop_table("merges")
    for column in _LINKS:
        op.drop_column("complaints", column)
