"""Lists of cases and sheets: filtered, sorted, page by page, within the caller's org units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import InstrumentedAttribute

from chassis.finding import having_all
from chassis.paging import Sort, page
from chassis.search import query_tokens
from chassis.work import Transaction
from services.complaints import schemas
from services.complaints.domain.case import OPEN
from services.complaints.models import AttachmentRow, CaseToken, ComplaintRow, HistoryRow, SheetRow
from services.complaints.queries.cases import load, policy_of, scope_of
from services.complaints.queries.showing import sheet_summary
from services.complaints.usecases import store

_EQUAL = ("state", "stage", "level", "category", "channel", "validity", "org_unit_id", "handler_id", "customer_id")
_SORTS: Mapping[str, tuple[tuple[InstrumentedAttribute[Any], str], ...]] = {
    "-received_at": ((ComplaintRow.received_at, "desc"),),
    "received_at": ((ComplaintRow.received_at, "asc"),),
    "-updated_at": ((ComplaintRow.updated_at, "desc"),),
    "-priority": ((ComplaintRow.priority, "desc"), (ComplaintRow.received_at, "asc")),
    "-level": ((ComplaintRow.level_rank, "desc"), (ComplaintRow.received_at, "asc")),
    "due_at": ((ComplaintRow.due_at, "asc"),),
}


def complaints(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """The list of cases; every filter given must hold. Sorted by `due_at` it has only cases with a running deadline."""
    statement = select(ComplaintRow).where(scope_of(tx, ComplaintRow.org_unit_id), *_filters(tx, data))
    if data["sort"] == "due_at":
        statement = statement.where(ComplaintRow.due_at.is_not(None))
    found = page(tx, statement, sort=_sort(data["sort"]), data=data)
    return {**found, "items": [schemas.summary(tx, policy_of(tx, row), row) for row in found["items"]]}


def history(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """Everything that happened with the case, newest first (UX-11)."""
    row = load(tx, data["complaint_id"])
    policy = policy_of(tx, row)
    statement = select(HistoryRow).where(HistoryRow.complaint_id == row.id)
    found = page(tx, statement, sort=[(HistoryRow.id, "desc")], data=data)
    return {**found, "items": [schemas.history_entry(tx, policy, entry) for entry in found["items"]]}


def attachments(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """The files on the case, oldest first."""
    row = load(tx, data["complaint_id"])
    statement = select(AttachmentRow).where(AttachmentRow.complaint_id == row.id)
    return page(tx, statement, sort=[(AttachmentRow.id, "asc")], data=data)


def sheets(tx: Transaction, data: dict[str, Any], nature: str | None = None) -> dict[str, Any]:
    """Sheets of all cases the caller may see, newest first; `nature` keeps one kind of them."""
    statement = select(SheetRow).where(scope_of(tx, SheetRow.org_unit_id))
    wanted = {**data, "nature": nature or data.get("nature")}
    for name in ("complaint_id", "kind", "nature", "state", "stage"):
        if wanted.get(name):
            statement = statement.where(getattr(SheetRow, name) == wanted[name])
    if data.get("overdue") is not None:
        late = and_(SheetRow.due_at.is_not(None), SheetRow.due_at < tx.now, SheetRow.state == OPEN)
        statement = statement.where(late if data["overdue"] else ~func.coalesce(late, False))
    found = page(tx, statement, sort=[(SheetRow.id, "desc")], data=data)
    return {**found, "items": [_sheet_summary(tx, sheet) for sheet in found["items"]]}


def _sheet_summary(tx: Transaction, sheet: SheetRow) -> dict[str, Any]:
    row = tx.get(ComplaintRow, sheet.complaint_id, kind="complaint")
    return sheet_summary(tx, policy_of(tx, row), row, store.case_of(row), sheet)


def _sort(name: str) -> Sort:
    columns = _SORTS[name]
    return (*columns, (ComplaintRow.id, columns[-1][1]))


def _filters(tx: Transaction, data: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    conditions = [getattr(ComplaintRow, name) == data[name] for name in _EQUAL if data.get(name) is not None]
    if data.get("received_from"):
        conditions.append(ComplaintRow.received_at >= data["received_from"])
    if data.get("received_to"):
        conditions.append(ComplaintRow.received_at < data["received_to"])
    if data.get("overdue") is not None:
        late = and_(ComplaintRow.due_at.is_not(None), ComplaintRow.due_at < tx.now)
        conditions.append(late if data["overdue"] else ~func.coalesce(late, False))
    if data.get("q"):
        words = query_tokens(data["q"])
        conditions.append(having_all(tx, ComplaintRow.id, CaseToken.complaint_id, words))
    return conditions
