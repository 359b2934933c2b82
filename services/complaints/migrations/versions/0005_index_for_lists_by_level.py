"""List the gravest cases first without sorting all of the company's."""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

from chassis.migrate import add_index

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add_index("ix_complaints_level", "complaints", ["tenant_id", text("level_rank DESC"), "received_at", "id"])


def downgrade() -> None:
    op.drop_index("ix_complaints_level", table_name="complaints")
