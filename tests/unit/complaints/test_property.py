"""The property firm's policy, "five clears, one report", played through by the rules alone."""

from __future__ import annotations

import pytest

from contracts.problems import Problem
from tests.unit.complaints.conftest import ASSESSMENT, Story

DESK, SERVICE, OFFICER, ENGINEER = "front_desk", "customer_service_manager", "property_officer", "engineering_manager"
DIRECTOR, GM = "management_director", "general_manager"
CLEARS = ("heard", "asked", "followed", "answered", "recorded")


def received(**facts: object) -> Story:
    story = Story("property", **facts)
    story.do("confirm_record", DESK, how="read back")
    story.do("assess", DESK, **ASSESSMENT)
    for check in ("heard", "asked"):
        story.do("tick", DESK, check=check, evidence="notes")
    return story


def handled() -> Story:
    story = received()
    story.do("pass_on", DESK, category="equipment", situation="lift stuck", first_answer="a technician comes")
    return story


def test_oral_case_is_answered_at_once_and_passed_on() -> None:
    story = Story("property")
    term = story.started("first_answer")
    assert (term.amount, term.unit, term.pausable) == (30, "minutes", False)
    story = handled()
    assert story.stage == "handling"
    assert story.stopped("first_answer")
    assert [p.role for p in story.told("complaint.assigned")[0].people] == [ENGINEER]


def test_all_five_clears_are_ticked_before_filing() -> None:
    story = handled()
    story.do("settle", OFFICER, cause="relay", done="replaced", cost={"amount": 50000})
    story.do("answer_customer", DESK, told_how="phone", told="the lift runs", satisfaction="satisfied")
    story.do("record_stamp", DESK, stamped=False, why_not="away")
    with pytest.raises(Problem) as refused:
        story.do("archive", SERVICE)
    assert "Followed to the end" in refused.value.params["missing"]
    assert "Answered" not in refused.value.params["missing"]
    for check in ("followed", "recorded"):
        story.do("tick", DESK, check=check, evidence="notes")
    story.do("archive", SERVICE)
    assert story.case.state == "closed"
    assert set(story.case.ticks) == {*CLEARS, "record_confirmed"}


def test_stamp_needs_its_scan_or_the_reason() -> None:
    story = handled()
    story.do("settle", OFFICER, cause="relay", done="replaced")
    story.do("answer_customer", DESK, told_how="phone", told="the lift runs", satisfaction="satisfied")
    with pytest.raises(Problem) as refused:
        story.do("record_stamp", DESK, stamped=True)
    assert [e["field"] for e in refused.value.errors] == ["scan"]


def test_what_cannot_be_solved_sets_the_next_reply() -> None:
    story = handled()
    story.do("set_next_reply", DESK, told="spare part is ordered", reply_at="2026-11-27T02:00:00+00:00")
    assert story.started("next_reply").at == "2026-11-27T02:00:00Z"
    with pytest.raises(Problem) as refused:
        story.do("set_next_reply", DESK, told="x", reply_at="2026-11-20T02:00:00+00:00")
    assert refused.value.errors[0]["code"] == "in_the_past"
    story.do("give_next_reply", DESK, told="arrives tomorrow")
    assert story.stopped("next_reply")


def test_major_is_reported_at_once_to_heads_and_leaders() -> None:
    story = Story("property", danger=True, category="safety")
    message = story.told("complaint.major_reported")[0]
    assert message.urgent
    assert {p.role for p in message.people} == {"security_manager", DIRECTOR, GM}
    story.do("acknowledge", GM)
    assert story.stopped("acknowledge_major")
    assert "acknowledge" not in story.can(GM)


def test_beyond_authority_names_who_can_and_goes_to_the_head() -> None:
    story = handled()
    with pytest.raises(Problem) as refused:
        story.do("settle", OFFICER, cause="relay", done="new lift", cost={"amount": 50001})
    assert refused.value.code == "beyond_authority"
    assert "Engineering manager" in refused.value.params["who"]
    assert "Front desk" not in refused.value.params["who"]
    story.do("hand_to_head", OFFICER, reason="dear", told="the head decides", reply_at="2026-11-27T02:00:00+00:00")
    assert story.stage == "with_head"
    assert "next_reply" in story.case.flow.running
    story.do("propose_settlement", ENGINEER, cause="relay", done="new lift", cost={"amount": 10_000_000})
    with pytest.raises(Problem) as beyond:
        story.do("approve", DIRECTOR)
    assert beyond.value.code == "beyond_authority"
    assert beyond.value.params["who"] == "General manager"
    story.do("approve", GM)
    assert story.stage == "reply"


def test_written_complaint_goes_to_the_leader_and_is_answered_in_writing() -> None:
    story = Story("property", channel="letter")
    assert story.stage == "registered"
    story.do("confirm_record", DESK, how="phoned")
    story.do("assess", DESK, **ASSESSMENT)
    story.do("register_mail", DESK, received_on="2026-11-23", sender="Li")
    assert story.sheet("incoming_mail").state == "done"
    assert story.stage == "instructed"
    story.do("instruct", GM, category="charges", instruction="check the bill")
    story.do("settle", "finance_manager", cause="wrong meter", done="refunded")
    assert story.stage == "letter"
    story.do("send_letter", SERVICE, letter="Dear Li ...", sent_on="2026-11-24")
    assert story.stage == "filing"
    assert "answered" in story.case.ticks


def test_dissatisfied_customer_brings_the_case_back_to_handling() -> None:
    story = handled()
    story.do("settle", OFFICER, cause="relay", done="replaced")
    story.do("answer_customer", DESK, told_how="phone", told="runs", satisfaction="dissatisfied")
    assert story.stage == "handling"


def test_follow_up_visit_is_chosen_from_closed_cases() -> None:
    story = handled()
    story.do("settle", OFFICER, cause="relay", done="replaced")
    story.do("answer_customer", DESK, told_how="phone", told="runs", satisfaction="satisfied")
    story.do("record_stamp", DESK, stamped=False, why_not="away")
    for check in ("followed", "recorded"):
        story.do("tick", DESK, check=check, evidence="notes")
    story.do("archive", SERVICE)
    story.do("choose_for_visit", SERVICE, reason="third lift case")
    on = "follow_up_visit"
    story.do("record_visit", SERVICE, on, visited_on="2026-11-30", said="fine", satisfaction="very_satisfied")
    assert story.sheet(on).state == "done"
