"""What is taken away of a case whose file was destroyed, table by table, and what of it stays."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, select, update

from chassis.work import Transaction
from services.complaints.domain import erasing
from services.complaints.domain.case import OPEN, VOID
from services.complaints.models import (
    AttachmentRow,
    BulkItemRow,
    BulkRow,
    CaseToken,
    ComplaintRow,
    ExportRow,
    HistoryRow,
    MentionRow,
    MergeRow,
    PaperRow,
    PapersDue,
    ReportFile,
    SheetRow,
    StatementRow,
    StatusLinkRow,
    WatcherRow,
)
from services.complaints.queries.cases import policy_of
from services.complaints.usecases import store

_WHOLE = (
    AttachmentRow, CaseToken, HistoryRow, MentionRow, PaperRow, PapersDue, StatementRow, StatusLinkRow, WatcherRow,
)  # fmt: skip
"""Tables whose rows about the case go whole."""
_PERSONAL = (
    "subject", "subject_key", "remedy_sought", "external_ref", "complainant_name", "complainant_phone",
    "complainant_email", "complainant_address", "customer_id", "asset_id", "vehicle_plate", "unit_no",
)  # fmt: skip
"""Columns of a case that are emptied."""
_UNSEEN = {"synchronize_session": False}
_NAMES_NOBODY = "precedents"
"""The list whose exports stay: the case library has nobody's name."""


def sheets_of(tx: Transaction, rows: Sequence[ComplaintRow]) -> list[SheetRow]:
    """The sheets of these cases, locked."""
    ids = [row.id for row in rows]
    return list(tx.session.scalars(select(SheetRow).where(SheetRow.complaint_id.in_(ids)).with_for_update()))


def delete_rows(tx: Transaction, rows: Sequence[ComplaintRow]) -> list[str]:
    """Delete what goes whole; the keys of the files that were on the cases."""
    ids = [row.id for row in rows]
    kept = (
        tx.session.scalars(select(model.sha256).where(model.complaint_id.in_(ids)))
        for model in (AttachmentRow, PaperRow)
    )
    keys = sorted(set().union(*kept))
    for model in _WHOLE:
        tx.session.execute(delete(model).where(model.complaint_id.in_(ids)), execution_options=_UNSEEN)
    _forget_merges(tx, ids)
    _forget_orders(tx, ids)
    return keys


def named(tx: Transaction, keys: Collection[str]) -> set[str]:
    """Those of the keys that something else names: the same file was attached to another case, a report's even."""
    return {
        key
        for model in (AttachmentRow, PaperRow, ReportFile)
        for key in tx.session.scalars(select(model.sha256).where(model.sha256.in_(keys)))
    }


def _forget_merges(tx: Transaction, ids: Sequence[UUID]) -> None:
    """That they were merged stays; how the engine saw them, and why, goes."""
    theirs = update(MergeRow).where(or_(MergeRow.complaint_id.in_(ids), MergeRow.into_id.in_(ids)))
    emptied = {"before": {}, "after": {}, "reason": erasing.ERASED, "by": ""}
    tx.session.execute(theirs.values(**emptied), execution_options=_UNSEEN)


def _forget_orders(tx: Transaction, ids: Sequence[UUID]) -> None:
    """Of acts on many cases: what was written on them goes from orders that are over, and why one was refused."""
    theirs = BulkItemRow.complaint_id.in_(ids)
    orders = list(tx.session.scalars(select(BulkItemRow.bulk_id).where(theirs).distinct()))
    tx.session.execute(update(BulkItemRow).where(theirs).values(problem=None), execution_options=_UNSEEN)
    over = (BulkRow.id.in_(orders), BulkRow.finished_at.is_not(None))
    tx.session.execute(update(BulkRow).where(*over).values(fields={}), execution_options=_UNSEEN)


def withdraw_exports(tx: Transaction) -> list[str]:
    """Take back the company's exported lists, which may have the case: those that are done, with the keys of their
    files; one being made begins anew."""
    theirs = ExportRow.list != _NAMES_NOBODY
    over = (theirs, ExportRow.finished_at.is_not(None))
    keys: set[Any] = set(tx.session.scalars(select(ExportRow.sha256).where(*over)))
    tx.session.execute(delete(ExportRow).where(*over), execution_options=_UNSEEN)
    under_way = update(ExportRow).where(theirs, ExportRow.lease_until.is_not(None))
    tx.session.execute(under_way.values(state="queued", lease_until=None, rows=0), execution_options=_UNSEEN)
    kept = set(tx.session.scalars(select(ExportRow.sha256).where(ExportRow.sha256.in_(keys))))
    return sorted(key for key in keys - kept if key)


def empty_sheets(tx: Transaction, rows: Sequence[ComplaintRow], sheets: Sequence[SheetRow]) -> None:
    """Numbers, dates, amounts and how they ended stay. One that nobody answered is void."""
    policies = {row.id: policy_of(tx, row) for row in rows}
    for sheet in sheets:
        left = erasing.sheet_left(policies[sheet.complaint_id], store.sheet_of(sheet))
        if left.state == OPEN:
            left.state, sheet.due_at = VOID, None
        store.keep_sheet(tx, sheet, left)


def empty_cases(tx: Transaction, rows: Sequence[ComplaintRow]) -> None:
    """Number, dates, category, level, outcome and what conditions count stay; `rows[0]` is the surviving case."""
    survivor, *merged = rows
    name = f"erased:{survivor.id}"
    case = store.case_of(survivor)
    left = erasing.erased(policy_of(tx, survivor), case, name)
    names = {UUID(one.case_id): one.complainant for one in left.joined}
    _empty(survivor)
    store.keep_erased(survivor, left)
    for row in merged:
        left = erasing.erased(policy_of(tx, row), store.case_of(row), names[row.id])
        _empty(row)
        store.keep_erased(row, left)


def _empty(row: ComplaintRow) -> None:
    row.content = ""
    for column in _PERSONAL:
        setattr(row, column, None)
