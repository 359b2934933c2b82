"""Kept reports, their files, and when the next ones are made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from chassis import db

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_WRITTEN_ONCE = ("kept_reports", "report_files")


def upgrade() -> None:
    op.create_table(
        "kept_reports",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("report", sa.String(length=40), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("label", db.JsonDict, nullable=False),
        sa.Column("begins_at", db.UtcDateTime(), nullable=False),
        sa.Column("ends_at", db.UtcDateTime(), nullable=False),
        sa.Column("due_at", db.UtcDateTime(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("policy_version", sa.BigInteger(), nullable=False),
        sa.Column("content", db.JsonDict, nullable=False),
        sa.Column("changes", db.JsonDict, nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("made_at", db.UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=True),
        sa.Column("made_by_id", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_kept_reports")),
        sa.UniqueConstraint(
            "tenant_id", "report", "period", "revision", name=op.f("uq_kept_reports_tenant_id_report_period_revision")
        ),
    )
    op.create_table(
        "report_schedule",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("report", sa.String(length=40), nullable=False),
        sa.Column("next_day", sa.Date(), nullable=False),
        sa.Column("ready_at", db.UtcDateTime(), nullable=False),
        sa.Column("lease_until", db.UtcDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "report", name=op.f("pk_report_schedule")),
    )
    op.create_table(
        "report_files",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("format", sa.String(length=4), nullable=False),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("made_at", db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "report_id"],
            ["kept_reports.tenant_id", "kept_reports.id"],
            name=op.f("fk_report_files_tenant_id_report_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "report_id", "format", "locale", name=op.f("pk_report_files")),
    )
    if op.get_bind().dialect.name == "postgresql":
        _written_once_on_postgresql()
    else:
        _written_once_on_sqlite()


def _written_once_on_postgresql() -> None:
    body = "BEGIN RAISE EXCEPTION 'a kept report is never changed'; END"
    op.execute(f"CREATE FUNCTION kefu_kept_report() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
    for table in _WRITTEN_ONCE:
        op.execute(
            f"CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION kefu_kept_report()"
        )


def _written_once_on_sqlite() -> None:
    for table in _WRITTEN_ONCE:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'a kept report is never changed'); END"
            )


def downgrade() -> None:
    for table in ("report_schedule", *reversed(_WRITTEN_ONCE)):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION kefu_kept_report()")
