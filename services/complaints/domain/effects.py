"""The effects a policy can name, each a function on the case being worked on. A closed list: policies combine them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from contracts.complaints.problems import CASE_HELD
from contracts.problems import INVALID, both
from services.complaints.domain import approvals, levels
from services.complaints.domain.case import APPROVED, CLOSED, OPEN, URGING, WAITING, Flow, Part, Sheet, Ticked
from services.complaints.domain.outcome import (
    CaseErased,
    Closed,
    FindingMade,
    Notify,
    PauseClocks,
    PrecedentKept,
    Reopened,
    ResumeClocks,
    SheetOpened,
    StartDeadline,
    StopDeadline,
    Successor,
)
from services.complaints.domain.values import error
from services.complaints.domain.working import Working
from services.complaints.policy import Expression, Scope, holds, text
from services.complaints.policy.specs import EffectSpec, FieldSpec, SpanSpec

Args = Any
REJUDGE = "rejudge_"
"""Clocks whose kind begins so belong to the engine: at them a case is judged again, nobody is urged."""


def apply(work: Working, effect: EffectSpec) -> None:
    """Carry out one effect on the case."""
    _EFFECTS[effect.name](work, effect.args)


def _set(work: Working, args: Mapping[str, Expression]) -> None:
    scope = work.scope
    found = {fact: e(scope) for fact, e in args.items() if not e.silent(scope)}
    for fact, value in found.items():
        kind = work.policy.fact_kinds[fact]
        work.case.facts[fact] = _kept(kind, value)
    work.changed()


def _kept(kind: str, value: Any) -> Any:
    """A worked-out value in the form facts are kept in: emptiness is not known, money has its currency."""
    if value in ("", None, []):
        return None
    return {"amount": value, "currency": "CNY"} if kind == "money" else value


def _assign(work: Working, args: Args) -> None:
    part = work.case.parts.setdefault(args["party"], Part())
    for name, attribute in (("staff", "staff_id"), ("department", "department")):
        expression = args.get(name)
        if expression is not None and not expression.silent(work.scope):
            setattr(part, attribute, expression(work.scope) or None)
    if part.staff_id is None and part.department is None:
        del work.case.parts[args["party"]]
    work.changed()


def start_deadline(work: Working, kind: str, at: str | None = None) -> None:
    """Start a clock by the policy's span for this case, or to end `at` a moment."""
    spec = work.policy.deadlines[kind]
    span = work.policy.span_for(kind, work.scope)
    work.flow.running.add(kind)
    work.emit(
        StartDeadline(
            kind=kind,
            sheet_id=work.sheet_id,
            amount=span.amount,
            unit=span.unit,
            since_receipt=spec.since_receipt,
            at=at,
            remind_at=spec.escalation.remind_at,
            again_every=_pair(spec.escalation.again_every),
            pausable=spec.pausable,
        )
    )
    work.changed()


def _pair(span: SpanSpec | None) -> tuple[int, str] | None:
    return None if span is None else (span.amount, span.unit)


def stop_deadline(work: Working, kind: str) -> None:
    """Stop a clock, on the sheet when it runs there, else on the case; nothing when it does not run."""
    for place in (work, work.on_case()) if work.sheet else (work,):
        if kind in place.flow.running:
            place.flow.running.discard(kind)
            place.emit(StopDeadline(kind=kind, sheet_id=place.sheet_id))
    work.changed()


def _start_at(work: Working, args: Args) -> None:
    expression: Expression = args["at"]
    if expression.silent(work.scope):
        return
    at = str(expression(work.scope))
    if not at:
        start_deadline(work, args["deadline"])
    elif datetime.fromisoformat(at) <= work.now.moment:
        raise INVALID([error(expression.field or "at", "in_the_past", "must lie in the future", "应晚于当前时间")])
    else:
        start_deadline(work, args["deadline"], at)


def _pausable(work: Working) -> frozenset[str]:
    named = {kind for kind, spec in work.policy.deadlines.items() if spec.pausable}
    return frozenset(named | {kind for kind in work.case.flow.running if kind.startswith(REJUDGE)})


def start_rejudging(work: Working) -> None:
    """Start the clocks at which the case is judged again because time passed (RF-4, RK-5).

    They repeat daily, so that a case that waited for its customer on some days is judged on the right one.
    """
    for index, span in enumerate(work.policy.again_after):
        kind = f"{REJUDGE}{index}"
        work.case.flow.running.add(kind)
        work.emit(
            StartDeadline(
                kind=kind,
                sheet_id=None,
                amount=span.amount,
                unit=span.unit,
                since_receipt=True,
                at=None,
                remind_at=None,
                again_every=(1, "days"),
                pausable=True,
            )
        )


def _pause(work: Working, reason: Expression) -> None:
    case = work.case
    if case.state == OPEN:
        case.state, case.waiting_since = WAITING, work.now.moment
        work.emit(PauseClocks(kinds=_pausable(work), reason=str(reason(work.scope))))
        work.changed()


def resume(work: Working, _: Args = None) -> None:
    """Let the clocks run again, when they stand (SPEC UX-3)."""
    case = work.case
    if case.state == WAITING and case.waiting_since is not None:
        case.waited += work.now.moment - case.waiting_since
        case.state, case.waiting_since = OPEN, None
        work.emit(ResumeClocks(kinds=_pausable(work)))
        work.changed()


def _each(work: Working, args: Args) -> list[Scope]:
    """What the effect is carried out for: each item of its list, or once; nothing while its `when` does not hold."""
    scope = work.scope
    if not holds(args.get("when"), scope):
        return []
    return [scope.at(item) for item in args["each"](scope)] if "each" in args else [scope]


def _open(work: Working, args: Args) -> None:
    spec = work.sheet_spec(args["sheet"])
    kinds = {field.key: field.kind for field in spec.fields}
    for scope in _each(work, args):
        worked_out = {k: e(scope) for k, e in args.get("values", {}).items() if not e.silent(scope)}
        open_sheet(work, spec.key, {key: _kept(kinds[key], value) for key, value in worked_out.items() if key in kinds})


def open_sheet(work: Working, kind: str, values: Mapping[str, Any]) -> Sheet:
    """A new sheet on the case, in its first stage."""
    from services.complaints.domain.moving import move  # entering a stage applies effects, one of which opens

    spec = work.sheet_spec(kind)
    kept = {key: value for key, value in values.items() if value is not None}
    sheet = Sheet(id=work.new_id(), kind=kind, nature=spec.nature, flow=Flow(key=kind), values=kept)
    _demand(spec.fields, kept)
    work.case.sheets[sheet.id] = (kind, OPEN)
    work.emit(SheetOpened(sheet_id=sheet.id))
    move(work.on_sheet(sheet), spec.flow.start)
    work.changed()
    return sheet


def _demand(fields: tuple[FieldSpec, ...], values: Mapping[str, Any]) -> None:
    lacking = [f.key for f in fields if f.required and f.key not in values]
    if lacking:
        raise INVALID([error(key, "required", "is required", "为必填项") for key in lacking])


def _amount(work: Working, args: Args) -> int:
    expression = args.get("amount")
    return int(expression(work.scope)) if expression is not None else 0


def _note(work: Working, args: Args) -> str:
    return str(_worked_out(args, "note", work.scope) or "")


def _worked_out(args: Args, name: str, scope: Scope) -> Any:
    """The argument's value; None when the effect does not have it."""
    expression = args.get(name)
    return expression(scope) if expression is not None else None


def _notify(work: Working, args: Args) -> None:
    scope = work.scope
    if not holds(args.get("when"), scope):
        return
    others = [who for who in args["to"] if who not in {"$complainant", "$up"}]
    people = work.people.all(others)
    if "$up" in args["to"]:
        people.append(work.people.up(work.policy.ladder, 1))
    work.emit(
        Notify(
            people=tuple(dict.fromkeys(people)),
            complainant="$complainant" in args["to"],
            template=args["template"],
            urgent=args.get("urgent", False),
            values={key: e(scope) for key, e in args.get("values", {}).items()},
            sheet_id=work.sheet_id,
        )
    )


def _tick(work: Working, args: Args) -> None:
    by = work.actor.name if work.actor else ""
    key = str(args["key"](work.scope))
    work.case.ticks[key] = Ticked(by=by, at=work.now.moment, evidence=str(args["evidence"](work.scope)))
    work.changed()


def _close(work: Working, outcome: Expression) -> None:
    case = work.case
    resume(work)
    for kind in sorted(case.flow.running):
        stop_deadline(work, kind)
    how = str(outcome(work.scope))
    case.facts["outcome"] = how or None
    case.state, case.closed_at = CLOSED, work.now.moment
    work.emit(Closed(outcome=how))
    work.changed()


def _reopen(work: Working, _: Args) -> None:
    case = work.case
    case.state, case.closed_at = OPEN, None
    case.reopened += 1
    work.emit(Reopened(times=case.reopened))
    start_rejudging(work)
    work.changed()


def _erase(work: Working, args: Args) -> None:
    sheet, proposal = work.sheet, work.flow.proposal(args["approved"])
    assert sheet is not None  # the policy's check: only sheets do it
    if proposal is None or proposal.state != APPROVED:
        raise CASE_HELD(why=both("its destruction is not approved", "尚未批准销毁"))
    if work.case.state != CLOSED:
        raise CASE_HELD(why=both("the case is open", "案件尚未结案"))
    others = {kind for id_, (kind, state) in work.case.sheets.items() if state == OPEN and id_ != sheet.id}
    going_on = [kind for kind in sorted(others) if work.policy.sheets[kind].nature != URGING]
    if going_on:
        names = [work.policy.sheets[kind].labels for kind in going_on]
        en, zh = ", ".join(text(one, "en") for one in names), "、".join(text(one, "zh-CN") for one in names)
        raise CASE_HELD(why=both(f"there are papers being worked on: {en}", f"仍有未办结的单据:{zh}"))
    work.emit(CaseErased(sheet_id=sheet.id, proposal=proposal))


def _finding(work: Working, args: Args) -> None:
    for scope in _each(work, args):
        culprit = _culprit(work, args, scope)
        amount, share = args.get("amount"), args.get("share")
        if culprit is None or (amount is not None and amount.silent(scope)):
            continue
        work.emit(
            FindingMade(
                kind=args["kind"],
                party=args.get("party", ""),
                sheet_id=work.sheet_id,
                staff_id=culprit.staff_id,
                department=culprit.department,
                amount=int(amount(scope)) if amount is not None else None,
                share=int(share(scope)) if share is not None else None,
                note=str(_worked_out(args, "note", scope) or ""),
            )
        )


def _culprit(work: Working, args: Args, scope: Scope) -> Part | None:
    """Whoever has the part, else whom the effect works out; None for nobody."""
    if "party" in args:
        return work.case.parts.get(args["party"])
    staff, department = (_worked_out(args, name, scope) or None for name in ("staff", "department"))
    return Part(staff_id=staff, department=department) if staff or department else None


def _precedent(work: Working, args: Args) -> None:
    work.emit(PrecedentKept(**{name: str(args[name](work.scope)) for name in ("title", "account", "analysis")}))


def _renew(work: Working, kind: str) -> None:
    """Anew while it runs. What an act renews is a term already begun; a case that never had it gets none."""
    start_deadline(work, kind)


def _answer_refusal(work: Working, _: Args) -> None:
    """The refusal of the decision as it is was answered: it stands in no way any more."""
    work.case.reviewed = work.case.decision
    work.changed()


_EFFECTS: Mapping[str, Callable[[Working, Args], None]] = {
    "set": _set,
    "assign": _assign,
    "start": start_deadline,
    "start_at": _start_at,
    "stop": stop_deadline,
    "renew": _renew,
    "pause": _pause,
    "resume": resume,
    "open": _open,
    "propose": lambda work, args: approvals.propose(
        work, args["kind"], _amount(work, args), str(args["text"](work.scope))
    ),
    "approve": lambda work, args: approvals.approve(work, args["kind"], _note(work, args)),
    "reject": lambda work, args: approvals.reject(work, args["kind"], _note(work, args)),
    "delegate": lambda work, args: approvals.delegate(work, args["kind"], str(args["to"](work.scope))),
    "notify": _notify,
    "rejudge": lambda work, _: levels.rejudge(work),
    "level": lambda work, args: levels.set_by_hand(work, str(args["to"](work.scope)), str(args["reason"](work.scope))),
    "tick": _tick,
    "close": _close,
    "reopen": _reopen,
    "erase": _erase,
    "successor": lambda work, args: work.emit(Successor(content=str(args(work.scope)))),
    "finding": _finding,
    "precedent": _precedent,
    "answer_refusal": _answer_refusal,
}
