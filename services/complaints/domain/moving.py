"""Going from stage to stage: what a stage asks before it is passed, what leaving and entering bring about, hooks."""

from __future__ import annotations

from collections.abc import Iterable

from contracts.complaints.problems import STAGE_INCOMPLETE
from services.complaints.domain.case import DONE, VOID
from services.complaints.domain.deciding import tell_decision
from services.complaints.domain.dossier import missing as dossier_lacks
from services.complaints.domain.effects import apply, start_deadline, stop_deadline
from services.complaints.domain.outcome import Moved, SheetClosed
from services.complaints.domain.values import wanted
from services.complaints.domain.working import Working
from services.complaints.policy import holds, text
from services.complaints.policy.specs import ActionSpec, NeedSpec, StageSpec


def advance(work: Working, action: ActionSpec) -> None:
    """Take the action's first step whose condition holds; stay when none does."""
    target = next((step.to for step in action.steps if holds(step.when, work.scope)), None)
    if target is None:
        return
    stage = work.spec.stages[work.flow.stage]
    lacking = [] if action.back or stage.final else lacks(work, stage)
    if work.sheet is None and work.spec.stages[_landing(work, target)].final:
        lacking += unmet(work, work.policy.closing_needs)
    if lacking:
        locale = work.actor.locale if work.actor else "zh-CN"
        raise STAGE_INCOMPLETE(
            stage=text(stage.labels, locale), missing=("; " if locale == "en" else ";").join(lacking)
        )
    move(work, target)


def lacks(work: Working, stage: StageSpec) -> list[str]:
    """What the stage still asks before it is passed, for people (SPEC PL-9, PC-1)."""
    locale = work.actor.locale if work.actor else "zh-CN"
    forms = [work.policy.forms[key] for key in stage.forms]
    unfinished = [text(f.labels, locale) for f in forms if not form_complete(work, f.key)]
    unticked = [text(work.policy.ticks[key]["labels"], locale) for key in stage.ticks if key not in work.case.ticks]
    dossier = work.policy.dossiers[stage.dossier] if stage.dossier else None
    papers = [text(p.labels, locale) for p in dossier_lacks(dossier, work.case, work.scope)] if dossier else []
    return [*unfinished, *unticked, *papers, *unmet(work, stage.needs)]


def unmet(work: Working, needs: Iterable[NeedSpec]) -> list[str]:
    """Those of the needs that do not hold now, for people."""
    locale = work.actor.locale if work.actor else "zh-CN"
    return [text(need.labels, locale) for need in needs if not need.that.holds(work.scope)]


def form_complete(work: Working, key: str) -> bool:
    """Whether every required field of the form is filled in."""
    form, kept = work.policy.forms[key], work.case.forms.get(key, {})
    looking = work.on_case()
    looking.given(tuple(form.fields.values()), kept)
    return all(field.key in kept for field in form.fields.values() if wanted(field, looking.scope))


def move(work: Working, target: str) -> None:
    """Leave the present stage and enter `target`, or the stage it passes on to."""
    target = _landing(work, target)
    left = work.flow.stage
    if left:
        _leave(work, work.spec.stages[left])
    work.flow.stage = target
    work.flow.visited = list(dict.fromkeys([*work.flow.visited, target]))
    work.changed()
    if left:
        work.emit(Moved(from_stage=left, to_stage=target, action=work.action, sheet_id=work.sheet_id))
    _enter(work, work.spec.stages[target])


def _landing(work: Working, target: str) -> str:
    """Where one comes to rest: stages pass on while a `skip` of theirs holds. The checks exclude rings."""
    stage = work.spec.stages[target]
    onward = next((skip.to for skip in stage.skips if holds(skip.when, work.scope)), None)
    return target if onward is None else _landing(work, onward)


def _leave(work: Working, stage: StageSpec) -> None:
    for kind in stage.deadlines:
        if work.policy.deadlines[kind].until == "stage" and kind in work.flow.running:
            stop_deadline(work, kind)


def _enter(work: Working, stage: StageSpec) -> None:
    for kind in stage.deadlines:
        start_deadline(work, kind)
    for effect in stage.enter:
        apply(work, effect)
    if stage.final and work.sheet is not None:
        _finish_sheet(work, stage)


def _finish_sheet(work: Working, stage: StageSpec) -> None:
    sheet = work.sheet
    assert sheet is not None
    sheet.state = VOID if stage.void else DONE
    work.case.sheets[sheet.id] = (sheet.kind, sheet.state)
    for kind in sorted(sheet.flow.running):
        stop_deadline(work, kind)
    work.emit(SheetClosed(sheet_id=sheet.id))
    work.events.append(("sheet_closed", sheet.kind))
    work.changed()


def run_hooks(work: Working) -> None:
    """What the process does by itself about what happened. Hooks act on the case, and not on a closed one.

    Each hook runs once at most in one act, so that hooks cannot chase each other; and one event moves the case once at
    most: a hook that waits for the next stage waits for the next event as well.
    """
    here = work.on_case()
    done: set[str] = set()
    while work.events:
        event, of = work.events.pop(0)
        moved = False
        for hook in here.spec.hooks:
            heard = hook.on == event and hook.of in {None, of} and not (moved and hook.to)
            if heard and hook.key not in done and not here.closed and holds(hook.when, here.scope):
                done.add(hook.key)
                for effect in hook.effects:
                    apply(here, effect)
                if hook.to is not None:
                    move(here, hook.to)
                    moved = True
    tell_decision(here)
