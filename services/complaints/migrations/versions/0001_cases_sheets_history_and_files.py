"""Cases, sheets, history and files."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from chassis import db

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "complaints",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=80), nullable=False),
        sa.Column("policy_version", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("process", sa.String(length=40), nullable=False),
        sa.Column("stage", sa.String(length=40), nullable=False),
        sa.Column("level", sa.String(length=40), nullable=False),
        sa.Column("level_rank", sa.Integer(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=True),
        sa.Column("department", sa.String(length=40), nullable=True),
        sa.Column("validity", sa.String(length=40), nullable=True),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=True),
        sa.Column("subject_key", sa.String(length=200), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("remedy_sought", sa.Text(), nullable=True),
        sa.Column("org_unit_id", sa.Uuid(), nullable=True),
        sa.Column("handler_id", sa.Uuid(), nullable=True),
        sa.Column("external_ref", sa.String(length=200), nullable=True),
        sa.Column("follows_id", sa.Uuid(), nullable=True),
        sa.Column("complainant_name", sa.String(length=100), nullable=True),
        sa.Column("complainant_phone", sa.String(length=40), nullable=True),
        sa.Column("complainant_email", sa.String(length=254), nullable=True),
        sa.Column("complainant_kind", sa.String(length=40), nullable=True),
        sa.Column("complainant_address", sa.String(length=300), nullable=True),
        sa.Column("complainant_key", sa.String(length=120), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("asset_id", sa.Uuid(), nullable=True),
        sa.Column("vehicle_plate", sa.String(length=20), nullable=True),
        sa.Column("unit_no", sa.String(length=100), nullable=True),
        sa.Column("group_size", sa.Integer(), nullable=False),
        sa.Column("claimed_amount", sa.BigInteger(), nullable=False),
        sa.Column("media_risk", sa.Boolean(), nullable=False),
        sa.Column("lawsuit_risk", sa.Boolean(), nullable=False),
        sa.Column("like_cases", sa.Integer(), nullable=False),
        sa.Column("facts", db.JsonDict, nullable=False),
        sa.Column("work", db.JsonDict, nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.Column("satisfaction", sa.String(length=40), nullable=True),
        sa.Column("reopened", sa.Integer(), nullable=False),
        sa.Column("attachments", sa.Integer(), nullable=False),
        sa.Column("due_at", db.UtcDateTime(), nullable=True),
        sa.Column("occurred_at", db.UtcDateTime(), nullable=True),
        sa.Column("received_at", db.UtcDateTime(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("updated_at", db.UtcDateTime(), nullable=False),
        sa.Column("first_response_at", db.UtcDateTime(), nullable=True),
        sa.Column("closed_at", db.UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_complaints")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_complaints_tenant_id_number")),
    )
    op.create_index("ix_complaints_closed", "complaints", ["tenant_id", "closed_at"], unique=False)
    op.create_index("ix_complaints_customer", "complaints", ["tenant_id", "customer_id", "received_at"], unique=False)
    op.create_index("ix_complaints_due", "complaints", ["tenant_id", "due_at"], unique=False)
    op.create_index(
        "ix_complaints_like", "complaints", ["tenant_id", "category", "subject_key", "received_at"], unique=False
    )
    op.create_index("ix_complaints_received", "complaints", ["tenant_id", "received_at", "id"], unique=False)
    op.create_index("ix_complaints_state", "complaints", ["tenant_id", "state", "received_at"], unique=False)
    op.create_index("ix_complaints_updated", "complaints", ["tenant_id", "updated_at", "id"], unique=False)
    op.create_table(
        "attachments",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=True),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "complaint_id"],
            ["complaints.tenant_id", "complaints.id"],
            name=op.f("fk_attachments_tenant_id_complaint_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_attachments")),
    )
    op.create_index("ix_attachments_complaint", "attachments", ["tenant_id", "complaint_id", "id"], unique=False)
    op.create_table(
        "case_tokens",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "complaint_id"],
            ["complaints.tenant_id", "complaints.id"],
            name=op.f("fk_case_tokens_tenant_id_complaint_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "token", "complaint_id", name=op.f("pk_case_tokens")),
    )
    op.create_index("ix_case_tokens_complaint", "case_tokens", ["tenant_id", "complaint_id"], unique=False)
    op.create_table(
        "history",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("sheet_id", sa.Uuid(), nullable=True),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=True),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("by_id", sa.String(length=64), nullable=False),
        sa.Column("from_stage", sa.String(length=40), nullable=True),
        sa.Column("to_stage", sa.String(length=40), nullable=True),
        sa.Column("fields", db.JsonDict, nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "complaint_id"],
            ["complaints.tenant_id", "complaints.id"],
            name=op.f("fk_history_tenant_id_complaint_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_history")),
    )
    op.create_index("ix_history_complaint", "history", ["tenant_id", "complaint_id", "id"], unique=False)
    op.create_table(
        "sheets",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("complaint_number", sa.String(length=80), nullable=False),
        sa.Column("number", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("nature", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("stage", sa.String(length=40), nullable=False),
        sa.Column("org_unit_id", sa.Uuid(), nullable=True),
        sa.Column("values", db.JsonDict, nullable=False),
        sa.Column("work", db.JsonDict, nullable=False),
        sa.Column("due_at", db.UtcDateTime(), nullable=True),
        sa.Column("opened_at", db.UtcDateTime(), nullable=False),
        sa.Column("closed_at", db.UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "complaint_id"],
            ["complaints.tenant_id", "complaints.id"],
            name=op.f("fk_sheets_tenant_id_complaint_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_sheets")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_sheets_tenant_id_number")),
    )
    op.create_index("ix_sheets_complaint", "sheets", ["tenant_id", "complaint_id", "id"], unique=False)
    op.create_index("ix_sheets_nature", "sheets", ["tenant_id", "nature", "opened_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_sheets_nature", table_name="sheets")
    op.drop_index("ix_sheets_complaint", table_name="sheets")
    op.drop_table("sheets")
    op.drop_index("ix_history_complaint", table_name="history")
    op.drop_table("history")
    op.drop_index("ix_case_tokens_complaint", table_name="case_tokens")
    op.drop_table("case_tokens")
    op.drop_index("ix_attachments_complaint", table_name="attachments")
    op.drop_table("attachments")
    op.drop_index("ix_complaints_updated", table_name="complaints")
    op.drop_index("ix_complaints_state", table_name="complaints")
    op.drop_index("ix_complaints_received", table_name="complaints")
    op.drop_index("ix_complaints_like", table_name="complaints")
    op.drop_index("ix_complaints_due", table_name="complaints")
    op.drop_index("ix_complaints_customer", table_name="complaints")
    op.drop_index("ix_complaints_closed", table_name="complaints")
    op.drop_table("complaints")
