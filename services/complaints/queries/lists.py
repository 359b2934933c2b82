"""Lists of cases and sheets: filtered, sorted, page by page, within the caller's org units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import InstrumentedAttribute

from chassis.paging import Sort, page
from chassis.work import Transaction
from services.complaints import schemas
from services.complaints.domain.case import OPEN
from services.complaints.models import AttachmentRow, ComplaintRow, HistoryRow, SheetRow
from services.complaints.queries import filtering
from services.complaints.queries.cases import family, load, policy_of, scope_of
from services.complaints.queries.showing import sheet_summary
from services.complaints.usecases import store

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
    statement, sort = select(ComplaintRow).where(*filtering.conditions(tx, data)), filtering.sort_of(tx, data)
    if sort == "due_at":
        statement = statement.where(ComplaintRow.due_at.is_not(None))
    found = page(tx, statement, sort=_sort(sort), data=data)
    return {**found, "items": [schemas.summary(tx, policy_of(tx, row), row) for row in found["items"]]}


def history(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """Everything that happened with the case and those merged into it, newest first (UX-11)."""
    row = load(tx, data["complaint_id"])
    policy = policy_of(tx, row)
    statement = select(HistoryRow).where(HistoryRow.complaint_id.in_(family(row)))
    found = page(tx, statement, sort=[(HistoryRow.id, "desc")], data=data)
    return {**found, "items": [schemas.history_entry(tx, policy, entry) for entry in found["items"]]}


def attachments(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """The files on the case and those merged into it, oldest first; with `struck` those that were struck out."""
    row = load(tx, data["complaint_id"])
    struck = AttachmentRow.struck_at.is_not(None) if data.get("struck") else AttachmentRow.struck_at.is_(None)
    statement = select(AttachmentRow).where(AttachmentRow.complaint_id.in_(family(row)), struck)
    for name in ("sheet_id", "kind"):
        if data.get(name):
            statement = statement.where(getattr(AttachmentRow, name) == data[name])
    return page(tx, statement, sort=[(AttachmentRow.id, "asc")], data=data)


def sheets(tx: Transaction, data: dict[str, Any], nature: str | None = None) -> dict[str, Any]:
    """Sheets of all cases the caller may see, newest first; `nature` keeps one kind of them."""
    statement = select(SheetRow).where(scope_of(tx, SheetRow.org_unit_id))
    wanted = {**data, "nature": nature or data.get("nature")}
    if wanted.get("complaint_id"):
        statement = statement.where(SheetRow.complaint_id.in_(_family_of(tx, wanted["complaint_id"])))
    else:
        statement = statement.where(SheetRow.complaint_id.not_in(_merged()))
    for name in ("kind", "nature", "state", "stage"):
        if wanted.get(name):
            statement = statement.where(getattr(SheetRow, name) == wanted[name])
    if data.get("overdue") is not None:
        late = and_(SheetRow.due_at.is_not(None), SheetRow.due_at < tx.now, SheetRow.state == OPEN)
        statement = statement.where(late if data["overdue"] else ~func.coalesce(late, False))
    found = page(tx, statement, sort=[(SheetRow.id, "desc")], data=data)
    return {**found, "items": [_sheet_summary(tx, sheet) for sheet in found["items"]]}


def _family_of(tx: Transaction, complaint_id: UUID) -> list[UUID]:
    row = tx.session.get(ComplaintRow, (tx.tenant_id, complaint_id))
    return family(row) if row is not None else []


def _merged() -> Select[Any]:
    return select(ComplaintRow.id).where(ComplaintRow.merged_into_id.is_not(None))


def _sheet_summary(tx: Transaction, sheet: SheetRow) -> dict[str, Any]:
    row = tx.get(ComplaintRow, sheet.complaint_id, kind="complaint")
    return sheet_summary(tx, policy_of(tx, row), row, store.case_of(row), sheet)


def _sort(name: str) -> Sort:
    columns = _SORTS[name]
    return (*columns, (ComplaintRow.id, columns[-1][1]))
