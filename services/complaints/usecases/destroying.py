"""A file's destruction is recorded, by an action of the policy (SPEC DC-6): from then on nothing can be done with its
case, and a job erases it (`usecases.erasing`)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import or_, select

from chassis.work import Transaction
from contracts import complaints as contract
from contracts.problems import both
from services.complaints.domain import outcome as done
from services.complaints.domain.case import APPROVED, CLOSED
from services.complaints.models import ComplaintRow, ErasureDue, ErasureRow
from services.complaints.queries.cases import family


def destroyed(tx: Transaction, row: ComplaintRow, effect: done.CaseErased, number: str) -> None:
    """Record that the case's file was destroyed under the paper `number`, and have it erased.

    Problem: `case_held` while a case that follows it, or was split off it, is open: its file belongs to that one's.
    """
    _require_nothing_hangs_on(tx, row)
    decided = [one for one in effect.proposal.decisions if one.verdict == APPROVED]
    approvals = [{"by": d.by, "by_id": d.by_id, "role": d.role, "at": d.at.isoformat()} for d in decided]
    tx.session.add(
        ErasureRow(
            complaint_id=row.id, paper=number, proposed_by=effect.proposal.by, proposed_at=effect.proposal.at,
            approvals=approvals, recorded_by=tx.ctx.actor.name or tx.ctx.actor.kind, recorded_at=tx.now, files={},
        )
    )  # fmt: skip
    order(tx, row.id)


def order(tx: Transaction, complaint_id: UUID) -> None:
    """Have what the record says done (again)."""
    tx.session.merge(ErasureDue(tenant_id=tx.tenant_id, complaint_id=complaint_id, next_at=tx.now, attempts=0))


def _require_nothing_hangs_on(tx: Transaction, row: ComplaintRow) -> None:
    ids = family(row)
    on_it = or_(ComplaintRow.follows_id.in_(ids), ComplaintRow.split_from_id.in_(ids))
    going_on = select(ComplaintRow.number).where(on_it, ComplaintRow.state != CLOSED, ComplaintRow.id.not_in(ids))
    numbers = ", ".join(tx.session.scalars(going_on.order_by(ComplaintRow.id)))
    if numbers:
        raise contract.CASE_HELD(why=both(f"open cases come of it: {numbers}", f"由其产生的案件尚未结案:{numbers}"))
