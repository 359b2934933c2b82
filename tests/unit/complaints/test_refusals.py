"""A refused decision stands in the way of closing until it is answered, or another decision is taken (SPEC IS-7)."""

from __future__ import annotations

import pytest

from contracts.problems import Problem
from services.complaints import domain
from services.complaints.domain import erasing
from services.complaints.domain.scope import scope_of
from tests.unit.complaints.conftest import Story
from tests.unit.complaints.test_dealership import CONSULTANT, GM, MANAGER, SERVICE, proposed, summed_up
from tests.unit.complaints.test_scripts import WHOLE

REVIEW = {"finding": "done by the book", "internal_recourse": "the general manager's day", "external_recourse": "12315"}


def answer(story: Story, kind: str) -> None:
    story._keep(domain.hear(story.policy, story.case, kind, "words", "", story.now, story.new_id))


def finish(story: Story) -> None:
    story.do("sum_up", MANAGER, evaluation="x", improvement="y", measures_needed=False)
    story.do("finish", MANAGER)


@pytest.mark.clause("IS-7")
@pytest.mark.parametrize("pack", WHOLE)
def test_in_every_pack_no_case_is_closed_over_a_refusal_and_somebody_can_answer_it(pack: str) -> None:
    story = Story(pack)
    story.case.decision = story.case.refused = "this one"
    scope = scope_of(story.policy, story.case, story.now)
    assert not all(need.that.holds(scope) for need in story.policy.closing_needs)
    assert any("review_refusal" in story.can(role) for role in story.policy.roles)
    story.case.facts["outcome"] = "withdrawn"
    assert all(need.that.holds(scope_of(story.policy, story.case, story.now)) for need in story.policy.closing_needs)


def test_a_case_is_not_closed_over_a_refusal_before_it_is_answered() -> None:
    story = summed_up()
    answer(story, "refused")
    (heard,) = story.told("complaint.complainant_wrote")
    assert {CONSULTANT, MANAGER, GM} >= {one.role for one in heard.people if one.role} >= {GM}, "one step up as well"
    with pytest.raises(Problem) as refused:
        finish(story)
    assert refused.value.code == "stage_incomplete"
    assert "complainant's refusal" in refused.value.params["missing"]
    assert "review_refusal" not in story.can(CONSULTANT)
    story.do("review_refusal", MANAGER, **REVIEW)
    (told,) = story.told("complaint.refusal_answered")
    assert told.complainant
    answer(story, "refused")
    assert "review_refusal" not in story.can(MANAGER), "every recourse was offered: refusing again keeps nothing open"
    finish(story)
    assert story.case.state == "closed"


def test_who_accepts_after_all_refuses_no_more() -> None:
    story = summed_up()
    answer(story, "refused")
    answer(story, "accepted")
    finish(story)
    assert story.case.state == "closed"


def test_another_decision_is_not_refused_and_is_told() -> None:
    story = proposed()
    story.do("approve", GM)
    assert len(story.told("complaint.decided")) == 1
    answer(story, "refused")
    assert story.case.refusal_stands
    story.do("notify_customer", CONSULTANT, told_how="phone", told="x", reaction="angry", accepted=False)
    story.do("propose_solution", SERVICE, cause="c", responsible_department="service", solution="a new one")
    story.do("approve", GM)
    assert not story.case.refusal_stands
    assert len(story.told("complaint.decided")) == 2


@pytest.mark.clause("DC-6", "IS-7")
@pytest.mark.parametrize("reviewed", [False, True])
def test_an_erased_case_still_tells_whether_a_refusal_was_answered_and_not_of_what(reviewed: bool) -> None:
    story = summed_up()
    answer(story, "refused")
    if reviewed:
        story.do("review_refusal", MANAGER, **REVIEW)
    left = erasing.erased(story.policy, story.case, "erased:1")
    assert (left.refusal_stands, left.refusal_answered) == (not reviewed, reviewed)
    assert story.case.decision not in repr(left)
