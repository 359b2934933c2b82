"""A company's own wordings of replies (UX-8)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from chassis import db

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reply_templates",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("labels", db.JsonDict, nullable=False),
        sa.Column("texts", db.JsonDict, nullable=False),
        sa.Column("categories", db.JsonDict, nullable=False),
        sa.Column("stages", db.JsonDict, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_reply_templates")),
        sa.UniqueConstraint("tenant_id", "key", name=op.f("uq_reply_templates_tenant_id_key")),
    )
    op.create_table(
        "reply_template_versions",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("template_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("texts", db.JsonDict, nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_reply_template_versions")),
        sa.UniqueConstraint(
            "tenant_id", "template_id", "version", name=op.f("uq_reply_template_versions_tenant_id_template_id_version")
        ),
    )


def downgrade() -> None:
    op.drop_table("reply_template_versions")
    op.drop_table("reply_templates")
