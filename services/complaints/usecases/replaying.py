"""Destructions once more: after a restore, what was destroyed since the back-up is there again (SPEC DC-6).

The records are listed as JSON lines, kept elsewhere, and replayed on the restored databases; the job then erases as it
did the first time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from chassis.work import Transaction
from services.complaints.domain.case import CLOSED
from services.complaints.models import ComplaintRow, ErasureRow
from services.complaints.usecases.destroying import order

_MOMENTS = ("proposed_at", "recorded_at")
_TOLD = ("paper", "proposed_by", "approvals", "recorded_by", *_MOMENTS)
DONE, ORDERED, UNKNOWN, OPEN = "erased already", "to be erased", "not here", "open here: close it, then replay again"


def listed(tx: Transaction) -> Iterator[dict[str, Any]]:
    """The company's records of destruction, in the order of their cases."""
    statement = select(ErasureRow, ComplaintRow.number).join(
        ComplaintRow,
        (ComplaintRow.tenant_id == ErasureRow.tenant_id) & (ComplaintRow.id == ErasureRow.complaint_id),
    )
    for record, number in tx.session.execute(statement.order_by(ErasureRow.complaint_id)):
        told = {name: getattr(record, name) for name in _TOLD}
        yield {"tenant_id": tx.tenant_id, "complaint_id": record.complaint_id, "number": number, **told}


def replay(tx: Transaction, told: Mapping[str, Any]) -> str:
    """Have the case of one listed record erased, when it is here and was not; what became of it."""
    complaint_id = UUID(told["complaint_id"])
    row = tx.session.get(ComplaintRow, (tx.tenant_id, complaint_id), with_for_update=True)
    if row is None:
        return UNKNOWN
    if row.erased_at is not None:
        return DONE
    if row.state != CLOSED:
        return OPEN
    if tx.session.get(ErasureRow, (tx.tenant_id, complaint_id)) is None:
        facts = {name: told[name] for name in _TOLD}
        facts |= {name: datetime.fromisoformat(told[name]) for name in _MOMENTS}
        tx.session.add(ErasureRow(complaint_id=complaint_id, files={}, **facts))
    order(tx, complaint_id)
    return ORDERED
