"""What somebody may do with a case or sheet now, and doing it. The one way a case moves by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contracts.complaints.problems import ACTION_NOT_AVAILABLE, NOT_YOUR_TURN
from contracts.problems import FORBIDDEN, INVALID, Problem
from services.complaints.domain import approvals
from services.complaints.domain.case import Actor, Case, Now, Sheet
from services.complaints.domain.effects import apply
from services.complaints.domain.moving import advance, run_hooks
from services.complaints.domain.outcome import Outcome
from services.complaints.domain.values import checked, missing, unwanted
from services.complaints.domain.working import NewId, Working
from services.complaints.policy import Policy, holds, text
from services.complaints.policy.specs import ActionSpec


def available(policy: Policy, case: Case, sheet: Sheet | None, actor: Actor, now: Now) -> list[ActionSpec]:
    """The actions `actor` may take now, in the policy's order."""
    work = Working(policy, case, sheet, actor, now, _no_id, view=True)
    return [action for action in _in_stage(work).values() if _possible(work, action)]


def act(  # noqa: PLR0917  (the sentence: on this case or sheet, do this with these fields)
    policy: Policy,
    case: Case,
    sheet: Sheet | None,
    name: str,
    given: Mapping[str, Any],
    actor: Actor,
    now: Now,
    new_id: NewId,
) -> Outcome:
    """Do `name` with the fields `given`, or raise the problem that says why not and what instead. Changes nothing.

    Raises action_not_available, forbidden, not_your_turn, beyond_authority, own_proposal, invalid_request or
    stage_incomplete.
    """
    work = Working(policy, case, sheet, actor, now, new_id)
    action = _in_stage(work).get(name)
    if action is None:
        raise not_available(work, name, None)
    problem = _refusal(work, action)
    if problem is not None:
        raise problem
    _take(work, action, given)
    for effect in action.effects:
        apply(work, effect)
    advance(work, action)
    run_hooks(work)
    return work.outcome()


def _in_stage(work: Working) -> dict[str, ActionSpec]:
    return work.spec.actions_in(work.flow.stage)


def _possible(work: Working, action: ActionSpec) -> bool:
    """Whether the actor may take `action` now."""
    actor = approvals.acting(work)
    return (
        actor.may(action.permission)
        and holds(action.when, work.scope)
        and (not action.by or work.people.includes(action.by, actor))
        and (action.decides is None or approvals.may_decide(work.flow, work.people, action.decides, actor))
    )


def _refusal(work: Working, action: ActionSpec) -> Problem | None:
    """Why the actor may not take `action` now; None when they may."""
    actor = approvals.acting(work)
    if not actor.may(action.permission):
        return FORBIDDEN(permission=action.permission)
    if not holds(action.when, work.scope):
        return not_available(work, action.key, action)
    if action.by and not work.people.includes(action.by, actor):
        return NOT_YOUR_TURN(action=text(action.labels, actor.locale), who=work.people.names(action.by, actor.locale))
    if action.decides is not None:
        return approvals.refusal(work.policy, work.flow, work.people, action.decides, actor)
    return None


def not_available(work: Working, name: str, action: ActionSpec | None) -> Problem:
    """The problem `action_not_available`: why, what can be done instead, whom it waits for."""
    actor = approvals.acting(work)
    locale = actor.locale
    usable = [a.key for a in _in_stage(work).values() if a.key != name and _possible(work, a)]
    stage = work.people.stage()
    waits = "-" if stage.final else work.people.name("$holder", locale)
    if action is not None and action.because is not None:
        why = text(action.because, locale)
    else:
        why = f"{'阶段' if locale != 'en' else 'stage'}: {text(stage.labels, locale)}"
    label = text(action.labels, locale) if action else name
    return ACTION_NOT_AVAILABLE(
        action=label, why=why, available=", ".join(usable) or "-", actions=usable, waits_for=waits
    )


def _take(work: Working, action: ActionSpec, given: Mapping[str, Any]) -> None:
    """Check the fields, the actor's authority, and keep what was given on the form or sheet."""
    values = checked(action.fields, given)
    work.action = action.key
    work.given(action.fields, values)
    errors = [*missing(action.fields, values, work.scope), *unwanted(action.fields, values, work.scope)]
    if errors:
        raise INVALID(errors)
    if action.within is not None:
        kind, amount = action.within
        problem = approvals.beyond(work, kind, int(amount(work.scope)))
        if problem is not None:
            raise problem
    if action.form is not None:
        work.case.forms.setdefault(action.form, {}).update(values)
    if work.sheet is not None:
        work.sheet.values.update(values)
    work.changed()


def _no_id() -> str:
    """For a look that makes nothing."""
    raise AssertionError("looking at what can be done makes nothing")
