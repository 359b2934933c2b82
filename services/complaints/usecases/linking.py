"""What the customers service found about a complainant (SPEC AD-2)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from chassis.work import Transaction
from services.complaints import domain, schemas
from services.complaints.domain.case import CLOSED
from services.complaints.models import ComplaintRow
from services.complaints.queries.cases import erasure_of, load_whole, policy_of
from services.complaints.usecases import merging, store
from services.complaints.usecases.caller import new_text_id, now_of
from services.complaints.usecases.cases import save
from services.complaints.usecases.effects import record


def customer_found(tx: Transaction, data: dict[str, Any]) -> None:
    """Put the customer, and the asset complained about, on the case. One named at intake stands."""
    row = tx.session.get(ComplaintRow, (tx.tenant_id, UUID(data["complaint_id"])), with_for_update=True)
    if row is None or erasure_of(tx, row) is not None:
        return
    found = UUID(data["customer_id"])
    if row.customer_id not in (None, found):
        return
    row.customer_id = found
    row.asset_id = UUID(data["asset_id"]) if data.get("asset_id") else row.asset_id
    row.complainant_key = str(found)
    record(tx, row, "linked", fields={"customer_id": str(found), "matched_by": data["matched_by"]})
    if row.merged_into_id is not None:
        merging.refresh(tx, row)
        return
    _grade(tx, row, data.get("grade"))


def customer_graded(tx: Transaction, data: dict[str, Any]) -> None:
    """Let the customer's open cases stand in the queues as the new grade says (SPEC GR-7)."""
    if "grade" not in data["changed"]:
        return
    theirs = select(ComplaintRow).where(
        ComplaintRow.customer_id == UUID(data["customer_id"]), ComplaintRow.state != CLOSED,
        ComplaintRow.merged_into_id.is_(None),
    )  # fmt: skip
    for row in tx.session.scalars(theirs.order_by(ComplaintRow.id).with_for_update()):
        _grade(tx, row, data.get("grade"))


def _grade(tx: Transaction, row: ComplaintRow, grade: str | None) -> None:
    policy, case = policy_of(tx, row), store.case_of(row)
    case.customer_grade = grade or ""
    save(tx, policy, row, domain.rejudge(policy, case, now_of(tx), new_text_id))


def unmask(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """The complainant's personal data in clear, with the reason on record (SPEC PL-11)."""
    row = load_whole(tx, data["complaint_id"])
    record(tx, row, "unmasked", note=data["reason"])
    tx.audit("complainant.unmasked", "complaint", row.id, note=data["reason"])
    return schemas.complainant(row, clear=True)
