"""The dealership's policy played through by the rules alone (the same clauses are driven over the wire elsewhere)."""

from __future__ import annotations

import pytest

from contracts.problems import Problem
from services.complaints import domain
from services.complaints.domain import Person
from services.complaints.domain.outcome import Closed, FindingMade, Notify, Reopened, Successor
from services.complaints.domain.people import People
from tests.unit.complaints.conftest import ASSESSMENT, STAFF, Story

CONSULTANT, MANAGER = "customer_relations_consultant", "customer_relations_manager"
SERVICE, GM = "service_manager", "general_manager"
TECHNICIAN_ID = STAFF


def judged(**facts: object) -> Story:
    """A case that the receiving technician is to investigate."""
    story = Story("dealership", **facts)
    story.do("confirm_record", CONSULTANT, how="read back")
    story.do("assess", CONSULTANT, **ASSESSMENT)
    story.do("hand_over", CONSULTANT)
    story.do(
        "judge",
        MANAGER,
        nature="complaint",
        category="repair_quality",
        grounds_sufficient=True,
        demand_reasonable=True,
        recipient=TECHNICIAN_ID,
    )
    return story


def proposed(**facts: object) -> Story:
    story = judged(**facts)
    story.do(
        "propose_solution",
        story.who("technician", TECHNICIAN_ID),
        cause="worn pad",
        responsible_department="service",
        responsible=TECHNICIAN_ID,
        solution="redo the repair",
        amount={"amount": 20000},
    )
    return story


def summed_up() -> Story:
    story = proposed()
    story.do("approve", GM)
    story.do("notify_customer", CONSULTANT, told_how="phone", told="repaired again", reaction="glad", accepted=True)
    story.do("ask_satisfaction", CONSULTANT, satisfaction="satisfied")
    return story


def test_stage_is_not_passed_before_record_is_confirmed_and_assessed() -> None:
    story = Story("dealership")
    with pytest.raises(Problem) as refused:
        story.do("hand_over", CONSULTANT)
    assert refused.value.code == "stage_incomplete"
    assert "Initial assessment" in refused.value.params["missing"]
    assert "Record confirmed" in refused.value.params["missing"]
    assert story.stage == "intake"


def test_receiving_person_has_one_business_day() -> None:
    story = judged()
    term = story.started("solution")
    assert (term.amount, term.unit, term.since_receipt) == (1, "business_days", False)
    assert story.can(story.who("technician", TECHNICIAN_ID)) >= {"propose_solution"}
    assert "propose_solution" not in story.can(story.who("technician", "somebody-else"))


def test_customer_is_told_only_after_the_general_manager_approved() -> None:
    story = proposed()
    assert "notify_customer" not in story.can(CONSULTANT)
    with pytest.raises(Problem) as refused:
        story.do("notify_customer", CONSULTANT)
    assert refused.value.code == "action_not_available"
    story.do("approve", GM)
    assert story.stage == "notification"
    assert story.stopped("solution")


def test_rejected_solution_goes_back_and_comes_again() -> None:
    story = proposed()
    story.do("reject", GM, reason="too dear")
    assert story.stage == "investigation"
    assert story.case.flow.proposal("solution").state == "rejected"  # type: ignore[union-attr]


def test_nobody_but_the_general_manager_decides_and_never_the_proposer() -> None:
    story = proposed()
    with pytest.raises(Problem) as refused:
        story.do("approve", MANAGER)
    assert refused.value.code == "forbidden"
    boss = story.who(GM, "the-boss")
    story.do("reject", GM, reason="again")
    story.do("return_to_judgement", story.who("technician", TECHNICIAN_ID), reason="mine to judge")
    story.do(
        "judge",
        boss,
        nature="complaint",
        category="repair_quality",
        grounds_sufficient=True,
        demand_reasonable=True,
        recipient=STAFF,
    )
    work = story.case.flow.proposal("solution")
    assert work is not None
    assert work.state == "rejected"


def test_delegate_decides_instead() -> None:
    story = proposed()
    other = "22222222-2222-2222-2222-222222222222"
    story.do("delegate", GM, to=other)
    deputy = story.who(GM, other)
    story.do("approve", deputy)
    assert story.stage == "notification"


def test_summing_up_waits_for_corrective_action_checked_by_the_general_manager() -> None:
    story = summed_up()
    story.do("sum_up", MANAGER, evaluation="fine", improvement="train", measures_needed=True, loss={"amount": 20000})
    with pytest.raises(Problem) as refused:
        story.do("finish", MANAGER)
    assert "corrective actions" in refused.value.params["missing"]
    story.do("open_corrective_action", MANAGER, problem="pads", department="service")
    on = "corrective_action"
    story.do("draft", SERVICE, on, cause="no check", corrective="check", preventive="list", ready_by="2026-12-01")
    story.do("approve", GM, on, supervisor=STAFF)
    story.do("report_done", MANAGER, on, evidence="list hangs in the shop")
    story.do("check", GM, on, effective=True, finding="works")
    assert story.sheet(on).state == "done"
    story.do("finish", MANAGER)
    assert story.case.state == "closed"
    assert [e.outcome for e in story.effects if isinstance(e, Closed)] == ["settled"]


def test_three_findings_are_kept_apart() -> None:
    story = summed_up()
    answerable, head = "33333333-3333-3333-3333-333333333333", "44444444-4444-4444-4444-444444444444"
    story.do(
        "sum_up",
        MANAGER,
        evaluation="x",
        improvement="y",
        measures_needed=False,
        answerable=answerable,
        head_of_responsible=head,
        loss={"amount": 500},
    )
    parts = story.case.parts
    assert parts["handler"].staff_id == "staff-customer_relations_consultant"
    assert (parts["responsible"].staff_id, parts["responsible"].department) == (TECHNICIAN_ID, "service")
    assert parts["answerable"].staff_id == answerable
    made = {(e.kind, e.party, e.amount) for e in story.effects if isinstance(e, FindingMade)}
    assert made == {("loss", "responsible", 500), ("loss", "responsible_manager", 500), ("delay", "answerable", None)}


def test_delay_of_the_receiving_person_is_a_finding() -> None:
    story = judged()
    story.breach("solution")
    assert [(e.kind, e.staff_id) for e in story.effects if isinstance(e, FindingMade)] == [("delay", TECHNICIAN_ID)]
    assert story.sheet("urging_notice").values["deadline"] == "solution"


def test_major_complaint_goes_at_once_to_head_and_general_manager() -> None:
    story = Story("dealership", injury=True, category="repair_quality")
    assert (story.case.level, story.stage) == ("major", "emergency")
    message = story.told("complaint.major_reported")[0]
    assert message.urgent
    assert {p.role for p in message.people} == {SERVICE, GM}
    assert story.started("acknowledge_gm").unit == "minutes"
    with pytest.raises(Problem):
        story.do("hold_meeting", GM, held_at="2026-11-23T02:00:00Z", attendees="all", minutes="do it")
    story.do("acknowledge_as_head", SERVICE)
    story.do("acknowledge_as_gm", GM)
    story.do("hold_meeting", GM, held_at="2026-11-23T02:00:00Z", attendees="all", minutes="do it")
    assert story.stage == "judging"


def test_major_mark_pulls_a_case_out_of_investigation() -> None:
    story = judged()
    story.do("mark_major", MANAGER, reason="the mayor's car")
    assert (story.case.level, story.stage) == ("major", "emergency")
    assert story.stopped("solution")


def test_negotiation_needs_both_managers_and_ends_in_approval() -> None:
    story = judged()
    story.do("mark_major", MANAGER, reason="x")
    story.do("acknowledge_as_head", SERVICE)
    story.do("acknowledge_as_gm", GM)
    story.do("hold_meeting", GM, held_at="2026-11-23T02:00:00Z", attendees="all", minutes="do it")
    assert story.stage == "negotiation"
    with pytest.raises(Problem) as refused:
        story.do("record_negotiation", SERVICE, held_at="2026-11-23T02:00:00Z", department_manager=STAFF, talk="x")
    assert [e["field"] for e in refused.value.errors] == ["relations_manager"]
    story.do(
        "record_negotiation",
        SERVICE,
        held_at="2026-11-23T02:00:00Z",
        department_manager=STAFF,
        relations_manager=STAFF,
        talk="x",
    )
    story.do("propose_solution", SERVICE, cause="c", responsible_department="service", solution="s")
    assert story.stage == "approval"


def test_suggestions_have_no_compensation() -> None:
    story = Story("dealership", category="suggestion")
    story.do("confirm_record", CONSULTANT, how="x")
    story.do("assess", CONSULTANT, **ASSESSMENT)
    story.do("hand_over", CONSULTANT)
    story.do(
        "judge",
        MANAGER,
        nature="suggestion",
        category="suggestion",
        grounds_sufficient=True,
        demand_reasonable=True,
        recipient=STAFF,
    )
    proposal = {"cause": "c", "responsible_department": "sales", "solution": "s"}
    with pytest.raises(Problem) as refused:
        story.do("propose_solution", story.who("salesperson", STAFF), **proposal, amount={"amount": 999})
    assert [(error["field"], error["code"]) for error in refused.value.errors] == [("amount", "not_allowed")]
    story.do("propose_solution", story.who("salesperson", STAFF), **proposal)
    assert story.case.flow.proposal("solution").amount == 0  # type: ignore[union-attr]


def test_reopening_within_the_window_and_a_new_case_after_it() -> None:
    story = summed_up()
    story.do("sum_up", MANAGER, evaluation="x", improvement="y", measures_needed=False)
    story.do("finish", MANAGER)
    story.later(days=30)
    assert "reopen" in story.can(MANAGER)
    assert "complain_again" not in story.can(MANAGER)
    story.later(days=1)
    assert "complain_again" in story.can(MANAGER)
    with pytest.raises(Problem) as refused:
        story.do("reopen", MANAGER, reason="again")
    assert refused.value.code == "action_not_available"
    story.do("complain_again", MANAGER, content="it squeaks again")
    assert [e.content for e in story.effects if isinstance(e, Successor)] == ["it squeaks again"]


def test_reopened_case_starts_from_judgement() -> None:
    story = summed_up()
    story.do("sum_up", MANAGER, evaluation="x", improvement="y", measures_needed=False)
    story.do("finish", MANAGER)
    story.do("reopen", MANAGER, reason="again")
    assert (story.case.state, story.stage, story.case.reopened) == ("open", "judging", 1)
    assert any(isinstance(e, Reopened) for e in story.effects)


@pytest.mark.parametrize(
    ("roles", "told"),
    [
        ((), "service_manager"),
        (("technician",), "service_manager"),
        (("service_manager",), "customer_relations_manager"),
        (("service_manager", "customer_relations_manager"), "general_manager"),
        (("general_manager",), "general_manager"),
    ],
)
def test_a_breach_goes_up_from_the_role_of_the_certain_person_it_waits_for(roles: tuple[str, ...], told: str) -> None:
    story = judged()
    assert People(story.policy, story.case).waits_for() == [Person(staff_id=STAFF)]
    outcome = domain.breach(
        story.policy, story.case, None, "solution", story.moment, 1, story.now, story.new_id,
        lambda staff_id: frozenset(roles) if staff_id == STAFF else frozenset(),
    )  # fmt: skip
    (notice,) = [e for e in outcome.effects if isinstance(e, Notify) and e.template == "complaint.deadline_breached"]
    assert notice.people == (Person(staff_id=STAFF), Person(role=told))
