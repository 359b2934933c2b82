"""Files that were struck out (UX-2)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from chassis import db

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None
_COLUMNS = {"struck_at": db.UtcDateTime(), "struck_by": sa.String(length=200), "struck_reason": sa.String(length=300)}


def upgrade() -> None:
    for name, kind in _COLUMNS.items():
        op.add_column("attachments", sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    for name in reversed(_COLUMNS):
        op.drop_column("attachments", name)
