"""A look for words in every row that one company has in a service's database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import inspect, text

from chassis.db import Database


def words_in(database: Database, tenant_id: UUID, words: Sequence[str]) -> dict[str, list[str]]:
    """Per table which of the words stand in the company's rows, as text, in JSON or in bytes."""
    found: dict[str, list[str]] = {}
    mine = tenant_id.hex if database.sqlite else str(tenant_id)
    with database.begin(tenant_id, read_only=True) as session:
        connection = session.connection()
        for table in inspect(connection).get_table_names():
            if not table.startswith("alembic"):
                rows = connection.execute(text(f'SELECT * FROM "{table}" WHERE tenant_id = :mine'), {"mine": mine})
                there = sorted({word for row in rows for word in _in(row, words)})
                if there:
                    found[table] = there
    return found


def _in(row: Any, words: Sequence[str]) -> Iterator[str]:
    whole = " ".join(_read(value) for value in row)
    yield from (word for word in words if word in whole)


def _read(value: Any) -> str:
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode(errors="ignore")
    return str(value)
