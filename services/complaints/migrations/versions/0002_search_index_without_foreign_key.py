"""The search index is derived: it needs no foreign key, which costs a look at the case for each of its words."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_NAME = "fk_case_tokens_tenant_id_complaint_id"


def upgrade() -> None:
    with op.batch_alter_table("case_tokens") as table:
        table.drop_constraint(_NAME, type_="foreignkey")


def downgrade() -> None:
    with op.batch_alter_table("case_tokens") as table:
        table.create_foreign_key(_NAME, "complaints", ["tenant_id", "complaint_id"], ["tenant_id", "id"])
