"""Looking into the services' databases beside the platform, as the role the services themselves sign in with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Inspector, create_engine, inspect, text

from chassis.tables import ChassisBase
from kefu.processes import SERVICES

Tables = dict[str, list[Mapping[str, Any]]]
_OF_CHASSIS = frozenset(ChassisBase.metadata.tables)


class Stores:
    """The databases of one platform; `url` has `{service}` in it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.postgresql = url.startswith("postgresql")

    @contextmanager
    def opened(self, service: str) -> Iterator[Connection]:
        engine = create_engine(self._url.replace("{service}", service))
        try:
            with engine.connect() as connection:
                yield connection
        finally:
            engine.dispose()

    def tables(self, service: str, tenant_id: str) -> Tables:
        """Every row of that tenant, by table."""
        with self.opened(service) as connection:
            self.name_tenant(connection, tenant_id)
            return {table: list(self._rows(connection, table, tenant_id)) for table in tables_of(inspect(connection))}

    def business(self, tenant_id: str) -> dict[str, list[str]]:
        """The tenant's business rows in all services as sorted texts, by `service.table`."""
        return {
            f"{service}.{table}": sorted(str(dict(row)) for row in rows)
            for service in SERVICES
            for table, rows in self.tables(service, tenant_id).items()
            if table not in _OF_CHASSIS
        }

    def waiting(self, tenant_id: str) -> int:
        """Events of that tenant that are not published yet, or whose handler failed and will be tried again."""
        found = [self.tables(service, tenant_id) for service in SERVICES]
        return sum(len(tables["outbox"]) + len(tables["event_retries"]) for tables in found)

    def name_tenant(self, connection: Connection, tenant_id: str) -> None:
        """Let row level security show that tenant's rows (nothing to do on SQLite, which has none)."""
        if self.postgresql:
            connection.execute(text("SELECT set_config('kefu.tenant', :tenant, false)"), {"tenant": tenant_id})

    def _rows(self, connection: Connection, table: str, tenant_id: str) -> Iterator[Mapping[str, Any]]:
        key = tenant_id if self.postgresql else UUID(tenant_id).hex
        found = connection.execute(text(f'SELECT * FROM "{table}" WHERE tenant_id = :key'), {"key": key})
        yield from ({name: _plain(value) for name, value in row.items()} for row in found.mappings())


def _plain(value: Any) -> Any:
    """PostgreSQL's driver answers bytes as a view, which has no value of its own."""
    return bytes(value) if isinstance(value, memoryview) else value


def tables_of(inspector: Inspector) -> list[str]:
    """The tables that hold data."""
    return sorted(table for table in inspector.get_table_names() if not table.startswith("alembic_version"))


def tables_of_catalogue(connection: Connection) -> list[str]:
    """Every table of the schema, whether the role may see into it or not (PostgreSQL)."""
    found = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    return sorted(connection.execute(text(found)).scalars())


def as_text(row: Mapping[str, Any]) -> str:
    """The row in one spelling of ids, whatever the database: 32 lower-case hexadecimal digits."""
    return " ".join(map(str, row.values())).replace("-", "").lower()
