"""Whatever people do in whatever order, the rules hold: random walks through every pack."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.problems import Problem
from services.complaints import domain
from services.complaints.domain.outcome import LevelChanged, Outcome, StartDeadline, StopDeadline
from services.complaints.domain.people import People
from services.complaints.policy.specs import ActionSpec, FieldSpec
from tests.unit.complaints.conftest import INDUSTRIES, VARIANTS, Story, policy_of

WORKS = ("manufacturer", "furniture", "decoration")
STAFF_IDS = [f"{n}0000000-0000-0000-0000-000000000000" for n in range(1, 4)]


def value_for(field: FieldSpec, draw: Any) -> Any:
    """Something the field accepts."""
    kinds: dict[str, Any] = {
        "text": lambda: "words",
        "line": lambda: "words",
        "boolean": lambda: draw(st.booleans()),
        "whole": lambda: draw(st.integers(field.minimum or 0, field.maximum or 1000)),
        "percent": lambda: draw(st.integers(0, 100)),
        "money": lambda: {"amount": draw(st.sampled_from([1, 50_000, 50_001, 10_000_000, 10_000_001]))},
        "date": lambda: draw(st.sampled_from(["2026-01-31", "2026-11-23", "2027-02-28"])),
        "moment": lambda: "2030-01-01T00:00:00Z",
        "staff": lambda: draw(st.sampled_from(STAFF_IDS)),
        "files": lambda: [STAFF_IDS[0]],
    }
    if field.kind == "table":
        return [row_for(field, draw)]
    if field.choices is not None:
        one = draw(st.sampled_from(sorted(field.choices)))
        return [one] if field.kind == "choices" else one
    return kinds[field.kind]()


def row_for(field: FieldSpec, draw: Any) -> dict[str, Any]:
    """The only row of a table: alone it is what the columns must add up to."""
    return {c.key: field.sums.get(c.key) or value_for(c, draw) for c in field.columns}


def fill(action: ActionSpec, draw: Any) -> dict[str, Any]:
    return {f.key: value_for(f, draw) for f in action.fields if f.required or draw(st.booleans())}


def everybody(story: Story) -> list[domain.Actor]:
    """One holder of each role, and the people who may be named, with every permission between them."""
    roles = [story.who(role) for role in story.policy.roles]
    named = [story.who(story.policy.ladder[-1], staff_id) for staff_id in STAFF_IDS]
    return [*roles, *named]


def possible(story: Story) -> list[tuple[domain.Actor, str | None, ActionSpec]]:
    places = [None, *(s.id for s in story.sheets.values() if s.state == "open")]
    found = []
    for who in everybody(story):
        for place in places:
            sheet = story.sheets[place] if place else None
            actions = domain.available(story.policy, story.case, sheet, who, story.now)
            found += [(who, place, action) for action in actions]
    return found


def check_rules(story: Story, outcome: Outcome) -> None:
    """What must hold after every act."""
    case, policy = story.case, story.policy
    for flow in [case.flow, *(sheet.flow for sheet in story.sheets.values())]:
        for proposal in flow.proposals:
            deciders = {d.by_id for d in proposal.decisions if d.verdict in {"approved", "rejected"}}
            assert proposal.by_id not in deciders
            assert proposal.state != "approved" or proposal.position == len(proposal.chain)
    for change in outcome.effects:
        if isinstance(change, LevelChanged) and change.by_system:
            assert policy.severity.graver(change.after, change.before)
    if case.state == "closed":
        assert not case.flow.running
        assert case.facts["outcome"] in policy.outcomes
        assert policy.processes[case.flow.key].stages[case.flow.stage].final
    else:
        assert People(policy, case).waits_for()
        assert any(place is None for _, place, _ in possible(story)), f"stuck in {case.flow.stage}"
    for sheet in story.sheets.values():
        if sheet.state == "open":
            assert People(policy, case, sheet).waits_for()
            assert any(place == sheet.id for _, place, _ in possible(story)), (
                f"{sheet.kind} stuck in {sheet.flow.stage}"
            )
        else:
            assert not sheet.flow.running
    check_clocks(story)


def check_clocks(story: Story) -> None:
    """The clocks told to start and stop come to exactly those the case and sheets believe to run."""
    running: set[tuple[str | None, str]] = set()
    for effect in story.effects:
        if isinstance(effect, StartDeadline):
            running.add((effect.sheet_id, effect.kind))
        elif isinstance(effect, StopDeadline):
            assert (effect.sheet_id, effect.kind) in running
            running.remove((effect.sheet_id, effect.kind))
    believed = {(None, kind) for kind in story.case.flow.running}
    believed |= {(s.id, kind) for s in story.sheets.values() for kind in s.flow.running}
    assert running == believed


@pytest.mark.parametrize("pack", [*INDUSTRIES, *VARIANTS, *WORKS])
@settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_random_walks_keep_the_rules_and_never_get_stuck(pack: str, data: st.DataObject) -> None:
    draw = data.draw
    channel = draw(st.sampled_from(sorted(policy_of(pack).channels)))
    story = Story(pack, channel=channel, group_size=draw(st.sampled_from([1, 5, 12])))
    for _ in range(25):
        choices = possible(story)
        who, place, action = draw(st.sampled_from(choices)) if choices else (None, None, None)
        if action is None or who is None:
            break
        if action.key == "withdraw" and draw(st.integers(0, 9)):
            continue
        sheet = story.sheets[place] if place else None
        before, refused = story.case, ""
        try:
            outcome = story._keep(
                domain.act(
                    story.policy, story.case, sheet, action.key, fill(action, draw), who, story.now, story.new_id
                )
            )
        except Problem as problem:
            refused, outcome = problem.code, None
        if outcome is None:
            assert refused in {"invalid_request", "stage_incomplete", "beyond_authority", "case_held"}
            assert story.case is before
            continue
        check_rules(story, outcome)
        story.later(hours=draw(st.sampled_from([0, 5, 30])))


@pytest.mark.parametrize("pack", INDUSTRIES)
@settings(max_examples=60)
@given(
    people=st.integers(1, 30),
    claimed=st.integers(0, 30_000_000),
    more_people=st.integers(1, 30),
    more_claimed=st.integers(0, 30_000_000),
)
def test_gravest_stands_and_the_system_only_raises(
    pack: str, people: int, claimed: int, more_people: int, more_claimed: int
) -> None:
    def level(n: int, c: int) -> int:
        story = Story(pack, group_size=n, claimed_amount={"amount": c, "currency": "CNY"})
        return int(story.policy.levels[story.case.level]["rank"])

    story = Story(pack, group_size=people, claimed_amount={"amount": claimed, "currency": "CNY"})
    ranks = {key: value["rank"] for key, value in story.policy.levels.items()}
    first = ranks[story.case.level]
    story.amend(group_size=more_people, claimed_amount={"amount": more_claimed, "currency": "CNY"})
    assert ranks[story.case.level] == max(first, level(more_people, more_claimed))


@pytest.mark.parametrize("pack", INDUSTRIES)
def test_acting_changes_neither_the_case_nor_the_sheet_it_was_given(pack: str) -> None:
    story = Story(pack)
    before = repr(story.case)
    domain.amend(story.policy, story.case, {"group_size": 50}, story.who("general_manager"), story.now, story.new_id)
    assert repr(story.case) == before
