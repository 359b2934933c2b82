"""Merging duplicates by the rules alone: what is added is counted once, and taking out gives back what was (UX-1)."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.complaints import domain
from services.complaints.domain.case import Case, Joined
from services.complaints.domain.joined import attachments_of, facts_of, papers_of
from tests.unit.complaints.conftest import Story, actor, policy_of

NOW = domain.Now(datetime(2026, 11, 23, 2, 0, tzinfo=UTC), UTC)
PACKS = ("dealership", "developer", "property/dispatching", "group", "manufacturer")

entries = st.builds(
    Joined,
    case_id=st.uuids().map(str),
    complainant=st.sampled_from(["a", "b", "c"]),
    people=st.integers(1, 20),
    claim=st.integers(0, 20_000_000),
    media_risk=st.booleans(),
    lawsuit_risk=st.booleans(),
    attachments=st.integers(0, 3),
    papers=st.sets(st.sampled_from(["contract", "photo"])),
)
several = st.lists(entries, min_size=1, max_size=4, unique_by=lambda one: one.case_id)
facts = st.fixed_dictionaries({}, optional={
    "group_size": st.integers(1, 12), "media_risk": st.booleans(), "our_fault": st.booleans(),
    "claimed_amount": st.integers(0, 20_000_000).map(lambda fen: {"amount": fen, "currency": "CNY"}),
})  # fmt: skip


def _case(pack: str, given_facts: dict[str, Any]) -> Case:
    case = Story(pack, **given_facts).case
    case.complainant = "a"
    return case


def _join(pack: str, case: Case, joined: list[Joined]) -> Case:
    policy = policy_of(pack)
    who = actor(policy, next(iter(policy.roles)))
    ids = (f"sheet-{number}" for number in range(99))
    gravest = max(policy.levels.values(), key=lambda level: level["rank"])["key"]
    return domain.join(policy, case, joined, gravest, who, NOW, lambda: next(ids)).case


def _part(pack: str, case: Case, leaving: list[Joined], before: Case, after: Case) -> Case:
    policy = policy_of(pack)
    ids = {one.case_id for one in leaving}
    who = actor(policy, next(iter(policy.roles)))
    return domain.part(policy, case, ids, before, after, who, NOW, "并错了").case


@settings(max_examples=60)
@given(pack=st.sampled_from(PACKS), given_facts=facts, joined=several)
def test_merging_and_taking_out_is_nothing_at_all(pack: str, given_facts: dict[str, Any], joined: list[Joined]) -> None:
    before = _case(pack, given_facts)
    kept = copy.deepcopy(before)
    after = _join(pack, before, joined)
    assert before == kept, "the case that was given stays as it was"
    assert _part(pack, after, joined, before, after) == before


@settings(max_examples=60)
@given(pack=st.sampled_from(PACKS), given_facts=facts, joined=several)
def test_after_something_else_happened_only_what_was_added_leaves(
    pack: str, given_facts: dict[str, Any], joined: list[Joined]
) -> None:
    before = _case(pack, given_facts)
    after = _join(pack, before, joined)
    since = copy.deepcopy(after)
    since.facts["subject"] = "后来补充"
    left = _part(pack, since, joined, before, after)
    assert left.joined == []
    assert left.facts == since.facts
    assert left.flow == since.flow
    assert left.level == before.level


@given(given_facts=facts, joined=several)
def test_different_complainants_add_up_and_the_same_one_counts_once(
    given_facts: dict[str, Any], joined: list[Joined]
) -> None:
    case = _case("developer", given_facts)
    case.joined = joined
    own = given_facts.get("group_size", 1)
    others = {who: max(j.people for j in joined if j.complainant == who) for who in {j.complainant for j in joined}}
    whole = facts_of(case)
    assert whole["group_size"] == max(own, others.pop("a", 0)) + sum(others.values())
    assert whole["group_size"] <= own + sum(j.people for j in joined)
    assert whole["media_risk"] == (given_facts.get("media_risk", False) or any(j.media_risk for j in joined))
    assert attachments_of(case) == sum(j.attachments for j in joined)
    assert papers_of(case) == set().union(*(j.papers for j in joined))


def test_a_case_becomes_as_grave_as_the_gravest_merged_into_it(story: type[Story]) -> None:
    before = _case("dealership", {})
    entry = Joined(
        case_id="x", complainant="b", people=1, claim=0, media_risk=False, lawsuit_risk=False, attachments=0,
        papers=set(),
    )  # fmt: skip
    after = _join("dealership", before, [entry])
    assert (before.level, after.level) == ("ordinary", "major")
    assert [reason.rule for reason in after.reasons] == ["merged"]
    assert after.flow.stage == "emergency", "what follows a raise follows this one (AD-8)"
