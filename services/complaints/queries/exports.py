"""Reading exports: one's own, and for administrators of the whole company everybody's."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import select

from chassis.paging import page
from chassis.storage import Storage
from chassis.work import Transaction
from contracts.complaints.exports import EXPORT_NOT_READY, XLSX
from contracts.complaints.vocabulary import CORRECTIVE
from contracts.problems import NOT_FOUND, both
from services.complaints.models import ExportRow
from services.complaints.policy import text
from services.complaints.queries import lists, precedents
from services.complaints.queries.kept_reports import sees_whole_company
from services.complaints.schemas import UNMASK

_LISTS: Mapping[str, Callable[[Transaction, dict[str, Any]], dict[str, Any]]] = {
    "complaints": lists.complaints,
    "sheets": lists.sheets,
    "urging_notices": partial(lists.sheets, nature="urging"),
    "corrective_actions": partial(lists.sheets, nature=CORRECTIVE),
    "precedents": precedents.listed,
    "history": lists.history,
}
ADMINISTRATOR = "tenants.admin"
DONE = "done"
_STATES = {
    "queued": both("not begun yet", "等待中"), "running": both("under way", "进行中"),
    "failed": both("failed", "已失败"), DONE: both("done", "已完成"),
}  # fmt: skip
_SAME = (
    "id", "list", "filters", "locale", "state", "rows", "clear", "asked_by", "filename", "size", "sha256",
    "created_at", "finished_at", "expires_at",
)  # fmt: skip


def page_of(tx: Transaction, list_: str, query: dict[str, Any]) -> dict[str, Any]:
    """A page of an exported list, as its own call answers it to this caller; raises its problems."""
    return _LISTS[list_](tx, query)


def listed(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """Exports the caller may see, newest first."""
    statement = select(ExportRow)
    if not _is_administrator(tx):
        statement = statement.where(ExportRow.asked_by_id == tx.ctx.actor.id)
    found = page(tx, statement, sort=[(ExportRow.id, "desc")], data=data)
    return {**found, "items": [shown(tx, row) for row in found["items"]]}


def one(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """The export `export_id`."""
    return shown(tx, load(tx, data["export_id"]))


def load(tx: Transaction, export_id: UUID) -> ExportRow:
    """The export; the problem `not_found` for somebody else's as for one that is missing."""
    row = tx.get(ExportRow, export_id, kind="export")
    if row.asked_by_id != tx.ctx.actor.id and not _is_administrator(tx):
        raise NOT_FOUND(kind="export")
    return row


def content(tx: Transaction, data: dict[str, Any], storage: Storage) -> dict[str, Any]:
    """The workbook. One in clear is only for those who may see personal data.

    Problems: `not_found`, `export_not_ready`.
    """
    row = load(tx, data["export_id"])
    if row.clear and not tx.ctx.may(UNMASK):
        raise NOT_FOUND(kind="export")
    if row.state != DONE or row.sha256 is None:
        raise EXPORT_NOT_READY(state=_STATES[row.state], export_id=row.id)
    found = storage.get(tx.tenant_id, row.sha256)
    return {"filename": row.filename, "media_type": XLSX, "content": b64encode(found).decode()}


def shown(tx: Transaction, row: ExportRow) -> dict[str, Any]:
    """The export as callers get it."""
    reason = text(row.reason, tx.ctx.locale) if row.reason else None
    return {**{name: getattr(row, name) for name in _SAME}, "reason": reason}


def _is_administrator(tx: Transaction) -> bool:
    return tx.ctx.may(ADMINISTRATOR) and sees_whole_company(tx)
