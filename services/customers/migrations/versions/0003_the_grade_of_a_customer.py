"""the grade of a customer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("customers", sa.Column("grade", sa.String(length=10), nullable=True))


def downgrade() -> None:
    op.drop_column("customers", "grade")
