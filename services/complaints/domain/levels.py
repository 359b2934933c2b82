"""The level of a case: judged by the table, only ever raised by the system, lowered by people with a reason (RF-4)."""

from __future__ import annotations

from contracts.problems import INVALID
from services.complaints.domain.case import Reason
from services.complaints.domain.outcome import LevelChanged
from services.complaints.domain.values import error
from services.complaints.domain.working import Working

BY_HAND = "by_hand"
"""The rule's name in the reasons when a person set the level."""
MERGED = "merged"
"""The rule's name in the reasons when a graver case was merged into this one."""


def rejudge(work: Working) -> None:
    """Judge the level by the facts as they are; a graver one stands from now on, a lesser one changes nothing."""
    case, table = work.case, work.policy.severity
    judgement = table.judge(work.scope, case.overruled)
    if not table.graver(judgement.level, case.level):
        _note_reasons(work, judgement.level, judgement.rules)
        return
    before, case.level = case.level, judgement.level
    case.reasons = [Reason(rule=rule, at=work.now.moment) for rule in judgement.rules]
    tell(work, before, judgement.rules, by_system=True, reason=None)
    work.events.append(("raised", None))


def _note_reasons(work: Working, level: str, rules: tuple[str, ...]) -> None:
    """A further rule that speaks for the level the case has already is kept as well."""
    if level == work.case.level:
        known = {reason.rule for reason in work.case.reasons}
        work.case.reasons += [Reason(rule=r, at=work.now.moment) for r in rules if r not in known]


def raise_to(work: Working, level: str, rule: str) -> None:
    """Let the case be at least as grave as `level`; nothing when the policy does not know that one."""
    case, table = work.case, work.policy.severity
    if level in table.ranks and table.graver(level, case.level):
        before, case.level = case.level, level
        case.reasons = [Reason(rule=rule, at=work.now.moment)]
        tell(work, before, (rule,), by_system=True, reason=None)
        work.events.append(("raised", None))


def set_by_hand(work: Working, level: str, reason: str) -> None:
    """A person sets the level. What speaks for the old one now keeps silent; another rule can still raise it."""
    case, table = work.case, work.policy.severity
    if level == case.level:
        raise INVALID([error("level", "unchanged", "is the case's level already", "与当前级别相同")])
    before, raised = case.level, table.graver(level, case.level)
    case.overruled = set() if raised else set(table.hits(work.scope))
    case.level = level
    case.reasons = [Reason(rule=BY_HAND, at=work.now.moment, note=reason)]
    tell(work, before, (BY_HAND,), by_system=False, reason=reason)
    if raised:
        work.events.append(("raised", None))


def tell(work: Working, before: str, rules: tuple[str, ...], *, by_system: bool, reason: str | None) -> None:
    """Say that the level is another one than `before`."""
    work.emit(LevelChanged(before=before, after=work.case.level, rules=rules, by_system=by_system, reason=reason))
    work.changed()
