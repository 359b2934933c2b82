"""Policies of different tenants that are the same are told by their digests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What is there already has none and is read whole for each tenant, until the tenant has a newer version.
    op.add_column("tenant_policies", sa.Column("digest", sa.String(length=64), nullable=True))


def downgrade() -> None:
    op.drop_column("tenant_policies", "digest")
