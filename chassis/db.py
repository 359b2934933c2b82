"""One service's database: engine, transactions, and the guards that keep tenants apart.

Two engines, one code: PostgreSQL in production, SQLite (WAL) embedded. A transaction names its tenant when it begins;
that setting lives as long as the transaction. On PostgreSQL row level security reads it; on both an ORM filter and a
flush check stand before it. No tenant set means no rows.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

import orjson
from sqlalchemy import (
    JSON,
    URL,
    Connection,
    DateTime,
    Dialect,
    Engine,
    MetaData,
    Select,
    Table,
    Uuid,
    create_engine,
    event,
    make_url,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    ORMExecuteState,
    Session,
    declared_attr,
    mapped_column,
    with_loader_criteria,
)
from sqlalchemy.sql import visitors
from sqlalchemy.types import TypeDecorator

from chassis.ids import NIL, new_id

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
JsonDict = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
"""A JSON value: JSONB on PostgreSQL, text on SQLite."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, stored in UTC. A naive one is refused: it would mean a different moment on each machine."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored moment needs a zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class TenantRow:
    """Mixin of every table: `tenant_id` first in the primary key, `id` a UUIDv7."""

    tenant_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, sort_order=-20)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id, sort_order=-19)


class TenantOwned:
    """Mixin for a table whose own key differs: only `tenant_id`, first in the primary key."""

    tenant_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, sort_order=-20)


class Versioned:
    """Mixin: `version` counts updates from 1. It is the ETag, and SQLAlchemy's optimistic lock: of two writers at once
    the second fails instead of overwriting."""

    version: Mapped[int] = mapped_column(nullable=False, sort_order=90)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805
        return {"version_id_col": cls.version}


class ServiceBase(DeclarativeBase):
    """Base of the mapped bases, one per service with its own tables:

    class Base(ServiceBase):
        __abstract__ = True
        metadata = service_metadata()
    """

    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime,
        UUID: Uuid,
        dict[str, Any]: JsonDict,
        list[Any]: JsonDict,
        list[str]: JsonDict,
    }


def service_metadata() -> MetaData:
    """Tables of one service, with predictable names for keys and indexes."""
    return MetaData(naming_convention=NAMING)


class TenantSession(Session):
    """A session that belongs to one tenant: filters what is read, checks what is written."""

    tenant_id: UUID


COMMITTED = "kefu_committed"
"""Set in a connection's `info` when the COMMIT went out with the last rows (`chassis.later`)."""
CRITERIA = "kefu_criteria"
"""In a session's `info`: the filter by its tenant."""
REVISION = "kefu_revision"
"""In a connection's `info`: the revision of the tenant's settings as the transaction began, read with its BEGIN."""


class UnfilteredError(RuntimeError):
    """A statement would have read every tenant's rows: a bug, stopped before the database."""


class TenantMismatch(RuntimeError):
    """A row of another tenant was about to be written: a bug, stopped before the database."""


@event.listens_for(TenantSession, "do_orm_execute")
def _filter_tenant(state: ORMExecuteState) -> None:
    if state.is_column_load or state.is_relationship_load:
        return
    tenant_id = state.session.info.get("tenant_id")
    if tenant_id is None:
        return
    if state.is_insert:
        _check_inserted(state, tenant_id)
        return
    if not state.is_orm_statement:
        _refuse_unfiltered(state.statement)
        return
    state.statement = state.statement.options(*_criteria(state.session, tenant_id))


def _criteria(session: Session, tenant_id: UUID) -> tuple[Any, ...]:
    """The filter of this session's statements, made once a session: it is the dear part of a small query."""
    made: tuple[Any, ...] | None = session.info.get(CRITERIA)
    if made is None:
        made = session.info[CRITERIA] = tuple(
            with_loader_criteria(mixin, lambda cls: cls.tenant_id == tenant_id, include_aliases=True)
            for mixin in (TenantRow, TenantOwned)
        )
    return made


def _refuse_unfiltered(statement: Any) -> None:
    """A select that names no mapped class passes the filter by: `select(func.count()).where(and_(...))` is one. Without
    row level security it would see every tenant's rows."""
    for part in visitors.iterate(statement):
        if isinstance(part, Select) and part._propagate_attrs.get("compile_state_plugin") != "orm":
            tables = [f for f in part.get_final_froms() if isinstance(f, Table) and "tenant_id" in f.columns]
            if tables:
                raise UnfilteredError(f"this select names no mapped class; select_from() the one of {tables[0].name}")


def _check_inserted(state: ORMExecuteState, tenant_id: UUID) -> None:
    """Rows inserted in bulk pass no flush."""
    given: Any = state.parameters or {}
    for row in given if isinstance(given, list) else [given]:
        if row.get("tenant_id", tenant_id) != tenant_id:
            raise TenantMismatch(f"a row of tenant {row['tenant_id']} in a transaction of {tenant_id}")


@event.listens_for(TenantSession, "before_flush")
def _check_tenant(session: Session, *_: Any) -> None:
    tenant_id = session.info.get("tenant_id")
    if tenant_id is None:
        return
    for row in (*session.new, *session.dirty, *session.deleted):
        if isinstance(row, (TenantRow, TenantOwned)):
            _own(row, tenant_id)


def _own(row: Any, tenant_id: UUID) -> None:
    """Give a new row its tenant; refuse one of another."""
    if row.tenant_id is None:
        row.tenant_id = tenant_id
    elif row.tenant_id != tenant_id:
        raise TenantMismatch(f"{type(row).__name__} of tenant {row.tenant_id} in a transaction of {tenant_id}")


class DatabaseUnavailable(Exception):
    """The database does not answer. What the transaction did is undone, unless the answer to its commit was what got
    lost: repeat a write under its idempotency key."""


_READ_REVISION = ";SELECT revision FROM tenant_settings WHERE tenant_id = current_setting('kefu.tenant')::uuid"


class Database:
    """A service's engine and the ways to begin a transaction on it."""

    def __init__(self, service: str, url: str, *, pool_size: int = 10, statement_timeout_ms: int = 10_000) -> None:
        self.service = service
        self.url = make_url(url.format(service=service))
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self._statement_timeout_ms = statement_timeout_ms
        # One writer per process on SQLite. Under eventlet this lock is green: a second writer waits without blocking
        # the hub, which is what BEGIN IMMEDIATE's own busy wait would do.
        self._writer = threading.Lock() if self.sqlite else None
        self.engine = _sqlite_engine(self.url) if self.sqlite else _postgresql_engine(self.url, service, pool_size)
        event.listen(self.engine, "begin", self._on_begin)
        event.listen(self.engine, "commit", _on_commit)
        event.listen(self.engine, "rollback", _on_rollback)

    def _on_begin(self, connection: Connection) -> None:
        """Begin and name the tenant in one round trip: psycopg2's own BEGIN would cost one of its own."""
        options = connection.get_execution_options()
        read_only = options.get("kefu_read_only")
        if self.sqlite:
            connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
            return
        tenant_id, system = options.get("kefu_tenant"), options.get("kefu_system")
        begun = connection.exec_driver_sql(
            f"BEGIN{' READ ONLY' if read_only else ''};"
            f"SET LOCAL statement_timeout = {self._statement_timeout_ms};"
            "SELECT set_config('kefu.tenant', %s, true), set_config('kefu.system', %s, true)"
            + (_READ_REVISION if tenant_id not in (None, NIL) else ""),
            (str(tenant_id) if tenant_id else "", "on" if system else ""),
        )
        connection.info[REVISION] = begun.scalar()
        begun.close()

    @contextmanager
    def begin(
        self, tenant_id: UUID | None, *, read_only: bool = False, system: bool = False
    ) -> Iterator[TenantSession]:
        """A session inside one transaction of `tenant_id`; commits at the end, rolls back on an exception.

        `tenant_id` None with `system` sees the chassis's own tables of all tenants (the sweeps and the relay), never a
        business table. Never yield to the event loop inside: no RPC, no slow I/O.

        Raises `DatabaseUnavailable` when the connection cannot be had or is lost.
        """
        options = {"kefu_tenant": tenant_id, "kefu_read_only": read_only, "kefu_system": system}
        with ExitStack() as stack:
            if self._writer and not read_only:
                stack.enter_context(self._writer)
            with _translated():
                connection = stack.enter_context(self._begun(options))
                session = stack.enter_context(TenantSession(bind=connection, expire_on_commit=False))
                session.info["tenant_id"] = None if system else (tenant_id or NIL)
                yield session
                session.flush()
                connection.commit()

    def _begun(self, options: dict[str, Any]) -> Connection:
        """A connection inside a transaction. When the pooled one died while idle, the whole pool is fresh at the second
        try: SQLAlchemy drops everything older than the failure."""
        try:
            return self._begin_once(options)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            return self._begin_once(options)

    def _begin_once(self, options: dict[str, Any]) -> Connection:
        connection = self.engine.connect().execution_options(**options)
        try:
            connection.begin()
        except BaseException:
            connection.close()
            raise
        return connection

    def ping(self) -> None:
        """Reach the database or raise `DatabaseUnavailable`."""
        with self.begin(None, read_only=True) as session:
            session.connection().exec_driver_sql("SELECT 1").close()

    def close(self) -> None:
        self.engine.dispose()


@contextmanager
def _translated() -> Iterator[None]:
    """Turn "no connection" in its many forms into `DatabaseUnavailable`."""
    try:
        yield
    except PoolExhausted as error:
        raise DatabaseUnavailable("no database connection became free in time") from error
    except DBAPIError as error:
        if error.connection_invalidated or _is_unavailable(error):
            raise DatabaseUnavailable(str(error.orig).strip()) from error
        raise


def _is_unavailable(error: DBAPIError) -> bool:
    code = getattr(error.orig, "pgcode", None)
    if code is not None:
        # 57P01-57P03: shutting down, crashed, starting up; 53...: no disk, memory or connections left
        return code in {"57P01", "57P02", "57P03"} or code.startswith("53")
    # No code: PostgreSQL said nothing, so we never got through to it; or SQLite's file is locked,
    # cannot be opened or cannot grow.
    return isinstance(error, (OperationalError, InterfaceError)) and _is_about_access(error)


_SQLITE_AWAY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL}


def _is_about_access(error: DBAPIError) -> bool:
    if not isinstance(error.orig, sqlite3.Error):
        return True
    return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF in _SQLITE_AWAY


def summary(error: DBAPIError) -> str:
    """What the database said, without the values: PostgreSQL adds whole rows in the lines that follow."""
    return (str(error.orig).splitlines() or [""])[0]


def _dumps(value: Any) -> str:
    return orjson.dumps(value, default=str).decode()


_COMMON: dict[str, Any] = {
    "json_serializer": _dumps,
    "json_deserializer": orjson.loads,
    "hide_parameters": True,  # they are people's names and numbers
}


def _sqlite_engine(url: URL) -> Engine:
    options = {"check_same_thread": False, "timeout": 10, "isolation_level": None}
    engine = create_engine(url, connect_args=options, **_COMMON)
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


_NOTICING_DEATH = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 15_000}
"""A server that vanished without a word is noticed after some 10 s; by itself TCP would wait for two hours."""


def _postgresql_engine(url: URL, service: str, pool_size: int) -> Engine:
    options = {"connect_timeout": 3, "application_name": f"kefu-{service}", **_NOTICING_DEATH}
    engine = create_engine(
        url, pool_size=pool_size, max_overflow=0, pool_timeout=5, pool_use_lifo=True, connect_args=options, **_COMMON
    )
    event.listen(engine, "connect", _prepare_postgresql)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA busy_timeout=10000")
    cursor.close()


def _prepare_postgresql(connection: Any, _record: Any) -> None:
    # We send BEGIN and COMMIT ourselves, joined with what belongs to them.
    connection.autocommit = True


def _on_commit(connection: Connection) -> None:
    if not connection.info.pop(COMMITTED, False):
        connection.exec_driver_sql("COMMIT")


def _on_rollback(connection: Connection) -> None:
    if connection.invalidated:
        return
    connection.info.pop(COMMITTED, None)
    try:
        connection.exec_driver_sql("ROLLBACK")
    except DBAPIError:
        connection.invalidate()
