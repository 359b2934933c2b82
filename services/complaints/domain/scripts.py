"""What the handler is to say and do, step by step (SPEC SC-1)."""

from __future__ import annotations

from services.complaints.domain.case import Case, Now
from services.complaints.domain.scope import scope_of
from services.complaints.policy import Policy, holds
from services.complaints.policy.specs import Script


def for_case(policy: Policy, case: Case, now: Now, locale: str) -> list[str]:
    """The lines of the stage the case is in: the parts of the handling script that it names and that hold for the case,
    then the stage's own."""
    stage = policy.processes[case.flow.key].stages[case.flow.stage]
    parts = [policy.scripts[key] for key in stage.scripts]
    scope = scope_of(policy, case, now) if any(part.when for part in parts) else None
    told = [part for part in parts if part.when is None or (scope is not None and holds(part.when, scope))]
    return [line for lines in (*(part.lines for part in told), stage.script) for line in _in(lines, locale)]


def for_intake(policy: Policy, locale: str) -> list[str]:
    """The lines before there is a case: parts that ask something of one are left out."""
    parts = [policy.scripts[key] for key in policy.intake.get("scripts", ())]
    lines = [part.lines for part in parts if part.when is None]
    return [line for one in (*lines, policy.intake.get("script", {})) for line in _in(one, locale)]


def _in(lines: Script, locale: str) -> tuple[str, ...]:
    return tuple(lines.get(locale) or lines.get("zh-CN") or ())
