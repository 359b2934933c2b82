"""How far the caller's acts on many cases are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from chassis.paging import page
from chassis.requests import caller
from chassis.work import Transaction
from contracts.problems import CATALOGUE, LOCALES, NOT_FOUND
from services.complaints.models import BulkItemRow, BulkRow
from services.complaints.usecases.intake import localised


def own(tx: Transaction, bulk_id: UUID, *, lock: bool = False) -> BulkRow:
    """The caller's own; `not_found` for another's."""
    row = tx.get(BulkRow, bulk_id, kind="bulk", lock=lock)
    if row.owner != caller(tx):
        raise NOT_FOUND(kind="bulk")
    return row


def listed(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """The caller's, newest first."""
    found = page(tx, select(BulkRow).where(BulkRow.owner == caller(tx)), sort=[(BulkRow.id, "desc")], data=data)
    return {**found, "items": [shown(tx, row) for row in found["items"]]}


def one(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """The act `bulk_id`."""
    return shown(tx, own(tx, data["bulk_id"]))


def shown(_tx: Transaction, row: BulkRow) -> dict[str, Any]:
    """A job with its progress."""
    names = ("id", "action", "state", "total", "done", "refused", "made_at", "finished_at")
    return {**{name: getattr(row, name) for name in names}, "waiting": row.total - row.done - row.refused}


def items(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """What became of each case, in the order in which they were named."""
    row = own(tx, data["bulk_id"])
    statement = select(BulkItemRow).where(BulkItemRow.bulk_id == row.id)
    if data.get("state"):
        statement = statement.where(BulkItemRow.state == data["state"])
    found = page(tx, statement, sort=[(BulkItemRow.id, "asc")], data=data)
    return {**found, "items": [_item(item, tx.ctx.locale) for item in found["items"]]}


def _item(item: BulkItemRow, locale: str) -> dict[str, Any]:
    names = ("complaint_id", "number", "state", "at")
    problem = _worded(item.problem, locale) if item.problem else None
    return {**{name: getattr(item, name) for name in names}, "problem": problem}


def _worded(problem: Mapping[str, Any], locale: str) -> dict[str, Any]:
    """The problem as the caller would have read it."""
    kind = CATALOGUE[problem["code"]]
    params = {
        key: value[locale] if isinstance(value, Mapping) and set(value) == set(LOCALES) else value
        for key, value in problem["params"].items()
    }
    errors = localised(problem["errors"], locale)
    return {"code": kind.code, "status": kind.status, "detail": kind.text(locale, params), "errors": errors}
