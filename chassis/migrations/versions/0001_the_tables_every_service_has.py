"""The tables every service has."""

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
        "audit",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("actor_kind", sa.String(length=20), nullable=False),
        sa.Column("actor_id", sa.String(length=64), nullable=False),
        sa.Column("actor_name", sa.String(length=200), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=80), nullable=False),
        sa.Column("subject_kind", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("before", db.JsonDict, nullable=True),
        sa.Column("after", db.JsonDict, nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_subject", "audit", ["tenant_id", "subject_id", "at"], unique=False)
    op.create_table(
        "audit_heads",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_audit_heads")),
    )
    op.create_table(
        "audit_seals",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("sealed_at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "seq", name=op.f("pk_audit_seals")),
    )
    op.create_index("ix_audit_seals_audit", "audit_seals", ["tenant_id", "audit_id"], unique=True)
    op.create_table(
        "audit_unsealed",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "audit_id", name=op.f("pk_audit_unsealed")),
    )
    op.create_index(op.f("ix_audit_unsealed_at"), "audit_unsealed", ["at"], unique=False)
    op.create_table(
        "counters",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("period", sa.String(length=20), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "kind", "period", name=op.f("pk_counters")),
    )
    op.create_table(
        "deadlines",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("started_at", db.UtcDateTime(), nullable=False),
        sa.Column("due_at", db.UtcDateTime(), nullable=False),
        sa.Column("remind_at", db.UtcDateTime(), nullable=True),
        sa.Column("next_at", db.UtcDateTime(), nullable=True),
        sa.Column("paused_at", db.UtcDateTime(), nullable=True),
        sa.Column("pauses", db.JsonDict, nullable=False),
        sa.Column("span", db.JsonDict, nullable=False),
        sa.Column("repeat", db.JsonDict, nullable=True),
        sa.Column("agreed_at", db.UtcDateTime(), nullable=True),
        sa.Column("remind_share", sa.Float(), nullable=True),
        sa.Column("reminded", sa.Boolean(), nullable=False),
        sa.Column("ended_at", db.UtcDateTime(), nullable=True),
        sa.Column("breaches", sa.Integer(), nullable=False),
        sa.Column("data", db.JsonDict, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_deadlines")),
    )
    op.create_index("ix_deadlines_due", "deadlines", ["next_at"], unique=False)
    op.create_index("ix_deadlines_state", "deadlines", ["state", "due_at"], unique=False)
    op.create_index("ix_deadlines_subject", "deadlines", ["tenant_id", "subject_id"], unique=False)
    op.create_table(
        "directory_staff",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("username", sa.String(length=100), nullable=False),
        sa.Column("roles", db.JsonDict, nullable=False),
        sa.Column("org_unit_ids", db.JsonDict, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("locale", sa.String(length=10), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_directory_staff")),
    )
    op.create_table(
        "directory_units",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("path", db.JsonDict, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_directory_units")),
    )
    op.create_table(
        "event_retries",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("handler", sa.String(length=120), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("aggregate_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", db.UtcDateTime(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_event_retries")),
    )
    op.create_index("ix_event_retries_aggregate", "event_retries", ["tenant_id", "aggregate_id"], unique=False)
    op.create_index("ix_event_retries_due", "event_retries", ["state", "next_at"], unique=False)
    op.create_table(
        "inbox",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("handler", sa.String(length=120), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("applied_at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "handler", "message_id", name=op.f("pk_inbox")),
    )
    op.create_index(op.f("ix_inbox_applied_at"), "inbox", ["applied_at"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("exchange", sa.String(length=100), nullable=False),
        sa.Column("routing_key", sa.String(length=100), nullable=False),
        sa.Column("aggregate_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_outbox")),
    )
    op.create_index("ix_outbox_due_at", "outbox", ["due_at"], unique=False)
    op.create_index("ix_outbox_position", "outbox", ["position"], unique=False)
    op.create_table(
        "requests",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("caller", sa.String(length=120), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("operation", sa.String(length=120), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(length=32), nullable=False),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "caller", "key", name=op.f("pk_requests")),
    )
    op.create_index(op.f("ix_requests_created_at"), "requests", ["created_at"], unique=False)
    op.create_table(
        "tenant_policies",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("service", sa.String(length=40), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("document", db.JsonDict, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "service", "version", name=op.f("pk_tenant_policies")),
    )
    op.create_table(
        "tenant_settings",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("document", db.JsonDict, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_tenant_settings")),
    )
    (_postgresql if op.get_bind().dialect.name == "postgresql" else _sqlite)()


def _postgresql() -> None:
    """What only PostgreSQL does: order of commit, wake-up of the relay, an audit nobody edits."""
    op.execute(
        "ALTER TABLE outbox ALTER COLUMN position SET NOT NULL, "
        "ALTER COLUMN position ADD GENERATED BY DEFAULT AS IDENTITY"
    )
    _function("kefu_wake_relay", "PERFORM pg_notify('kefu_outbox', ''); RETURN NULL;")
    op.execute("CREATE TRIGGER wake_relay AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION kefu_wake_relay()")
    _function(
        "kefu_note_unsealed",
        "INSERT INTO audit_unsealed (tenant_id, audit_id, at) SELECT tenant_id, id, at FROM fresh; RETURN NULL;",
    )
    op.execute(
        "CREATE TRIGGER note_unsealed AFTER INSERT ON audit REFERENCING NEW TABLE AS fresh "
        "FOR EACH STATEMENT EXECUTE FUNCTION kefu_note_unsealed()"
    )
    _function("kefu_insert_only", "RAISE EXCEPTION 'the audit is never changed';")
    for table in ("audit", "audit_seals"):
        op.execute(
            f"CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION kefu_insert_only()"
        )


def _function(name: str, body: str) -> None:
    op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$")


def _sqlite() -> None:
    op.execute(
        "CREATE TRIGGER audit_note_unsealed AFTER INSERT ON audit "
        "BEGIN INSERT INTO audit_unsealed (tenant_id, audit_id, at) VALUES (NEW.tenant_id, NEW.id, NEW.at); END"
    )
    for table in ("audit", "audit_seals"):
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'the audit is never changed'); END"
            )


def downgrade() -> None:
    op.drop_table("tenant_settings")
    op.drop_table("tenant_policies")
    op.drop_index(op.f("ix_requests_created_at"), table_name="requests")
    op.drop_table("requests")
    op.drop_index("ix_outbox_position", table_name="outbox")
    op.drop_index("ix_outbox_due_at", table_name="outbox")
    op.drop_table("outbox")
    op.drop_index(op.f("ix_inbox_applied_at"), table_name="inbox")
    op.drop_table("inbox")
    op.drop_index("ix_event_retries_due", table_name="event_retries")
    op.drop_index("ix_event_retries_aggregate", table_name="event_retries")
    op.drop_table("event_retries")
    op.drop_table("directory_units")
    op.drop_table("directory_staff")
    op.drop_index("ix_deadlines_subject", table_name="deadlines")
    op.drop_index("ix_deadlines_state", table_name="deadlines")
    op.drop_index("ix_deadlines_due", table_name="deadlines")
    op.drop_table("deadlines")
    op.drop_table("counters")
    op.drop_index(op.f("ix_audit_unsealed_at"), table_name="audit_unsealed")
    op.drop_table("audit_unsealed")
    op.drop_index("ix_audit_seals_audit", table_name="audit_seals")
    op.drop_table("audit_seals")
    op.drop_table("audit_heads")
    op.drop_index("ix_audit_subject", table_name="audit")
    op.drop_table("audit")
    if op.get_bind().dialect.name == "postgresql":
        for name in ("kefu_wake_relay", "kefu_note_unsealed", "kefu_insert_only"):
            op.execute(f"DROP FUNCTION {name}()")
