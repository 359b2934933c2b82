"""Bringing databases and the broker to the state this release needs: `kefu migrate`, before any process starts.

Two Alembic trees per database: the chassis's own tables (`chassis/migrations`) and the service's
(`services/<x>/migrations`), each with its version table; `python -m chassis.migrate <service> "<message>"` writes the next one. On PostgreSQL every table with a tenant_id then gets row level
security, forced, and the app's role exactly the rights it needs. Migrations fit the release before: add, backfill, and
only drop in the release after.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from kombu import Connection as BrokerConnection
from kombu import Exchange
from sqlalchemy import Connection, Engine, MetaData, create_engine, event, inspect, make_url, text

from chassis.events import DEAD_EXCHANGE, EventHandler, dead_queue, event_queue
from chassis.tables import SYSTEM_TABLES, ChassisBase

_ROOT = Path(__file__).resolve().parent.parent
CHASSIS_TREE = _ROOT / "chassis" / "migrations"
INSERT_ONLY = ("audit", "audit_seals")


def main(
    services: Sequence[str], *, database_url: str, owner_url: str | None = None, amqp_uri: str | None = None
) -> None:
    """Migrate each service's database and declare its queues.

    `owner_url` is the role that owns the tables when it differs from the app's role in `database_url`.
    """
    for service in services:
        migrate(service, database_url, owner_url)
    if amqp_uri:
        declare(services, amqp_uri)


def migrate(service: str, database_url: str, owner_url: str | None = None) -> None:
    """Bring one service's database to the newest version, then secure it."""
    engine = _engine(service, owner_url or database_url)
    try:
        for tree in trees(service):
            with engine.begin() as connection:
                command.upgrade(_config(tree, connection), "head")
        if engine.dialect.name == "postgresql":
            app_role = make_url(database_url.format(service=service)).username
            with engine.begin() as connection:
                secure(connection, app_role)
    finally:
        engine.dispose()


def trees(service: str) -> list[Path]:
    """The Alembic trees of that service's database, in order."""
    return [CHASSIS_TREE, _ROOT / "services" / service / "migrations"]


def at_head(engine: Engine, service: str) -> bool:
    """Whether the database is at the newest version of both trees (readiness)."""
    with engine.connect() as connection:
        return all(_current(connection, tree) == _head(tree) for tree in trees(service))


def revise(service: str, message: str) -> None:
    """For developers: write the next migration of `service` (or of `chassis`) from what its models say, by comparing them
    with a scratch database brought to the newest version."""
    tree = CHASSIS_TREE if service == "chassis" else trees(service)[1]
    (tree / "versions").mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder:
        engine = _engine(service, f"sqlite:///{folder}/scratch.db")
        with engine.begin() as connection:
            command.upgrade(_config(tree, connection), "head")
        with engine.begin() as connection:
            config = _config(tree, connection, metadata_of(service))
            count = len(list(ScriptDirectory.from_config(config).walk_revisions()))
            command.revision(config, message, autogenerate=True, rev_id=f"{count + 1:04d}")
        engine.dispose()


def metadata_of(service: str) -> MetaData:
    """What the service's models declare."""
    if service == "chassis":
        return ChassisBase.metadata
    base = importlib.import_module(f"services.{service}.models").Base
    metadata: MetaData = base.metadata
    return metadata


def declare(services: Sequence[str], amqp_uri: str) -> None:
    """Declare every subscription, so that no event is published before its queue is there."""
    with BrokerConnection(amqp_uri) as connection:
        channel = connection.default_channel
        Exchange(DEAD_EXCHANGE, type="topic", durable=True).declare(channel=channel)
        for service in services:
            Exchange(f"{service}.events", type="topic", durable=True).declare(channel=channel)
        for service in services:
            dead_queue(service)(channel).declare()
            event_queue(service, subscriptions(service))(channel).declare()


def subscriptions(service: str) -> list[Any]:
    """The events the service class has doors for."""
    service_class = service_class_of(service)
    found = []
    for name in dir(service_class):
        for entrypoint in getattr(getattr(service_class, name), "nameko_entrypoints", ()):
            if isinstance(entrypoint, EventHandler):
                found.append(entrypoint.event)
    return found


def service_class_of(service: str) -> Any:
    """`services/<x>/service.py` holds one class with that name."""
    module = importlib.import_module(f"services.{service}.service")
    return next(c for c in vars(module).values() if isinstance(c, type) and getattr(c, "name", None) == service)


def secure(connection: Connection, app_role: str | None) -> None:
    """Row level security, rights and triggers on every table; changes nothing when they are there."""
    for table in sorted(inspect(connection).get_table_names()):
        if table.startswith("alembic_version"):
            connection.execute(text(f'GRANT SELECT ON "{table}" TO "{app_role}"'))
            continue
        own = "tenant_id = nullif(current_setting('kefu.tenant', true), '')::uuid"
        if table in SYSTEM_TABLES or _is_open(table):
            own += " OR current_setting('kefu.system', true) = 'on'"
        rights = "SELECT, INSERT" if table in INSERT_ONLY else "SELECT, INSERT, UPDATE, DELETE"
        for statement in (
            f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY',
            f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY',
            f'DROP POLICY IF EXISTS tenant ON "{table}"',
            f'CREATE POLICY tenant ON "{table}" USING ({own})',
            f'GRANT {rights} ON "{table}" TO "{app_role}"',
        ):
            connection.execute(text(statement))


def _is_open(table: str) -> bool:
    return table in _OPEN


_OPEN: set[str] = set()


def open_across_tenants(*tables: str) -> None:
    """Let the service's own system transactions see these tables of all tenants: the registry of tenants, and what finds
    a credential before its tenant is known. Called where the table's model is declared."""
    _OPEN.update(tables)


def _engine(service: str, url: str) -> Engine:
    parsed = make_url(url.format(service=service))
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        os.makedirs(os.path.dirname(os.path.abspath(parsed.database)), exist_ok=True)
    engine = create_engine(parsed)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda c, _r: c.execute("PRAGMA journal_mode=WAL"))
    return engine


def _config(tree: Path, connection: Connection, metadata: MetaData | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(CHASSIS_TREE))
    config.set_main_option("version_locations", str(tree / "versions"))
    config.set_main_option("path_separator", "os")
    config.attributes.update(connection=connection, metadata=metadata, version_table=_version_table(tree))
    return config


def _version_table(tree: Path) -> str:
    return "alembic_version_chassis" if tree == CHASSIS_TREE else "alembic_version"


def _current(connection: Connection, tree: Path) -> str | None:
    return MigrationContext.configure(connection, opts={"version_table": _version_table(tree)}).get_current_revision()


def _head(tree: Path) -> str | None:
    config = Config()
    config.set_main_option("script_location", str(CHASSIS_TREE))
    config.set_main_option("version_locations", str(tree / "versions"))
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config).get_current_head()


if __name__ == "__main__":
    revise(sys.argv[1], sys.argv[2])
