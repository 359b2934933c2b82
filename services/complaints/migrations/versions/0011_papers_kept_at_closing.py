"""What is kept of a case at its closing, and what is still to be made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from chassis import db
from chassis.migrate import open_across_tenants

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

open_across_tenants("papers_due")  # ids and times: a job finds the work of all companies by one query

_SAYING = "a paper that is kept is never changed"


def upgrade() -> None:
    op.create_table(
        "papers",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("closing", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("made_at", db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "complaint_id"],
            ["complaints.tenant_id", "complaints.id"],
            name=op.f("fk_papers_tenant_id_complaint_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_papers")),
        sa.UniqueConstraint(
            "tenant_id", "complaint_id", "closing", "kind", name=op.f("uq_papers_tenant_id_complaint_id_closing_kind")
        ),
    )
    op.create_table(
        "papers_due",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("closing", sa.Integer(), nullable=False),
        sa.Column("closed_at", db.UtcDateTime(), nullable=False),
        sa.Column("next_at", db.UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "complaint_id", "closing", name=op.f("pk_papers_due")),
    )
    op.create_index("ix_papers_due_next", "papers_due", ["next_at"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        body = f"BEGIN RAISE EXCEPTION '{_SAYING}'; END"
        op.execute(f"CREATE FUNCTION kefu_paper() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
        op.execute("CREATE TRIGGER unchanged BEFORE UPDATE ON papers FOR EACH ROW EXECUTE FUNCTION kefu_paper()")
    else:
        op.execute(
            f"CREATE TRIGGER papers_unchanged BEFORE UPDATE ON papers BEGIN SELECT RAISE(ABORT, '{_SAYING}'); END"
        )


def downgrade() -> None:
    op.drop_table("papers_due")
    op.drop_table("papers")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION kefu_paper()")
