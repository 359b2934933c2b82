"""Records of destroyed files, and the cases erased by them (DC-6, PL-11)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from chassis import db
from chassis.migrate import open_across_tenants

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

open_across_tenants("erasures_due")  # ids and times: a job finds the work of all companies by one query


def upgrade() -> None:
    op.create_table(
        "erasures",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("paper", sa.String(length=80), nullable=False),
        sa.Column("proposed_by", sa.String(length=200), nullable=False),
        sa.Column("proposed_at", db.UtcDateTime(), nullable=False),
        sa.Column("approvals", db.JsonDict, nullable=False),
        sa.Column("recorded_by", sa.String(length=200), nullable=False),
        sa.Column("recorded_at", db.UtcDateTime(), nullable=False),
        sa.Column("erased_at", db.UtcDateTime(), nullable=True),
        sa.Column("files", db.JsonDict, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "complaint_id"],
            ["complaints.tenant_id", "complaints.id"],
            name=op.f("fk_erasures_tenant_id_complaint_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "complaint_id", name=op.f("pk_erasures")),
    )
    op.create_table(
        "erasures_due",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("next_at", db.UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "complaint_id", name=op.f("pk_erasures_due")),
    )
    op.create_index("ix_erasures_due_next", "erasures_due", ["next_at"], unique=False)
    op.add_column("complaints", sa.Column("erased_at", db.UtcDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("complaints", "erased_at")
    op.drop_index("ix_erasures_due_next", table_name="erasures_due")
    op.drop_table("erasures_due")
    op.drop_table("erasures")
