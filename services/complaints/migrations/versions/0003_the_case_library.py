"""The case library and its search index (NX-12)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from chassis import db

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "precedents",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=True),
        sa.Column("level", sa.String(length=40), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("analysis", sa.Text(), nullable=False),
        sa.Column("award", sa.BigInteger(), nullable=True),
        sa.Column("kept_at", db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "complaint_id"],
            ["complaints.tenant_id", "complaints.id"],
            name=op.f("fk_precedents_tenant_id_complaint_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_precedents")),
        sa.UniqueConstraint("tenant_id", "complaint_id", name=op.f("uq_precedents_tenant_id_complaint_id")),
    )
    op.create_index("ix_precedents_category", "precedents", ["tenant_id", "category", "award"], unique=False)
    op.create_table(
        "precedent_tokens",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("precedent_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "token", "precedent_id", name=op.f("pk_precedent_tokens")),
    )
    op.create_index("ix_precedent_tokens_precedent", "precedent_tokens", ["tenant_id", "precedent_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_precedent_tokens_precedent", table_name="precedent_tokens")
    op.drop_table("precedent_tokens")
    op.drop_index("ix_precedents_category", table_name="precedents")
    op.drop_table("precedents")
