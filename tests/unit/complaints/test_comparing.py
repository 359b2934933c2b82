"""What would be otherwise for a case under another policy (SPEC PL-5): exactly what the policies differ in."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.problems import Problem
from services.complaints import domain
from services.complaints.domain.comparing import Chain, Changed, Difference, Gone, Term, differences
from services.complaints.policy import Policy
from services.complaints.policy.specs import SpanSpec
from tests.unit.complaints.conftest import ASSESSMENT, INDUSTRIES, STAFF, VARIANTS, Story, document_of
from tests.unit.complaints.test_walks import WORKS, fill, possible

Document = dict[str, Any]


def changed(pack: str, change: Callable[[Document], object]) -> Policy:
    """The pack's policy with `change` made to its document."""
    document = copy.deepcopy(document_of(pack))
    change(document)
    return Policy(document, 2)


def under(story: Story, other: Policy) -> list[Difference]:
    sheets = [sheet for sheet in story.sheets.values() if sheet.state == "open"]
    return differences(story.policy, other, story.case, sheets, story.now)


def one(items: list[Document], key: str) -> Document:
    return next(item for item in items if item["key"] == key)


def stage_of(document: Document, key: str) -> Document:
    return one(one(document["processes"], "standard")["stages"], key)


def in_investigation(**facts: Any) -> Story:
    """A dealership's case whose solution is being worked out, against a term."""
    story = Story("dealership", **facts)
    desk = "customer_relations_consultant"
    story.do("confirm_record", desk, how="phone")
    story.do("assess", desk, **ASSESSMENT)
    story.do("hand_over", desk)
    story.do(
        "judge", "customer_relations_manager", nature="complaint", category="repair_quality", grounds_sufficient=True,
        demand_reasonable=True, recipient=STAFF,
    )  # fmt: skip
    assert story.stage == "investigation"
    return story


def in_approval() -> Story:
    """One whose solution waits for the general manager."""
    story = in_investigation()
    worker = story.who("technician", STAFF)
    story.do("propose_solution", worker, cause="wear", responsible_department="service", solution="replace")
    assert story.stage == "approval"
    return story


@pytest.mark.parametrize("pack", [*INDUSTRIES, *VARIANTS, *WORKS])
@settings(max_examples=5, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_a_policy_compared_with_itself_changes_nothing(pack: str, data: st.DataObject) -> None:
    same = changed(pack, lambda _: None)
    story = Story(pack, group_size=data.draw(st.sampled_from([1, 12])))
    for _ in range(15):
        choices = possible(story)
        if not choices or story.case.state == "closed":
            break
        who, place, action = data.draw(st.sampled_from(choices))
        sheet = story.sheets[place] if place else None
        given_ = fill(action, data.draw)
        try:
            story._keep(domain.act(story.policy, story.case, sheet, action.key, given_, who, story.now, story.new_id))
        except Problem:
            continue
        assert under(story, same) == []
        story.later(hours=data.draw(st.sampled_from([0, 5, 30])))


@pytest.mark.parametrize(
    ("change", "danger"),
    [
        (lambda d: one(d["processes"], "standard").update(key="other"), ("process_gone", "standard")),
        (lambda d: stage_of(d, "approval").update(key="x"), ("stage_gone", "approval")),
        (lambda d: one(d["levels"], "ordinary").update(key="x"), ("level_gone", "ordinary")),
        (lambda d: d["categories"].remove(one(d["categories"], "repair_quality")), ("category_gone", "repair_quality")),
        (lambda d: one(d["channels"], "phone").update(key="x"), ("channel_gone", "phone")),
        (lambda d: one(d["authority"], "solution").update(key="x"), ("authority_gone", "solution")),
    ],
)  # fmt: skip
def test_what_a_case_stands_on_and_the_other_policy_has_not_got_is_a_danger(
    change: Callable[[Document], object], danger: tuple[str, str]
) -> None:
    found = under(in_approval(), changed("dealership", change))
    assert found == [Gone(what=danger[0], key=danger[1])]


def test_a_fact_on_file_that_is_of_another_kind_is_a_danger_and_one_that_is_not_known_is_none() -> None:
    story = in_approval()
    facts = sorted(fact for fact, kind in story.policy.fact_kinds.items() if kind == "boolean")
    known = next(fact for fact in facts if story.case.facts.get(fact) is not None)
    other = changed("dealership", lambda _: None)
    other.fact_kinds = {**other.fact_kinds, known: "text"}
    assert under(story, other) == [Gone(what="fact_changed", key=known)]
    del story.case.facts[known]
    assert not [found for found in under(story, other) if isinstance(found, Gone)]


def test_a_rule_that_fails_on_a_case_is_told_and_ends_no_preview() -> None:
    other = changed("dealership", lambda d: d["judging"]["rules"][0].update(when="1 / (group_size - 1) > 0"))
    (found,) = under(in_approval(), other)
    assert isinstance(found, Gone)
    assert found.what == "rule_fails"


ALL_ARE_MAJOR = {"key": "all", "labels": {"zh-CN": "x", "en": "x"}, "when": "true", "level": "major"}


def test_a_level_follows_the_rules_and_one_that_a_person_set_yields_to_a_graver_only() -> None:
    graver = changed("dealership", lambda d: d["judging"]["rules"].append(ALL_ARE_MAJOR))
    assert Changed(what="level", before="ordinary", after="major") in under(in_approval(), graver)
    lesser = changed("dealership", lambda d: d["judging"].update(rules=[]))
    story = in_investigation()
    story.amend(group_size=6)
    assert Changed(what="level", before="major", after="ordinary") in under(story, lesser)
    story.do("lower_level", "general_manager", level="ordinary", reason="one family")
    assert under(story, lesser) == []
    assert Changed(what="level", before="ordinary", after="major") in under(story, graver)


def test_terms_of_another_length_new_ones_and_dropped_ones_are_told() -> None:
    story = in_investigation()
    week = SpanSpec(amount=7, unit="days")
    longer = changed(
        "dealership", lambda d: one(d["deadlines"], "solution").update(spans=[{"amount": 7, "unit": "days"}])
    )
    assert under(story, longer) == [Term(kind="solution", sheet_id=None, running=True, after=week)]

    def without(document: Document) -> None:
        stage_of(document, "investigation")["deadlines"] = ["acknowledge_gm"]

    dropped, new = under(story, changed("dealership", without))
    assert dropped == Term(kind="solution", sheet_id=None, running=True, after=None)
    assert isinstance(new, Term)
    assert (new.kind, new.running) == ("acknowledge_gm", False)


def test_a_proposal_that_waits_shows_who_would_decide_it() -> None:
    steps = [{"chain": ["service_manager", "general_manager"]}]
    other = changed("dealership", lambda d: one(d["authority"], "solution").update(steps=steps))
    (chain,) = [found for found in under(in_approval(), other) if isinstance(found, Chain)]
    assert (chain.before, chain.after) == ((("general_manager",),), (("service_manager",), ("general_manager",)))


def test_a_difference_of_priority_is_told() -> None:
    points = {"points": 7, "when": "true"}
    other = changed("dealership", lambda d: d.setdefault("priorities", []).append(points))
    found = under(in_approval(), other)
    assert [(c.what, int(c.after) - int(c.before)) for c in found if isinstance(c, Changed)] == [("priority", 7)]
