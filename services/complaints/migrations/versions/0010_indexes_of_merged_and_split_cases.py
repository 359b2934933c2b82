"""Find what was merged into a case, or split from it, without looking at every case of the company."""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

from chassis.migrate import add_index

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_LINKS = (("ix_complaints_merged", "merged_into_id"), ("ix_complaints_split", "split_from_id"))


def upgrade() -> None:
    for name, column in _LINKS:
        there = text(f"{column} IS NOT NULL")
        add_index(name, "complaints", ["tenant_id", column], postgresql_where=there, sqlite_where=there)


def downgrade() -> None:
    for name, _ in _LINKS:
        op.drop_index(name, table_name="complaints")
