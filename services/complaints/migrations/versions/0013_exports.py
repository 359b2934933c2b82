"""Lists exported as workbooks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from chassis import db

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exports",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("list", sa.String(length=24), nullable=False),
        sa.Column("filters", db.JsonDict, nullable=False),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("clear", sa.Boolean(), nullable=False),
        sa.Column("context", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.String(length=200), nullable=False),
        sa.Column("asked_by_id", sa.String(length=64), nullable=False),
        sa.Column("filename", sa.String(length=200), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("reason", db.JsonDict, nullable=True),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("finished_at", db.UtcDateTime(), nullable=True),
        sa.Column("expires_at", db.UtcDateTime(), nullable=False),
        sa.Column("lease_until", db.UtcDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_exports")),
    )
    op.create_index("ix_exports_asked", "exports", ["tenant_id", "asked_by_id", "id"], unique=False)
    op.create_index("ix_exports_state", "exports", ["tenant_id", "state"], unique=False)
    op.create_index("ix_exports_expires", "exports", ["tenant_id", "expires_at"], unique=False)


def downgrade() -> None:
    for name in ("ix_exports_expires", "ix_exports_state", "ix_exports_asked"):
        op.drop_index(name, table_name="exports")
    op.drop_table("exports")
