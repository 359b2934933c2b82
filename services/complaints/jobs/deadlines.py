"""What happens to cases by itself: deadlines come near and pass; time and like cases raise levels (PL-7, RF-4)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from chassis import directory
from chassis.deadlines import BREACH, REMIND, Fired
from chassis.work import Transaction
from contracts import complaints as contract
from services.complaints import domain
from services.complaints.domain.effects import REJUDGE
from services.complaints.models import ComplaintRow, SheetRow
from services.complaints.queries.cases import policy_of
from services.complaints.usecases import alike, cases, store, watching
from services.complaints.usecases.caller import new_text_id, now_of
from services.complaints.usecases.effects import LOOK_AGAIN, facts_of, record


def deadline_fired(tx: Transaction, fired: Fired) -> None:
    """A clock of a case comes near its end, ends, or is late another period."""
    row = tx.get(ComplaintRow, fired.subject_id, kind="complaint", lock=True)
    deadline = fired.data["deadline"]
    if row.merged_into_id is not None:
        tx.deadlines.hold(row.id)  # it was merged at this very moment
    elif deadline == LOOK_AGAIN:
        _judge_alike(tx, row)
    elif deadline.startswith(REJUDGE):
        _judge_again(tx, row, deadline)
    elif fired.what == REMIND:
        _remind(tx, row, fired)
    else:
        _breach(tx, row, fired)


def _judge_alike(tx: Transaction, row: ComplaintRow) -> None:
    """A case became like others: count and judge each of them again."""
    tx.deadlines.stop(row.id, LOOK_AGAIN)
    policy = policy_of(tx, row)
    for other in alike.others(tx, policy, row):
        before = other.like_cases
        if alike.recount(tx, policy_of(tx, other), other) != before:
            record(tx, other, "like", fields={"like_cases": other.like_cases})
            _judge_again(tx, other)


def _judge_again(tx: Transaction, row: ComplaintRow, clock: str | None = None) -> None:
    policy = policy_of(tx, row)
    case = store.case_of(row)
    cases.save(tx, policy, row, domain.rejudge(policy, case, now_of(tx), new_text_id, clock))


def _remind(tx: Transaction, row: ComplaintRow, fired: Fired) -> None:
    policy, sheet = policy_of(tx, row), _sheet(tx, fired)
    deadline = fired.data["deadline"]
    outcome = domain.remind(policy, store.case_of(row), sheet, deadline, fired.due_at, now_of(tx))
    record(tx, row, "reminded", sheet_id=fired.data["sheet_id"], fields=_about(deadline, fired.due_at))
    cases.save(tx, policy, row, outcome)


def _breach(tx: Transaction, row: ComplaintRow, fired: Fired) -> None:
    policy, sheet = policy_of(tx, row), _sheet(tx, fired)
    deadline = fired.data["deadline"]
    outcome = domain.breach(
        policy, store.case_of(row), sheet, deadline, fired.due_at, fired.breaches, now_of(tx),
        new_text_id, lambda staff_id: _roles_of(tx, staff_id),
    )  # fmt: skip
    fields = {**_about(deadline, fired.due_at), "period": fired.breaches, "first": fired.what == BREACH}
    record(tx, row, "breached", sheet_id=fired.data["sheet_id"], fields=fields)
    if not policy.deadlines[deadline].silent:
        _announce_breach(tx, row, fired)
    cases.save(tx, policy, row, outcome)
    if fired.what == BREACH:
        watching.tell(tx, policy, row, watching.BREACHED)


def _roles_of(tx: Transaction, staff_id: str) -> frozenset[str]:
    """The roles of somebody who works here; none of one who left or is not known yet."""
    entry = directory.staff(tx, UUID(staff_id))
    return frozenset(entry.roles) if entry is not None and entry.active else frozenset()


def _announce_breach(tx: Transaction, row: ComplaintRow, fired: Fired) -> None:
    breached = {
        "deadline": fired.data["deadline"], "sheet_id": fired.data["sheet_id"], "due_at": fired.due_at,
        "period": fired.breaches, "handler_id": row.handler_id, "department": row.department,
    }  # fmt: skip
    tx.emit(contract.DEADLINE_BREACHED, row.id, {**facts_of(tx, row), **breached})


def _sheet(tx: Transaction, fired: Fired) -> domain.Sheet | None:
    if not fired.data["sheet_id"]:
        return None
    return store.sheet_of(tx.get(SheetRow, UUID(fired.data["sheet_id"]), kind="sheet"))


def _about(deadline: str, due_at: datetime) -> dict[str, str]:
    return {"deadline": deadline, "due_at": due_at.isoformat()}
