"""Like cases (RF-4, RK-5): how many different complainants brought the same complaint within the policy's window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select

from chassis.spans import Span, Unit, window_start
from chassis.work import Transaction
from services.complaints.domain import Case
from services.complaints.domain.case import CLOSED
from services.complaints.models import ComplaintRow
from services.complaints.policy import Policy
from services.complaints.queries.cases import merged_ids
from services.complaints.usecases.effects import LOOK_AGAIN
from services.complaints.usecases.store import key_of

MAX_LIKE = 200
_COLUMNS = {
    "category": ComplaintRow.category,
    "subject": ComplaintRow.subject_key,
    "department": ComplaintRow.department,
    "org_unit": ComplaintRow.org_unit_id,
}


def count(tx: Transaction, policy: Policy, row: ComplaintRow, case: Case) -> None:
    """Set how many different complainants have the same complaint, this one included."""
    facts = {"category": case.facts.get("category"), "subject": key_of(case.facts.get("subject"))}
    case.like_cases = row.like_cases = _count(tx, policy, row, facts, ())


def recount(tx: Transaction, policy: Policy, row: ComplaintRow) -> int:
    """Count anew for a case on file."""
    row.like_cases = counted(tx, policy, row)
    return row.like_cases


def counted(tx: Transaction, policy: Policy, row: ComplaintRow, merged: Sequence[UUID] | None = None) -> int:
    """The count for a case on file by `policy`, which need not be its own; as if these were merged into it, when given:
    whoever complained there has the same complaint."""
    facts = {"category": row.category, "subject": row.subject_key}
    return _count(tx, policy, row, facts, merged_ids(row) if merged is None else merged)


def spread(tx: Transaction, policy: Policy, row: ComplaintRow) -> None:
    """Have this case and its like judged again, soon and apart: the third of a kind raises the earlier two."""
    if policy.like_cases and _same(policy, row, {"category": row.category, "subject": row.subject_key}) is not None:
        data = {"deadline": LOOK_AGAIN, "sheet_id": None}
        tx.deadlines.start(row.id, LOOK_AGAIN, Span(1, Unit.MINUTES), due_at=tx.now, data=data)


def others(tx: Transaction, policy: Policy, row: ComplaintRow) -> list[ComplaintRow]:
    """The open like cases, this one included, oldest first."""
    same = _same(policy, row, {"category": row.category, "subject": row.subject_key})
    if same is None:
        return []
    standing = (ComplaintRow.state != CLOSED, ComplaintRow.merged_into_id.is_(None))
    statement = select(ComplaintRow).where(*same, *_counting(tx, policy), *standing)
    return list(tx.session.scalars(statement.order_by(ComplaintRow.id).limit(MAX_LIKE).with_for_update()))


def _count(tx: Transaction, policy: Policy, row: ComplaintRow, facts: dict[str, Any], merged: Sequence[UUID]) -> int:
    same = _same(policy, row, facts)
    if same is None and not (merged and policy.like_cases):
        return 1
    like = [and_(*same)] if same is not None else []
    if merged:
        like.append(ComplaintRow.id.in_(merged))
    different = func.count(ComplaintRow.complainant_key.distinct())
    others_ = ComplaintRow.complainant_key != row.complainant_key
    return 1 + (tx.session.scalar(select(different).where(or_(*like), *_counting(tx, policy), others_)) or 0)


def _same(policy: Policy, row: ComplaintRow, facts: dict[str, Any]) -> list[ColumnElement[bool]] | None:
    """The conditions by which a case is the same complaint; None when one of the facts is not known."""
    if policy.like_cases is None:
        return None
    category = policy.categories.get(facts["category"] or "")
    known = {**facts, "department": category["department"] if category else None, "org_unit": row.org_unit_id}
    names = policy.like_cases["same"]
    if any(known[name] is None for name in names):
        return None
    return [_COLUMNS[name] == known[name] for name in names]


def _counting(tx: Transaction, policy: Policy) -> list[ColumnElement[bool]]:
    assert policy.like_cases is not None
    window = policy.like_cases["window"]
    since = window_start(tx.now, Span(window["amount"], Unit(window["unit"])), tx.tenant.calendar)
    left_out = policy.like_cases.get("leave_out", ())
    return [
        ComplaintRow.received_at >= since,
        or_(ComplaintRow.validity.is_(None), ComplaintRow.validity.not_in(left_out)),
    ]
