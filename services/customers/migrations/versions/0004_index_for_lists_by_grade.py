"""List the customers of a grade without reading all of the company's (GR-7)."""

from __future__ import annotations

from alembic import op

from chassis.migrate import add_index

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add_index("ix_customers_grade", "customers", ["tenant_id", "grade", "id"])


def downgrade() -> None:
    op.drop_index("ix_customers_grade", table_name="customers")
