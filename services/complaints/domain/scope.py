"""The variables of a case's conditions: exactly those of `contracts.policies.complaints.vocabulary`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from contracts.policies.complaints.vocabulary import EMPTY
from services.complaints.domain.case import APPROVED, CLOSED, DONE, OPEN, WAITING, Case, Now, Sheet
from services.complaints.domain.joined import attachments_of, facts_of
from services.complaints.domain.windows import months_since, reaches
from services.complaints.policy import Policy, Scope
from services.complaints.policy.specs import FieldSpec

_UNKNOWN = {"group_size": 1}
"""Facts whose unknown value is not their kind's empty one."""


def scope_of(
    policy: Policy,
    case: Case,
    now: Now,
    *,
    sheet: Sheet | None = None,
    fields: tuple[FieldSpec, ...] = (),
    values: Mapping[str, Any] | None = None,
) -> Scope:
    """Everything a condition may read at this moment. `values` are what an action with `fields` was given."""
    given = values or {}
    facts = facts_of(case)
    variables: dict[str, Any] = {fact: _fact(facts, fact, kind) for fact, kind in policy.fact_kinds.items()}
    variables.update(_system(policy, case, now))
    variables.update(_dates(policy, case, now))
    flow = sheet.flow if sheet else case.flow
    variables["stage"] = flow.stage
    variables["visited"] = list(flow.visited)
    variables["running"] = sorted(case.flow.running | flow.running)
    proposals = {kind: flow.proposal(kind) for kind in policy.authority}
    variables["proposals"] = {kind: p.state if p else "none" for kind, p in proposals.items()}
    variables["approved"] = {k: p.amount if p and p.state == APPROVED else 0 for k, p in proposals.items()}
    variables["last_sheet"] = {kind: max(case.sheet_ids(kind), default="") for kind in policy.sheets}
    variables["figures"] = policy.figures
    variables["fields"] = {f.key: _field(f, given.get(f.key)) for f in fields}
    variables["sheet"] = _sheet(policy, sheet) if sheet else {}
    return Scope(variables, frozenset(key for key, value in given.items() if value is not None))


def reading(kind: str, value: Any) -> Any:
    """A kept value as conditions read it: money as fen, the kind's empty value when there is none."""
    if value is None:
        return EMPTY[kind]
    if kind == "money":
        return value["amount"] if isinstance(value, Mapping) else value
    return value


def _field(field: FieldSpec, value: Any) -> Any:
    """A field's value as conditions read it; every row of a table has all its columns."""
    if field.kind != "table":
        return reading(field.kind, value)
    return [{c.key: _field(c, row.get(c.key)) for c in field.columns} for row in value or ()]


def _fact(facts: Mapping[str, Any], fact: str, kind: str) -> Any:
    value = facts.get(fact)
    return _UNKNOWN.get(fact, EMPTY[kind]) if value is None else reading(kind, value)


def department_of(policy: Policy, case: Case, sheet: Sheet | None = None) -> str:
    """The department a sheet is for, else the one that receives the case by its category; empty while unknown."""
    if sheet is not None and sheet.values.get("department"):
        return str(sheet.values["department"])
    category = policy.categories.get(case.facts.get("category") or "")
    return str(category["department"]) if category else ""


def days_open(case: Case, now: Now) -> int:
    """Whole days since receipt, those of waiting for the customer left out."""
    end = case.closed_at or case.waiting_since or now.moment
    return max(0, (now.day(end - case.waited) - now.day(case.received_at)).days)


def reopenable(policy: Policy, case: Case, now: Now) -> bool:
    """Whether the case is closed and the time for reopening it is not over (SPEC UX-12)."""
    if case.state != CLOSED or case.closed_at is None:
        return False
    return reaches(policy.reopen_within, now.day(case.closed_at), now.today)


def _months_open(case: Case, now: Now) -> int:
    """How many months a window must reach back to hold the receipt, days of waiting for the customer left out."""
    end = case.closed_at or case.waiting_since or now.moment
    return months_since(now.day(case.received_at), now.day(end - case.waited))


def _system(policy: Policy, case: Case, now: Now) -> dict[str, Any]:
    channel = policy.channels.get(case.channel, {})
    category = policy.categories.get(case.facts.get("category") or "", {})
    satisfied = policy.satisfaction.get(case.facts.get("satisfaction") or "", {}).get("satisfied")
    closed_on = now.day(case.closed_at) if case.closed_at else now.today
    return {
        "channel": case.channel,
        "channel_kind": channel.get("kind", ""),
        "written": channel.get("written", False),
        "department": department_of(policy, case),
        "compensable": category.get("compensable", True),
        "has_contact": case.has_contact,
        "known_customer": case.known_customer,
        "customer_grade": case.customer_grade,
        "level": case.level,
        "level_rank": policy.levels[case.level]["rank"],
        "waiting": case.state == WAITING,
        "days_open": days_open(case, now),
        "months_open": _months_open(case, now),
        "days_closed": (now.today - closed_on).days,
        "reopenable": reopenable(policy, case, now),
        "reopened": case.reopened,
        "like_cases": case.like_cases,
        "follows_case": case.follows_case,
        "satisfied": satisfied is True,
        "unsatisfied": satisfied is False,
        "open_sheets": case.sheet_kinds(OPEN),
        "done_sheets": case.sheet_kinds(DONE),
        "ticked": sorted(case.ticks),
        "late_steps": [
            {"deadline": step.deadline, "department": step.department, "due_at": step.due_at.isoformat()}
            for step in case.late
        ],
        "attachments": attachments_of(case),
        "answer": case.answer,
        "refused_by_complainant": case.refusal_stands,
        "refusal_answered": case.refusal_answered,
        "rating": case.rating,
        "assigned": {p: (part := case.parts.get(p)) is not None and part.staff_id is not None for p in policy.parties},
    }


def _dates(policy: Policy, case: Case, now: Now) -> dict[str, dict[str, int]]:
    days: dict[str, int] = {}
    months: dict[str, int] = {}
    for fact, kind in policy.fact_kinds.items():
        if kind in {"date", "moment"}:
            then = _day(case.facts.get(fact), now)
            days[fact] = max(0, (now.today - then).days) if then else 0
            months[fact] = months_since(then, now.today) if then else 0
    return {"days_since": days, "months_since": months}


def _day(value: Any, now: Now) -> date | None:
    if not value:
        return None
    text = str(value)
    return date.fromisoformat(text) if len(text) == 10 else now.day(datetime.fromisoformat(text))


def _sheet(policy: Policy, sheet: Sheet) -> dict[str, Any]:
    holds = policy.sheets[sheet.kind].holds
    return {key: _field(field, sheet.values.get(key)) for key, field in holds.items()}
