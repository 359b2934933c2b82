"""Cases whose file was destroyed are erased (SPEC DC-6, PL-11): what the job does in each of its transactions.

First the case's rows, in one transaction, which also tells the other services; then the files, which no transaction can
hold. Whoever dies in between has left it to be taken up again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from chassis import erasure
from chassis.work import Transaction
from contracts import complaints as contract
from services.complaints.models import ComplaintRow, ErasureDue, ErasureRow
from services.complaints.queries.cases import family
from services.complaints.usecases import remains, store
from services.complaints.usecases.effects import facts_of, record

LEASE = timedelta(minutes=5)
"""How long who works on it has; doubled at each further attempt, up to LONGEST."""
LONGEST = timedelta(hours=6)
SOON = timedelta(seconds=5)
"""When it is looked at again after the audit had something about the case that is not sealed yet."""
KEPT, EXPORTS = "kept", "exports"
"""Storages: of attachments and papers, and of exports."""
Files = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class Turn:
    """A destroyed file taken up."""

    complaint_id: UUID
    erased: bool
    """Whether its rows are; then only its files are left."""


def claim(tx: Transaction, complaint_id: UUID) -> Turn | None:
    """Take it up; None when another process has it, or it is done."""
    due = tx.session.get(ErasureDue, (tx.tenant_id, complaint_id), with_for_update={"skip_locked": True})
    if due is None or due.next_at > tx.now:
        return None
    due.attempts += 1
    due.next_at = tx.now + min(LEASE * 2 ** (due.attempts - 1), LONGEST)
    return Turn(complaint_id, _record(tx, complaint_id).erased_at is not None)


def put_off(tx: Transaction, complaint_id: UUID) -> None:
    """Something about the case is still on its way into the audit: soon."""
    due = tx.session.get(ErasureDue, (tx.tenant_id, complaint_id), with_for_update=True)
    if due is not None:
        due.next_at, due.attempts = tx.now + SOON, due.attempts - 1


def erase(tx: Transaction, complaint_id: UUID) -> None:
    """Erase the case and those merged into it, but for figures, and tell whoever has copies. Does nothing when that is
    done. Raises `chassis.erasure.Unsealed`, having changed nothing."""
    kept = _record(tx, complaint_id)
    if kept.erased_at is not None:
        return
    rows = _family(tx, complaint_id)
    sheets = remains.sheets_of(tx, rows)
    because = {"number": rows[0].number, "paper": kept.paper, "approved_by": [one["by_id"] for one in kept.approvals]}
    subjects = [*(row.id for row in rows), *(sheet.id for sheet in sheets)]
    numbers = [*(row.number for row in rows), *(sheet.number for sheet in sheets)]
    erasure.erase_audit(tx, "complaint", complaint_id, subjects, because)
    kept.files = {KEPT: remains.delete_rows(tx, rows), EXPORTS: remains.withdraw_exports(tx)}
    remains.empty_sheets(tx, rows, sheets)
    remains.empty_cases(tx, rows)
    erasure.forget_traces(tx, [*map(str, subjects), *numbers])
    kept.erased_at = tx.now
    for row in rows:
        tx.deadlines.stop(row.id)
        row.erased_at = row.updated_at = tx.now
        store.index_number(tx, row)
        record(tx, row, "erased", fields={"paper": kept.paper})
        tx.emit(contract.COMPLAINT_ERASED, row.id, {**facts_of(tx, row), "paper": kept.paper})


def _record(tx: Transaction, complaint_id: UUID) -> ErasureRow:
    return tx.session.get_one(ErasureRow, (tx.tenant_id, complaint_id), with_for_update=True)


def _family(tx: Transaction, complaint_id: UUID) -> list[ComplaintRow]:
    """The case, then those merged into it; locked in the order of their ids, as everywhere."""
    row = tx.session.get_one(ComplaintRow, (tx.tenant_id, complaint_id))
    ids = family(row)
    locked = select(ComplaintRow).where(ComplaintRow.id.in_(ids)).order_by(ComplaintRow.id).with_for_update()
    found = {one.id: one for one in tx.session.scalars(locked)}
    return [found[id_] for id_ in ids]


def files_left(tx: Transaction, complaint_id: UUID) -> Files:
    """The files to be deleted: those that no other case names."""
    files = _record(tx, complaint_id).files
    return {
        KEPT: sorted(set(files.get(KEPT, ())) - remains.named(tx, files.get(KEPT, ()))),
        EXPORTS: list(files.get(EXPORTS, ())),
    }


def finish(tx: Transaction, complaint_id: UUID, left: Files) -> None:
    """The files are gone but for what is `left`: wanted again moments ago, it is looked at once more."""
    kept = _record(tx, complaint_id)
    kept.files = {name: keys for name, keys in left.items() if keys}
    due = tx.session.get(ErasureDue, (tx.tenant_id, complaint_id), with_for_update=True)
    if due is None:
        return
    if kept.files:
        due.next_at = tx.now + LEASE
    else:
        tx.session.delete(due)
