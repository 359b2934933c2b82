"""The checker's own account of every committed event and of every one applied: triggers on each outbox and inbox copy
the rows' keys, numbered, to tables that nobody empties. The relay deletes what it published and the inbox tells no
order, so that they themselves cannot answer afterwards."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Connection, Engine, Integer, MetaData, String, Table, Uuid, text

_metadata = MetaData()


def _seq() -> Column[int]:
    return Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)


LEDGER = Table(
    "fault_ledger", _metadata, _seq(),
    Column("tenant_id", Uuid), Column("id", Uuid), Column("routing_key", String), Column("aggregate_id", Uuid),
)  # fmt: skip
"""Events in the order in which they were written; of one aggregate, the order of commit."""
APPLIED = Table(
    "fault_applied", _metadata, _seq(), Column("tenant_id", Uuid), Column("handler", String), Column("message_id", Uuid)
)
"""Events in the order in which this service applied them."""
_WATCHED = {"outbox": LEDGER, "inbox": APPLIED}


def open_ledger(engine: Engine) -> None:
    """Begin to record the events of this database; `engine` signs in as the administrator."""
    _metadata.create_all(engine)
    statements = _sqlite if engine.dialect.name == "sqlite" else _postgresql
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            _give_to_owner(connection)
        for source, ledger in _WATCHED.items():
            for statement in statements(source, ledger):
                connection.exec_driver_sql(statement)


def _give_to_owner(connection: Connection) -> None:
    """A later migration secures every table it finds, which takes its owner."""
    owner = connection.scalar(text("SELECT tableowner FROM pg_tables WHERE tablename = 'outbox'"))
    for ledger in _WATCHED.values():
        connection.exec_driver_sql(f'ALTER TABLE {ledger.name} OWNER TO "{owner}"')


def _insert(ledger: Table) -> str:
    names = [column.name for column in ledger.columns if column.name != "seq"]
    return f"INSERT INTO {ledger.name} ({', '.join(names)}) VALUES ({', '.join(f'NEW.{name}' for name in names)});"


def _sqlite(source: str, ledger: Table) -> list[str]:
    return [f"CREATE TRIGGER {ledger.name} AFTER INSERT ON {source} BEGIN {_insert(ledger)} END"]


def _postgresql(source: str, ledger: Table) -> list[str]:
    """As its owner: the services' role may not write there, and row level security would hide what it wrote."""
    name = ledger.name
    definer = f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public"
    return [
        f"{definer} AS $$ BEGIN {_insert(ledger)} RETURN NULL; END $$",
        f"CREATE TRIGGER {name} AFTER INSERT ON {source} FOR EACH ROW EXECUTE FUNCTION {name}()",
    ]
