"""Lists page by page, by the keys of the last row instead of by counting: page a million deep costs what page one does,
and rows that come meanwhile neither repeat nor hide others."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, Select, and_, false, or_
from sqlalchemy.orm import InstrumentedAttribute

from chassis.work import Transaction
from contracts.problems import INVALID, Problem, both

Sort = Sequence[tuple[InstrumentedAttribute[Any], str]]
"""Columns and `asc` or `desc`. None of them may be null; together they must tell any two rows apart."""


def page(tx: Transaction, statement: Select[Any], *, sort: Sort, data: Mapping[str, Any]) -> dict[str, Any]:
    """`{"items", "next_cursor"}`: the `data["limit"]` rows after `data["cursor"]`, and where the next page begins.

    Problem: `invalid_request` for a cursor that is not one of this list.
    """
    limit = data["limit"]
    if data.get("cursor"):
        statement = statement.where(_after(sort, _decode(data["cursor"], sort)))
    ordered = statement.order_by(*(column.asc() if way == "asc" else column.desc() for column, way in sort))
    rows = tx.session.scalars(ordered.limit(limit + 1)).unique().all()
    more = len(rows) > limit
    return {"items": list(rows[:limit]), "next_cursor": _encode(rows[limit - 1], sort) if more else None}


def _after(sort: Sort, values: Sequence[Any]) -> ColumnElement[bool]:
    """Rows that sort after `values`: later in the first column, or the same there and later in the next, and so on."""
    steps: list[ColumnElement[bool]] = [false()]
    for position, (column, way) in enumerate(sort):
        later = column > values[position] if way == "asc" else column < values[position]
        same = [earlier == value for (earlier, _), value in zip(sort, values[:position], strict=False)]
        steps.append(and_(*same, later))
    return or_(*steps)


def _encode(row: Any, sort: Sort) -> str:
    values = [getattr(row, column.key) for column, _ in sort]
    return urlsafe_b64encode(orjson.dumps([_mark(sort), *values])).rstrip(b"=").decode()


def _decode(cursor: str, sort: Sort) -> list[Any]:
    try:
        raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        mark, *values = orjson.loads(raw)
        typed = [_typed(column, value) for (column, _), value in zip(sort, values, strict=True)]
    except (ValueError, TypeError) as error:
        raise _not_a_cursor() from error
    if mark != _mark(sort):
        raise _not_a_cursor()
    return typed


def _not_a_cursor() -> Problem:
    message = both(
        "is not a cursor of this list; take `next_cursor` of the page before, with the same sort",
        "不是此列表的游标,请使用上一页的 next_cursor,并保持排序不变",
    )
    return INVALID([{"field": "cursor", "code": "cursor", "message": message}])


def _mark(sort: Sort) -> str:
    """Tells lists apart, so that a cursor of another list or sort is refused."""
    return ",".join(f"{column.class_.__name__}.{column.key}{'+' if way == 'asc' else '-'}" for column, way in sort)


def _typed(column: InstrumentedAttribute[Any], value: Any) -> Any:
    kind: Any = column.type.python_type
    if kind in (UUID, datetime, date):
        return UUID(value) if kind is UUID else kind.fromisoformat(value)
    if not isinstance(value, kind):
        raise TypeError(f"{column.key} holds {kind.__name__}")
    return value
