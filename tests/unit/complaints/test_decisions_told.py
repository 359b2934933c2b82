"""The complainant is told of every decision they may read, once, in every pack (SPEC IS-6)."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from contracts.problems import Problem
from services.complaints import domain
from services.complaints.domain import disclosure
from services.complaints.domain.outcome import Notify, Outcome
from services.complaints.policy.specs import ActionSpec, FieldSpec
from tests.unit.complaints.conftest import Story
from tests.unit.complaints.test_scripts import WHOLE
from tests.unit.complaints.test_walks import STAFF_IDS, possible

WALKS, STEPS = 60, 80
DECIDED = "complaint.decided"
ASIDE = {
    "withdraw", "pause", "urge", "add_note", "assign_handler", "lower_level", "mark_major", "open_corrective_action",
    "put_on_meeting", "open_legal_file", "order_self_criticism", "tell_president",
}  # fmt: skip
"""Possible in every stage and leading nowhere."""


def value(field: FieldSpec, die: random.Random) -> Any:
    """Something the field accepts; rather yes than no, so that cases come to their end."""
    if field.kind == "table":
        return [{c.key: field.sums.get(c.key) or value(c, die) for c in field.columns}]
    if field.choices is not None:
        one = die.choice(sorted(field.choices))
        return [one] if field.kind == "choices" else one
    plain: dict[str, Any] = {
        "text": f"words {die.random()}", "line": "words", "boolean": die.random() < 0.8, "percent": 50,
        "whole": field.minimum or 1, "staff": die.choice(STAFF_IDS), "files": STAFF_IDS[:1],
        "money": {"amount": field.minimum or 1}, "date": "2026-11-23", "moment": "2030-01-01T00:00:00Z",
    }  # fmt: skip
    return plain[field.kind]


def step(story: Story, die: random.Random, tried: Counter[tuple[str, str]]) -> Outcome | None:
    """One act of somebody who may take it, rather one that was not tried yet; None when it was refused."""
    choices = [choice for choice in possible(story) if choice[2].key not in ASIDE]
    onward = [choice for choice in choices if not choice[2].back] if die.random() < 0.9 else choices
    rarest = min(tried[story.stage, action.key] for _, _, action in onward or choices)
    fresh = [choice for choice in onward or choices if tried[story.stage, choice[2].key] == rarest]
    who, place, action = die.choice(fresh)
    tried[story.stage, action.key] += 1
    sheet = story.sheets[place] if place else None
    try:
        return story._keep(
            domain.act(story.policy, story.case, sheet, action.key, fill(action, die), who, story.now, story.new_id)
        )
    except Problem:
        return None


def fill(action: ActionSpec, die: random.Random) -> dict[str, Any]:
    return {field.key: value(field, die) for field in action.fields}


def readable(story: Story) -> str:
    shown = disclosure.decision(story.policy, story.case, story.now)
    return disclosure.fingerprint(shown) if shown else ""


def walk(pack: str, seed: int) -> tuple[Story, list[str]]:
    """A case worked at random until it is closed, and the decisions that could be read, each change of them.

    Whatever is done: who can read another decision than they were told of is told in the same act, and else nobody is.
    """
    die, story, decisions, tried = random.Random(seed), Story(pack), list[str](), Counter[tuple[str, str]]()
    story.case.papers = {paper.key for dossier in story.policy.dossiers.values() for paper in dossier.papers}
    for _ in range(STEPS):
        outcome, before = step(story, die, tried), len(decisions)
        now = readable(story)
        if now and now != (decisions or [""])[-1]:
            decisions.append(now)
        told = [e for e in (outcome.effects if outcome else ()) if isinstance(e, Notify) and e.template == DECIDED]
        assert len(told) == len(decisions) - before
        assert all(one.complainant and not one.people for one in told)
        if story.case.state == "closed":
            break
    return story, decisions


@pytest.mark.clause("IS-6")
@pytest.mark.parametrize("pack", WHOLE)
def test_every_decision_is_told_once_and_as_soon_as_it_can_be_read(pack: str) -> None:
    for seed in range(WALKS):
        story, decisions = walk(pack, seed)
        if story.case.state == "closed" and decisions:
            assert len(story.told(DECIDED)) == len(decisions)
            return
    pytest.fail("no walk came to the end with a decision")
