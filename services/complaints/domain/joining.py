"""Merging duplicates into a case and taking them out again (UX-1)."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from services.complaints.domain import levels
from services.complaints.domain.case import Actor, Case, Joined, Now, Reason
from services.complaints.domain.moving import run_hooks
from services.complaints.domain.outcome import Moved, Outcome
from services.complaints.domain.working import NewId, Working
from services.complaints.policy import Policy

UNMERGE = "unmerge"
"""The action's name when a case goes back to where it was before others were merged into it."""


def join(  # noqa: PLR0917  (into this case come these, as grave as that, as this person decides)
    policy: Policy, case: Case, joined: list[Joined], level: str, actor: Actor, now: Now, new_id: NewId
) -> Outcome:
    """Others come into the case: judge it again (RF-3, RF-4). It becomes at least as grave as `level`, theirs."""
    work = Working(policy, case, None, actor, now, new_id)
    work.case.joined += joined
    work.changed()
    levels.rejudge(work)
    levels.raise_to(work, level, levels.MERGED)
    work.events.append(("amended", None))
    run_hooks(work)
    return work.outcome()


def part(  # noqa: PLR0917
    policy: Policy,
    case: Case,
    leaving: AbstractSet[str],
    before: Case,
    after: Case,
    actor: Actor,
    now: Now,
    reason: str,
) -> Outcome:
    """The cases with these ids leave the case. `before` and `after` their coming it was as given.

    When nothing happened with it since, it is again what it was; else it goes on as it is without what they added, and
    its level goes back as far as its own facts allow, unless somebody or something else set it meanwhile.
    """
    untouched = case == after
    work = Working(policy, before if untouched else case, None, actor, now, _no_id)
    work.case.joined = [one for one in case.joined if one.case_id not in leaving]
    work.changed()
    if untouched:
        _tell_way_back(work, case, reason)
    elif (case.level, case.reasons) == (after.level, after.reasons) and after.level != before.level:
        _lower_again(work, before, reason)
    return work.outcome()


def _tell_way_back(work: Working, left: Case, reason: str) -> None:
    back = work.case
    if back.flow.stage != left.flow.stage:
        work.emit(Moved(from_stage=left.flow.stage, to_stage=back.flow.stage, action=UNMERGE, sheet_id=None))
    if back.level != left.level:
        levels.tell(work, left.level, _rules(back), by_system=False, reason=reason)


def _lower_again(work: Working, before: Case, reason: str) -> None:
    case, table = work.case, work.policy.severity
    raised = case.level
    judged = table.judge(work.scope, case.overruled)
    case.level, case.reasons = before.level, list(before.reasons)
    if table.graver(judged.level, before.level):
        case.level = judged.level
        case.reasons = [Reason(rule=rule, at=work.now.moment) for rule in judged.rules]
    if case.level != raised:
        levels.tell(work, raised, _rules(case), by_system=False, reason=reason)


def _rules(case: Case) -> tuple[str, ...]:
    return tuple(reason.rule for reason in case.reasons)


def _no_id() -> str:
    """For an act that makes nothing."""
    raise AssertionError("parting makes nothing")
