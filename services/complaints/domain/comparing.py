"""What would be otherwise for an open case if it came under another policy (SPEC PL-5). Looks only, changes nothing.

Both policies are asked about the case as it is now, and their answers compared: what time or people have made of the
case is no difference between policies, so the policy in force compared with itself is none at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from services.complaints.domain.case import PENDING, Case, Flow, Now, Sheet, Values
from services.complaints.domain.effects import REJUDGE
from services.complaints.domain.levels import BY_HAND
from services.complaints.domain.scope import scope_of
from services.complaints.policy import Policy, Scope
from services.complaints.policy.expressions import PolicyFaultError
from services.complaints.policy.specs import FieldSpec, SpanSpec, StageSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """A danger: the case stands on something the other policy has not got, or cannot read."""

    what: str
    """One of `contracts.complaints.vocabulary.DANGERS`."""
    key: str
    sheet_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """The level, process or priority would be another one."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """A proposal that waits would need the approval of others."""

    kind: str
    sheet_id: str | None
    before: tuple[tuple[str, ...], ...]
    after: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A running term would be of another length, `after`; with None for `after` it would not run at all. One that is
    not `running` would run."""

    kind: str
    sheet_id: str | None
    running: bool
    after: SpanSpec | None
    since_receipt: bool = False


Difference = Gone | Changed | Chain | Term


def differences(own: Policy, other: Policy, case: Case, sheets: list[Sheet], now: Now) -> list[Difference]:
    """All that would be otherwise for the case and its open `sheets` under `other` instead of its `own` policy; only
    the dangers, where there are any."""
    dangers: list[Difference] = [*_gone(own, other, case), *(g for s in sheets for g in _gone_of_sheet(own, other, s))]
    if dangers:
        return dangers
    try:
        return list(_changes(own, other, case, sheets, now))
    except PolicyFaultError as fault:
        return [Gone(what="rule_fails", key=str(fault))]


def _gone(own: Policy, other: Policy, case: Case) -> Iterator[Gone]:
    flow, category = case.flow, case.facts.get("category")
    if flow.key not in other.processes:
        yield Gone(what="process_gone", key=flow.key)
    elif flow.stage not in other.processes[flow.key].stages:
        yield Gone(what="stage_gone", key=flow.stage)
    if case.level not in other.levels:
        yield Gone(what="level_gone", key=case.level)
    if category and category not in other.categories:
        yield Gone(what="category_gone", key=category)
    if case.channel not in other.channels:
        yield Gone(what="channel_gone", key=case.channel)
    kinds = other.fact_kinds
    for fact, kind in own.fact_kinds.items():
        if case.facts.get(fact) is not None and kinds.get(fact, kind) != kind:
            yield Gone(what="fact_changed", key=fact)
    yield from _undecidable(other, flow, None)


def _gone_of_sheet(own: Policy, other: Policy, sheet: Sheet) -> Iterator[Gone]:
    if sheet.kind not in other.sheets:
        yield Gone(what="sheet_gone", key=sheet.kind, sheet_id=sheet.id)
        return
    theirs = other.sheets[sheet.kind]
    if sheet.flow.stage not in theirs.flow.stages:
        yield Gone(what="stage_gone", key=sheet.flow.stage, sheet_id=sheet.id)
    for field in _unreadable(own.sheets[sheet.kind].holds, theirs.holds, sheet.values):
        yield Gone(what="fact_changed", key=field, sheet_id=sheet.id)
    yield from _undecidable(other, sheet.flow, sheet.id)


def _unreadable(own: Mapping[str, FieldSpec], other: Mapping[str, FieldSpec], values: Values) -> Iterator[str]:
    yield from (key for key in values if key in own and key in other and own[key].kind != other[key].kind)


def _undecidable(other: Policy, flow: Flow, sheet_id: str | None) -> Iterator[Gone]:
    waiting = {proposal.kind for proposal in flow.proposals if proposal.state == PENDING}
    yield from (Gone(what="authority_gone", key=k, sheet_id=sheet_id) for k in sorted(waiting - set(other.authority)))


def _changes(own: Policy, other: Policy, case: Case, sheets: list[Sheet], now: Now) -> Iterator[Difference]:
    level = _level(own, other, case, now)
    moved = replace(case, level=level)
    if level != case.level:
        yield Changed(what="level", before=case.level, after=level)
    mine, theirs = scope_of(own, case, now), scope_of(other, moved, now)
    process = other.process_for(theirs).key
    if process not in {own.process_for(mine).key, case.flow.key}:
        yield Changed(what="process", before=case.flow.key, after=process)
    points = own.priority(mine), other.priority(theirs)
    if points[0] != points[1]:
        yield Changed(what="priority", before=str(points[0]), after=str(points[1]))
    stages = (p.processes[case.flow.key].stages[case.flow.stage] for p in (own, other))
    yield from _Place(own, other, case.flow, None).differences(mine, theirs, *stages)
    for sheet in sheets:
        scopes = scope_of(own, case, now, sheet=sheet), scope_of(other, moved, now, sheet=sheet)
        stages = (p.sheets[sheet.kind].flow.stages[sheet.flow.stage] for p in (own, other))
        yield from _Place(own, other, sheet.flow, sheet.id).differences(*scopes, *stages)


def _level(own: Policy, other: Policy, case: Case, now: Now) -> str:
    """The level under `other`. One that a person set, or that a graver past left, yields to a graver one only."""
    mine = own.severity.judge(scope_of(own, case, now), case.overruled).level
    theirs = other.severity.judge(scope_of(other, case, now), case.overruled).level
    if theirs == mine:
        return case.level
    by_hand = any(reason.rule == BY_HAND for reason in case.reasons)
    judged = case.level == mine and not by_hand
    return theirs if judged or other.severity.graver(theirs, case.level) else case.level


@dataclass(frozen=True, slots=True)
class _Place:
    """Where terms run and proposals wait: the case, or one of its sheets."""

    own: Policy
    other: Policy
    flow: Flow
    sheet_id: str | None

    def differences(self, mine: Scope, theirs: Scope, here: StageSpec, there: StageSpec) -> Iterator[Difference]:
        yield from self._chains(mine, theirs)
        yield from self._terms(mine, theirs, here, there)

    def _chains(self, mine: Scope, theirs: Scope) -> Iterator[Chain]:
        for proposal in self.flow.proposals:
            if proposal.state == PENDING:
                now = self.own.authority_for(proposal.kind, proposal.amount, mine).chain
                then = self.other.authority_for(proposal.kind, proposal.amount, theirs).chain
                if now != then:
                    before = tuple(tuple(group) for group in proposal.chain)
                    yield Chain(kind=proposal.kind, sheet_id=self.sheet_id, before=before, after=then)

    def _terms(self, mine: Scope, theirs: Scope, here: StageSpec, there: StageSpec) -> Iterator[Term]:
        for kind in sorted(kind for kind in self.flow.running if not kind.startswith(REJUDGE)):
            dropped = kind in here.deadlines and kind not in there.deadlines
            if dropped or kind not in self.other.deadlines:
                yield Term(kind=kind, sheet_id=self.sheet_id, running=True, after=None)
            elif _length(self.own, kind, mine) != _length(self.other, kind, theirs):
                yield self._term(kind, theirs, running=True)
        for kind in there.deadlines:
            if kind not in self.flow.running and kind not in here.deadlines:
                yield self._term(kind, theirs, running=False)

    def _term(self, kind: str, theirs: Scope, *, running: bool) -> Term:
        span, since_receipt = self.other.span_for(kind, theirs), self.other.deadlines[kind].since_receipt
        return Term(kind=kind, sheet_id=self.sheet_id, running=running, after=span, since_receipt=since_receipt)


def _length(policy: Policy, kind: str, scope: Scope) -> tuple[int, str, bool]:
    span = policy.span_for(kind, scope)
    return span.amount, span.unit, policy.deadlines[kind].since_receipt
