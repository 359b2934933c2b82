"""What a row of the audit says can be erased, when a later row records that; seals over digests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_SAYING = "the audit is never changed"
_STAYS = ("tenant_id", "id", "at", "actor_kind", "actor_id", "request_id", "action", "subject_kind", "subject_id")
_EMPTY = (
    "NEW.actor_name = '' AND NEW.source = '' AND NEW.note = '' AND NEW.salt IS NULL "
    'AND NEW."before" IS NULL AND NEW."after" IS NULL AND OLD.erased_by IS NULL'
)


def upgrade() -> None:
    op.add_column("audit", sa.Column("salt", sa.LargeBinary(length=16), nullable=True))
    op.add_column("audit", sa.Column("erased_by", sa.Uuid(), nullable=True))
    op.add_column("audit_seals", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.add_column("audit_seals", sa.Column("digest", sa.String(length=64), nullable=True))
    (_postgresql if op.get_bind().dialect.name == "postgresql" else _sqlite)()


def _postgresql() -> None:
    stays = " AND ".join(f"NEW.{name} = OLD.{name}" for name in _STAYS)
    recorded = (
        "EXISTS (SELECT FROM audit AS record WHERE record.tenant_id = NEW.tenant_id AND record.id = NEW.erased_by "
        "AND record.action = 'audit.erased' "
        """AND record."after" #> ARRAY['rows', replace(CAST(NEW.id AS text), '-', '')] IS NOT NULL)"""
    )
    body = (
        f"BEGIN IF TG_OP = 'UPDATE' THEN IF {stays} AND {_EMPTY} AND {recorded} THEN RETURN NEW; END IF; END IF; "
        f"RAISE EXCEPTION '{_SAYING}'; END"
    )
    op.execute(f"CREATE FUNCTION kefu_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
    op.execute("DROP TRIGGER insert_only ON audit")
    op.execute(_guard("kefu_audit_change"))


def _guard(function: str) -> str:
    return f"CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION {function}()"


def _sqlite() -> None:
    stays = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in _STAYS)
    recorded = (
        """EXISTS (SELECT 1 FROM audit AS record, json_each(record."after", '$.rows') AS named """
        "WHERE record.tenant_id = NEW.tenant_id AND record.id = NEW.erased_by AND record.action = 'audit.erased' "
        "AND named.key = NEW.id)"
    )
    op.execute("DROP TRIGGER audit_no_update")
    op.execute(
        f"CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit WHEN NOT ({stays} AND {_EMPTY} AND {recorded}) "
        f"BEGIN SELECT RAISE(ABORT, '{_SAYING}'); END"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER insert_only ON audit")
        op.execute(_guard("kefu_insert_only"))
        op.execute("DROP FUNCTION kefu_audit_change()")
    else:
        op.execute("DROP TRIGGER audit_no_update")
        op.execute(f"CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, '{_SAYING}'); END")
    op.drop_column("audit_seals", "digest")
    op.drop_column("audit_seals", "version")
    op.drop_column("audit", "erased_by")
    op.drop_column("audit", "salt")
