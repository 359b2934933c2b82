"""The checker's own account of every committed event: a trigger on each outbox copies the row's keys to a table that
nobody empties. The relay deletes what it published, so that the outbox itself cannot tell afterwards."""

from __future__ import annotations

from sqlalchemy import Column, Engine, MetaData, String, Table, Uuid

LEDGER = Table(
    "fault_ledger", MetaData(),
    Column("tenant_id", Uuid), Column("id", Uuid), Column("routing_key", String), Column("aggregate_id", Uuid),
)  # fmt: skip
_COLUMNS = ", ".join(column.name for column in LEDGER.columns)
_NEW = ", ".join(f"NEW.{column.name}" for column in LEDGER.columns)
_INSERT = f"INSERT INTO fault_ledger ({_COLUMNS}) VALUES ({_NEW});"
_TABLE = f"CREATE TABLE fault_ledger AS SELECT {_COLUMNS} FROM outbox WHERE 1 = 0"
_SQLITE = (f"CREATE TRIGGER fault_ledger AFTER INSERT ON outbox BEGIN {_INSERT} END",)
# As its owner: the services' role may not write to it, and row level security would hide what it wrote.
_FUNCTION = "CREATE FUNCTION fault_ledger() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public"
_POSTGRESQL = (
    f"{_FUNCTION} AS $$ BEGIN {_INSERT} RETURN NULL; END $$",
    "CREATE TRIGGER fault_ledger AFTER INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION fault_ledger()",
)


def open_ledger(engine: Engine) -> None:
    """Begin to record the events committed in this database; `engine` signs in as the administrator."""
    statements = _SQLITE if engine.dialect.name == "sqlite" else _POSTGRESQL
    with engine.begin() as connection:
        for statement in (_TABLE, *statements):
            connection.exec_driver_sql(statement)
