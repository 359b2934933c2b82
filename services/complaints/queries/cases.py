"""Finding a case, and showing it whole."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, true
from sqlalchemy.orm import InstrumentedAttribute

from chassis.work import NotInCopy, Transaction, UnknownPolicy
from contracts import complaints as contract
from contracts.problems import NOT_FOUND
from services.complaints.domain.case import CLOSED
from services.complaints.models import ComplaintRow, ErasureRow, KeptReport
from services.complaints.policy import Policy, PolicyCache

SERVICE = "complaints"
_compiled = PolicyCache()


def load(tx: Transaction, complaint_id: UUID, *, lock: bool = False) -> ComplaintRow:
    """The case, when the caller's org units cover it; the problem `not_found` otherwise, so that nothing tells apart
    what is missing from what is not theirs."""
    row = tx.get(ComplaintRow, complaint_id, kind="complaint", lock=lock)
    if not tx.ctx.covers(row.org_unit_id):
        raise NOT_FOUND(kind="complaint")
    return row


def load_whole(tx: Transaction, complaint_id: UUID) -> ComplaintRow:
    """The case; the problem `case_erased` when its file was destroyed."""
    row = load(tx, complaint_id)
    require_whole(tx, row)
    return row


def load_standing(tx: Transaction, complaint_id: UUID) -> ComplaintRow:
    """The case, locked, to be changed; the problem `case_merged` names where one went that stands still, `case_erased`
    the paper under which its file was destroyed."""
    row = load(tx, complaint_id, lock=True)
    require_standing(tx, row)
    return row


def require_whole(tx: Transaction, row: ComplaintRow) -> None:
    """Raise `case_erased` for a case whose file was destroyed, also while it is being erased."""
    record = erasure_of(tx, row)
    if record is not None:
        raise contract.CASE_ERASED(number=row.number, paper=record.paper)


def erasure_of(tx: Transaction, row: ComplaintRow) -> ErasureRow | None:
    """The record of the destruction of its file, which is that of the case it was merged into."""
    if row.state != CLOSED and row.merged_into_id is None:
        return None
    return tx.session.get(ErasureRow, (tx.tenant_id, survivor_of(tx, row).id))


def require_standing(tx: Transaction, row: ComplaintRow) -> None:
    """Raise `case_erased` for a case whose file was destroyed, `case_merged` for one merged into another."""
    require_whole(tx, row)
    if row.merged_into_id is not None:
        survivor = survivor_of(tx, row)
        raise contract.CASE_MERGED(number=row.number, into=survivor.number, complaint_id=str(survivor.id))


def survivor_of(tx: Transaction, row: ComplaintRow, *, lock: bool = False) -> ComplaintRow:
    """Where word about the case goes: the case it was merged into, and that one, and so on; else itself. `lock` keeps
    others from changing those above until the end."""
    while row.merged_into_id is not None:
        row = tx.get(ComplaintRow, row.merged_into_id, kind="complaint", lock=lock)
    return row


def merged_ids(row: ComplaintRow) -> list[UUID]:
    """The cases merged into this one, those merged into them included."""
    return [UUID(one["case_id"]) for one in row.work.get("joined", ())]


def family(row: ComplaintRow) -> list[UUID]:
    """The case and those merged into it: what is on any of them is read through it."""
    return [row.id, *merged_ids(row)]


def policy_of(tx: Transaction, row: ComplaintRow | KeptReport) -> Policy:
    """The policy the case began with, and keeps (SPEC PL-5); that by which the report was made."""
    return _policy(tx, row.policy_version)


def active_policy(tx: Transaction) -> Policy:
    """The policy for a new case; the problem `no_policy` when the company has none yet."""
    return _policy(tx, None)


def _policy(tx: Transaction, version: int | None) -> Policy:
    try:
        found = tx.policy(SERVICE, version)
    except UnknownPolicy:
        raise NotInCopy(tx.tenant_id, contract.NO_POLICY()) from None
    return _compiled.get(found.digest, found.version, found.document)


def scope_of(tx: Transaction, column: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """Rows of the caller's org units, and those of none."""
    units = tx.ctx.org_unit_ids
    return true() if units is None else or_(column.is_(None), column.in_(units))
