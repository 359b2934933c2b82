"""Filters of the list of cases that people save (UX-6)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from chassis import db

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "filters",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.String(length=120), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("query", db.JsonDict, nullable=False),
        sa.Column("sort", sa.String(length=20), nullable=True),
        sa.Column("role", sa.String(length=64), nullable=True),
        sa.Column("org_unit_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_filters")),
        sa.UniqueConstraint("tenant_id", "owner", "name", name=op.f("uq_filters_tenant_id_owner_name")),
    )
    op.create_table(
        "default_filters",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.String(length=120), nullable=False),
        sa.Column("filter_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "owner", name=op.f("pk_default_filters")),
    )


def downgrade() -> None:
    op.drop_table("default_filters")
    op.drop_table("filters")
