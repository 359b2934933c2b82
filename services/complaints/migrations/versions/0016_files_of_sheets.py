"""Which sheet of its case a file belongs to (UX-2)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("attachments", sa.Column("sheet_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("attachments", "sheet_id")
