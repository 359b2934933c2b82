"""What happens to a case other than by an action of its policy: it opens, its facts change, time passes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.complaints.domain import levels
from services.complaints.domain.case import URGING, Actor, Case, Flow, Late, Now, Part, Sheet
from services.complaints.domain.effects import REJUDGE, open_sheet, start_rejudging, stop_deadline
from services.complaints.domain.moving import move, run_hooks
from services.complaints.domain.outcome import Notify, Outcome
from services.complaints.domain.people import RolesOf
from services.complaints.domain.scope import days_open, department_of, scope_of
from services.complaints.domain.values import Error, error
from services.complaints.domain.working import NewId, Working
from services.complaints.policy import Policy, holds
from services.complaints.policy.specs import Escalation


def new_case(policy: Policy, case_id: str, channel: str, received_at: datetime, facts: Mapping[str, Any]) -> Case:
    """A case not yet in any stage, to be completed and then opened."""
    return Case(
        id=case_id,
        channel=channel,
        received_at=received_at,
        facts=dict(facts),
        flow=Flow(key=next(iter(policy.processes))),
        level=policy.severity.start,
    )


def lacking_at_intake(policy: Policy, case: Case, given: Mapping[str, Any], now: Now) -> list[Error]:
    """An error for each thing the policy asks at intake and that is not there. `given`: dotted names of what is."""
    scope = scope_of(policy, case, now)
    errors = []
    for rule, when in policy.required_at_intake:
        fields = [rule["field"], *rule.get("or", ())]
        if holds(when, scope) and not any(given.get(field) for field in fields):
            others = f" (or {', '.join(fields[1:])})" if fields[1:] else ""
            instead = f"(或 {'、'.join(fields[1:])})" if fields[1:] else ""
            errors.append(error(fields[0], "required", f"is required{others}", f"为必填项{instead}"))
    return errors


def open_case(policy: Policy, case: Case, actor: Actor, now: Now, new_id: NewId) -> Outcome:
    """Judge the level, take the process and enter its first stage. A registering staff member becomes the handler."""
    work = Working(policy, case, None, actor, now, new_id)
    if actor.is_staff:
        work.case.parts["handler"] = Part(staff_id=actor.id)
    levels.rejudge(work)
    work.case.flow.key = policy.process_for(work.scope).key
    start_rejudging(work)
    move(work, work.spec.start)
    work.events.append(("opened", None))
    run_hooks(work)
    return work.outcome()


def amend(policy: Policy, case: Case, facts: Mapping[str, Any], actor: Actor, now: Now, new_id: NewId) -> Outcome:  # noqa: PLR0917
    """Facts became known or changed: judge again (RF-3)."""
    work = Working(policy, case, None, actor, now, new_id)
    work.case.facts.update(facts)
    work.changed()
    levels.rejudge(work)
    work.events.append(("amended", None))
    run_hooks(work)
    return work.outcome()


def rejudge(policy: Policy, case: Case, now: Now, new_id: NewId, clock: str | None = None) -> Outcome:
    """Time passed (`clock` fired), or a like case came (RK-5): judge again. A closed case is left alone."""
    work = Working(policy, case, None, None, now, new_id)
    if not work.closed:
        levels.rejudge(work)
        run_hooks(work)
    if clock is not None and _served(work, clock):
        stop_deadline(work, clock)
    return work.outcome()


def _served(work: Working, clock: str) -> bool:
    """Whether the time this clock was set for has passed for the case, its days of waiting left out."""
    span = work.policy.again_after[int(clock.removeprefix(REJUDGE))]
    days = {"days": 1, "weeks": 7, "months": 31}.get(span.unit, 0) * span.amount
    return days_open(work.case, work.now) > days


def remind(policy: Policy, case: Case, sheet: Sheet | None, kind: str, due_at: datetime, now: Now) -> Outcome:  # noqa: PLR0917
    """A deadline draws near: tell its holder (PL-7)."""
    work = Working(policy, case, sheet, None, now, str)
    escalation = policy.deadlines[kind].escalation
    if escalation.reminder is not None:
        _tell(work, escalation.remind, escalation.reminder, kind, due_at, 0)
    return work.outcome()


def breach(  # noqa: PLR0917
    policy: Policy,
    case: Case,
    sheet: Sheet | None,
    kind: str,
    due_at: datetime,
    period: int,
    now: Now,
    new_id: NewId,
    roles_of: RolesOf = lambda _: frozenset(),
) -> Outcome:
    """A deadline passed (`period` 1), or is late another period: urge the department, tell one step higher (PL-7)."""
    work = Working(policy, case, sheet, None, now, new_id, roles_of=roles_of)
    escalation = policy.deadlines[kind].escalation
    if escalation.urge is not None and not (sheet is not None and sheet.nature == URGING):
        asked = {field.key for field in policy.sheets[escalation.urge].fields}
        department = _late_department(work, escalation)
        known = {"deadline": kind, "due_at": due_at.isoformat(), "period": period, "department": department}
        open_sheet(work.on_case(), escalation.urge, {k: v for k, v in known.items() if k in asked})
    if escalation.notice is not None:
        _tell(work, escalation.tell, escalation.notice, kind, due_at, period)
    if period == 1:
        department = _late_department(work, escalation) or department_of(policy, work.case)
        work.case.late.append(Late(deadline=kind, department=department, due_at=due_at))
        work.events.append(("breached", kind))
        run_hooks(work)
    return work.outcome()


def _late_department(work: Working, escalation: Escalation) -> str | None:
    """The department that answers for the term, else that of the sheet; the case's own goes without saying."""
    return escalation.department or (work.sheet.values.get("department") if work.sheet else None)


def _tell(work: Working, whos: tuple[str, ...], template: str, kind: str, due_at: datetime, period: int) -> None:  # noqa: PLR0917
    spec = work.policy.deadlines[kind]
    people = work.people.all(who for who in whos if who not in {"$up", "$complainant"})
    if "$up" in whos:
        people.append(work.people.up(spec.escalation.ladder, max(period, 1)))
    work.emit(
        Notify(
            people=tuple(dict.fromkeys(people)),
            complainant="$complainant" in whos,
            template=template,
            urgent=period > 0,
            values={"deadline": kind, "due_at": due_at.isoformat(), "period": period},
            sheet_id=work.sheet_id,
        )
    )
