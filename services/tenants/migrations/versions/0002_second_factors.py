"""Second factors of sign-ins, and which roles want one (ASVS 6.3.3)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from chassis import db

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("staff_logins", sa.Column("factor_sealed", sa.Text(), nullable=True))
    op.add_column("staff_logins", sa.Column("factor_since", db.UtcDateTime(), nullable=True))
    op.add_column("staff_logins", sa.Column("factor_step", sa.Integer(), nullable=True))
    op.add_column("staff_logins", sa.Column("pending_sealed", sa.Text(), nullable=True))
    op.add_column("staff_logins", sa.Column("pending_until", db.UtcDateTime(), nullable=True))
    op.add_column("staff_logins", sa.Column("recovery_digests", db.JsonDict, nullable=True))
    op.add_column("roles", sa.Column("second_factor", sa.String(length=10), server_default="optional", nullable=False))
    op.add_column("sessions", sa.Column("enrolling", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    op.drop_column("sessions", "enrolling")
    op.drop_column("roles", "second_factor")
    for column in (
        "recovery_digests",
        "pending_until",
        "pending_sealed",
        "factor_step",
        "factor_since",
        "factor_sealed",
    ):
        op.drop_column("staff_logins", column)
