"""Bringing databases and the broker to the state this release needs: `kefu migrate`, before any process starts.

Two Alembic trees per database: the chassis's own tables (`chassis/migrations`) and the service's
(`services/<x>/migrations`), each with its version table; `python -m chassis.migrate <service> "<message>"` writes the
next one. On PostgreSQL every table then gets row level security, forced, and the app's role exactly the rights it
needs. Migrations fit the release before: add, backfill, and only drop in the release after.
"""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from alembic import command, op
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import DBAPIError

from chassis.released import CHASSIS_TREE, at_head, trees, version_table
from chassis.tables import SYSTEM_TABLES, ChassisBase
from chassis.topology import declare

__all__ = ["add_index", "at_head", "main", "migrate", "revise", "secure", "trees"]
BROKER_PATIENCE = 60.0
"""Seconds: on a busy machine a broker that has just started takes its time, and nothing here is urgent."""
INSERT_ONLY = ("audit", "audit_seals")
ERASABLE = ("actor_name", "source", "before", "after", "note", "salt", "erased_by")
"""Columns of the audit that its trigger lets be emptied, when a row of it records that."""
LOCK_TIMEOUT = "3s"
LOCK_PATIENCE = 120.0
_IN_USE = {"40P01", "55P03"}  # deadlock, lock not available


def main(
    services: Sequence[str], *, database_url: str, owner_url: str | None = None, amqp_uri: str | None = None
) -> None:
    """Migrate each service's database and declare its queues.

    `owner_url` is the role that owns the tables when it differs from the app's role in `database_url`.
    """
    for service in services:
        migrate(service, database_url, owner_url)
    if amqp_uri:
        declare(services, amqp_uri, connect_timeout=BROKER_PATIENCE)


def migrate(service: str, database_url: str, owner_url: str | None = None) -> None:
    """Bring one service's database to the newest version, then secure it."""
    with _connected(service, owner_url or database_url) as engine:
        for tree in trees(service):
            _patiently(partial(_upgrade, engine, tree))
        if engine.dialect.name == "postgresql":
            for table in sorted(inspect(engine).get_table_names()):
                _patiently(partial(_secure, engine, table, _role(database_url, service)))
            with engine.begin() as connection:
                admit_relay(connection, _role(database_url, "relay"))


def _upgrade(engine: Engine, tree: Path) -> None:
    with engine.connect() as connection:
        command.upgrade(_config(tree, connection), "head")
        connection.commit()


def _secure(engine: Engine, table: str, app_role: str | None) -> None:
    with engine.begin() as connection:
        secure(connection, table, app_role)
        if table == "audit":
            _let_erase(connection, app_role)


def _let_erase(connection: Connection, app_role: str | None) -> None:
    may = text("SELECT has_column_privilege(:role, 'audit', 'erased_by', 'UPDATE')")
    if not connection.scalar(may, {"role": app_role}):
        columns = ", ".join(f'"{name}"' for name in ERASABLE)
        connection.exec_driver_sql(f'GRANT UPDATE ({columns}) ON audit TO "{app_role}"')


def _patiently(step: Callable[[], None]) -> None:
    """Do a step that wants tables for itself while the release before works with them. It waits `LOCK_TIMEOUT` for one,
    for whoever comes later waits behind it; then it lets them pass, and begins again where it was."""
    end = time.monotonic() + LOCK_PATIENCE
    while True:
        try:
            step()
        except DBAPIError as error:
            if getattr(error.orig, "pgcode", None) not in _IN_USE or time.monotonic() > end:
                raise
            time.sleep(1)
        else:
            return


def add_index(name: str, table: str, columns: Sequence[Any], **options: Any) -> None:
    """In a migration: make an index while the table is written to. Alone in its migration, because PostgreSQL does it
    outside any transaction; what an interrupted attempt left is taken away first."""
    if op.get_context().dialect.name != "postgresql":
        op.create_index(name, table, columns, **options)
        return
    with op.get_context().autocommit_block():
        op.drop_index(name, table_name=table, if_exists=True, postgresql_concurrently=True)
        op.create_index(name, table, columns, postgresql_concurrently=True, **options)


def _role(database_url: str, service: str) -> str | None:
    return make_url(database_url.format(service=service)).username


def undo(service: str, url: str) -> None:
    """Take every table of the service away again, by its migrations: what tests do to prove that they can be undone."""
    with _connected(service, url) as engine:
        for tree in reversed(trees(service)):
            with engine.begin() as connection:
                command.downgrade(_config(tree, connection), "base")


def revise(service: str, message: str) -> None:
    """For developers: write the next migration of `service` (or of `chassis`) from what its models say, by comparing
    them with a scratch database brought to the newest version."""
    tree = CHASSIS_TREE if service == "chassis" else trees(service)[1]
    (tree / "versions").mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder, _connected(service, f"sqlite:///{folder}/scratch.db") as engine:
        with engine.begin() as connection:
            command.upgrade(_config(tree, connection), "head")
        with engine.begin() as connection:
            config = _config(tree, connection, metadata_of(service))
            count = len(list(ScriptDirectory.from_config(config).walk_revisions()))
            command.revision(config, message, autogenerate=True, rev_id=f"{count + 1:04d}")


def differences(service: str) -> list[Any]:
    """What the models of `service` (or of `chassis`) say that its migrations do not do; a test keeps it empty."""
    tree = CHASSIS_TREE if service == "chassis" else trees(service)[1]
    with TemporaryDirectory() as folder, _connected(service, f"sqlite:///{folder}/scratch.db") as engine:
        with engine.begin() as connection:
            command.upgrade(_config(tree, connection), "head")
        with engine.connect() as connection:
            options = {"version_table": version_table(tree)}
            return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata_of(service)))


def metadata_of(service: str) -> MetaData:
    """What the service's models declare."""
    if service == "chassis":
        return ChassisBase.metadata
    base = importlib.import_module(f"services.{service}.models").Base
    metadata: MetaData = base.metadata
    return metadata


def secure(connection: Connection, table: str, app_role: str | None) -> None:
    """Row level security, rights and what the planner may know of a table. A table that is secure is left alone: each
    of these statements waits until nobody uses it, and makes others wait meanwhile."""
    if table.startswith("alembic_version"):
        connection.execute(text(f'GRANT SELECT ON "{table}" TO "{app_role}"'))
        return
    own = "tenant_id = nullif(current_setting('kefu.tenant', true), '')::uuid"
    if table in SYSTEM_TABLES or table in _OPEN:
        own += " OR current_setting('kefu.system', true) = 'on'"
    rights = "SELECT, INSERT" if table in INSERT_ONLY else "SELECT, INSERT, UPDATE, DELETE"
    if connection.scalar(_IS_SECURE, {"table": table, "own": own, "rights": rights, "role": app_role}):
        return
    for statement in (
        f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY',
        f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY',
        f'DROP POLICY IF EXISTS tenant ON "{table}"',
        f'CREATE POLICY tenant ON "{table}" USING ({own})',
        f'COMMENT ON POLICY tenant ON "{table}" IS $${own}$$',
        # Without statistics on it the planner takes every tenant for a middling one. With them it takes one that
        # came since the last ANALYZE for empty, and then any index on tenant_id for as good as the right one.
        f'ALTER TABLE "{table}" ALTER COLUMN tenant_id SET STATISTICS 0',
        f'GRANT {rights} ON "{table}" TO "{app_role}"',
    ):
        connection.exec_driver_sql(statement)


_IS_SECURE = text("""
SELECT c.relrowsecurity AND c.relforcerowsecurity AND obj_description(p.oid, 'pg_policy') = :own
   AND a.attstattarget = 0
   AND (SELECT bool_and(has_table_privilege(:role, c.oid, wanted)) FROM unnest(string_to_array(:rights, ', ')) wanted)
  FROM pg_class c
  JOIN pg_policy p ON p.polrelid = c.oid AND p.polname = 'tenant'
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
 WHERE c.oid = to_regclass(quote_ident(:table))
""")
"""The policy's comment is its condition as we wrote it; PostgreSQL keeps it in words of its own."""


def admit_relay(connection: Connection, role: str | None) -> None:
    """Give the relay's own role, where there is one, what carrying the outbox and burying dead letters takes."""
    if not connection.scalar(text("SELECT to_regrole(quote_ident(:role))"), {"role": role}):
        return  # the relay signs in with the services' roles
    for table, rights in _RELAYS.items():
        connection.execute(text(f'GRANT {rights} ON "{table}" TO "{role}"'))


_RELAYS = {
    "outbox": "SELECT, UPDATE, DELETE",
    "event_retries": "SELECT, INSERT",
    "tenant_settings": "SELECT",  # read with the BEGIN of every transaction of a tenant
}
_OPEN: set[str] = set()


def open_across_tenants(*tables: str) -> None:
    """Let the service's own system transactions see these tables of all tenants: the register of tenants, and what
    finds a credential before its tenant is known. Called by the migration that makes the table."""
    _OPEN.update(tables)


@contextmanager
def _connected(service: str, url: str) -> Iterator[Engine]:
    parsed = make_url(url.format(service=service))
    sqlite = parsed.get_backend_name() == "sqlite"
    if sqlite and parsed.database:
        Path(parsed.database).absolute().parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed)
    if sqlite:
        event.listen(engine, "connect", lambda c, _r: c.execute("PRAGMA journal_mode=WAL"))
    else:
        event.listen(engine, "begin", lambda c: c.exec_driver_sql(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
    try:
        yield engine
    finally:
        engine.dispose()


def _config(tree: Path, connection: Connection, metadata: MetaData | None = None) -> Config:
    config = _tree_config(tree)
    config.attributes.update(connection=connection, metadata=metadata, version_table=version_table(tree))
    return config


def _tree_config(tree: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(CHASSIS_TREE))
    config.set_main_option("version_locations", str(tree / "versions"))
    config.set_main_option("path_separator", "os")
    return config


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit('usage: python -m chassis.migrate <service>|chassis "<what changes>"')
    revise(sys.argv[1], sys.argv[2])
