"""Find what follows a case, the most urgent, and a category's newest without looking at every case of the company."""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_FOLLOWING = text("follows_id IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_complaints_follows", "complaints", ["tenant_id", "follows_id"],
        postgresql_where=_FOLLOWING, sqlite_where=_FOLLOWING,
    )  # fmt: skip
    op.create_index("ix_complaints_category", "complaints", ["tenant_id", "category", "received_at", "id"])
    op.create_index("ix_complaints_priority", "complaints", ["tenant_id", text("priority DESC"), "received_at", "id"])


def downgrade() -> None:
    for name in ("ix_complaints_priority", "ix_complaints_category", "ix_complaints_follows"):
        op.drop_index(name, table_name="complaints")
