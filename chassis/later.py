"""Rows nobody waits for: gathered during a transaction and sent together, last before the commit.

Audit, events, history and search index are written but never read back in their own transaction. As ORM objects each
would cost a round trip and a good part of a millisecond of Python; here all of them go out in one message, on
PostgreSQL together with the COMMIT. The columns' own types still convert the values: both databases store what the ORM
would have stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Dialect, Table
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from chassis.db import COMMITTED, TenantMismatch

Convert = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Fetched:
    """A value that the database reads when its row goes out: `column` of the tenant's row of `model` with this `key`;
    null when there is none. It saves the round trip of reading first."""

    model: type[DeclarativeBase]
    column: str
    key: Mapping[str, Any]


class Insert:
    """How rows of one table are inserted by plain SQL in one dialect."""

    def __init__(self, table: Table, dialect: Dialect) -> None:
        self._dialect = dialect
        self.columns: list[tuple[str, Convert | None, Any]] = []
        for column in table.columns:
            if column.server_default is None:
                convert = column.type.dialect_impl(dialect).bind_processor(dialect)
                default = column.default.arg if isinstance(column.default, ScalarElementColumnDefault) else None
                self.columns.append((column.key, convert, default))
        names = ", ".join(f'"{name}"' for name, _, _ in self.columns)
        self.mark = "%s" if dialect.paramstyle == "pyformat" else "?"
        marks = ", ".join([self.mark] * len(self.columns))
        self.head, self.marks = f'INSERT INTO "{table.name}" ({names}) VALUES ', f"({marks})"  # noqa: S608  (names of our own tables and columns)

    def convert(self, column: str, value: Any) -> Any:
        """One value as the driver takes it, for conditions beside the insert."""
        convert = next(c for name, c, _ in self.columns if name == column)
        return convert(value) if convert is not None else value

    def values(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        """The row's values as the driver takes them; a column not given has its default."""
        return self.row(row)[1]

    def row(self, row: Mapping[str, Any]) -> tuple[str, tuple[Any, ...]]:
        """The row's marks, and its values as the driver takes them."""
        marks, found = self.marks, []
        fetched: dict[int, str] = {}
        for index, (name, convert, default) in enumerate(self.columns):
            value = row.get(name, default)
            if isinstance(value, Fetched):
                fetched[index], values = self._fetched(value, row["tenant_id"])
                found += values
            else:
                found.append(convert(value) if convert is not None else value)
        if fetched:
            marks = f"({', '.join(fetched.get(i, self.mark) for i in range(len(self.columns)))})"
        return marks, tuple(found)

    def _fetched(self, value: Fetched, tenant_id: UUID) -> tuple[str, list[Any]]:
        table = value.model.__table__
        assert isinstance(table, Table)
        source, key = insert_of(table, self._dialect), {"tenant_id": tenant_id, **value.key}
        condition = " AND ".join(f'"{name}" = {self.mark}' for name in key)
        statement = f'(SELECT "{value.column}" FROM "{table.name}" WHERE {condition})'  # noqa: S608  (names of our own tables and columns)
        return statement, [source.convert(name, part) for name, part in key.items()]


class Later:
    """What one transaction sends last."""

    def __init__(self, tenant_id: UUID) -> None:
        self._tenant_id = tenant_id
        self._inserts: list[tuple[Table, list[Mapping[str, Any]]]] = []
        self._statements: list[tuple[str, Sequence[Any]]] = []

    def insert(self, model: type[DeclarativeBase], rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert these rows of this tenant (its id is put in). TenantMismatch for a row of another."""
        for row in rows:
            if row.get("tenant_id", self._tenant_id) != self._tenant_id:
                raise TenantMismatch(f"a row of tenant {row['tenant_id']} in a transaction of {self._tenant_id}")
        table = model.__table__
        assert isinstance(table, Table)
        self._inserts.append((table, [{"tenant_id": self._tenant_id, **row} for row in rows]))

    def insert_object(self, row: DeclarativeBase) -> None:
        """Insert a mapped object that is in no session, with the values it has when everything is sent. The ORM sets no
        default on it: what its maker left out is null, or the column's plain default."""
        table = row.__table__
        assert isinstance(table, Table)
        self._inserts.append((table, [_Attributes(row)]))

    def execute(self, statement: str, values: Sequence[Any]) -> None:
        """Run plain SQL in the driver's own parameter style, after the inserts."""
        self._statements.append((statement, values))

    def send(self, connection: Connection) -> None:
        """Everything gathered, in its order. On PostgreSQL one message that also commits."""
        if connection.dialect.name == "postgresql":
            self._send_together(connection, b"COMMIT")
            connection.info[COMMITTED] = True
        else:
            self._send_each(connection)
        self._inserts, self._statements = [], []

    def write(self, connection: Connection) -> None:
        """Everything gathered, in its order, and no commit: the transaction goes on, in another tenant's name."""
        if not self._inserts and not self._statements:
            return
        if connection.dialect.name == "postgresql":
            self._send_together(connection)
        else:
            self._send_each(connection)
        self._inserts, self._statements = [], []

    def _send_together(self, connection: Connection, *last: bytes) -> None:
        cursor: Any = connection.connection.cursor()
        try:
            parts = []
            for table, rows in self._inserts:
                insert = insert_of(table, connection.dialect)
                values = [cursor.mogrify(*insert.row(row)) for row in rows]
                if values:
                    parts.append(insert.head.encode() + b",".join(values))
            parts += [cursor.mogrify(statement, values) for statement, values in self._statements]
        finally:
            cursor.close()
        connection.exec_driver_sql(b";".join([*parts, *last]).decode(), execution_options={"no_parameters": True})

    def _send_each(self, connection: Connection) -> None:
        for table, rows in self._inserts:
            insert = insert_of(table, connection.dialect)
            for marks, group in groupby((insert.row(row) for row in rows), key=itemgetter(0)):
                connection.exec_driver_sql(insert.head + marks, [values for _, values in group])
        for statement, values in self._statements:
            connection.exec_driver_sql(statement, tuple(values))


class _Attributes(Mapping[str, Any]):
    """A mapped object's columns as a mapping, read when they are asked for."""

    def __init__(self, row: DeclarativeBase) -> None:
        self._row = row

    def __getitem__(self, name: str) -> Any:
        value = getattr(self._row, name)
        if value is None:
            raise KeyError(name)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._row.__table__.columns.keys())

    def __len__(self) -> int:
        return len(self._row.__table__.columns)


_known: dict[tuple[str, str], Insert] = {}


def insert_into(model: type[DeclarativeBase], connection: Connection) -> Insert:
    """How rows of `model` are inserted by plain SQL, for the few statements that every call or event pays for."""
    table = model.__table__
    assert isinstance(table, Table)
    return insert_of(table, connection.dialect)


def insert_of(table: Table, dialect: Dialect) -> Insert:
    """How rows of `table` are inserted, made once a process."""
    key = (dialect.name, f"{id(table.metadata)}.{table.name}")
    if key not in _known:
        _known[key] = Insert(table, dialect)
    return _known[key]
