"""Cases whose complainant refused the decision and waits for an answer (IS-7)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("complaints", sa.Column("refused", sa.Boolean(), nullable=True))


def downgrade() -> None:
    op.drop_column("complaints", "refused")
