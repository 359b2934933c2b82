"""Find the refused cases without looking at every case of the company."""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

from chassis.migrate import add_index

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    there = text("refused IS NOT NULL")
    add_index(
        "ix_complaints_refused", "complaints", ["tenant_id", "refused"], postgresql_where=there, sqlite_where=there
    )


def downgrade() -> None:
    op.drop_index("ix_complaints_refused", table_name="complaints")
