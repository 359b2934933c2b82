"""The developer's policy with its four levels, played through by the rules alone."""

from __future__ import annotations

import pytest

from contracts.problems import Problem
from services.complaints.domain.outcome import LevelChanged
from tests.unit.complaints.conftest import ASSESSMENT, Story

OFFICER, MANAGER, ENGINEER = "customer_service_officer", "customer_service_manager", "engineering_manager"
PROPERTY, LEADER, GM, FINANCE = "property_manager", "leader_in_charge", "general_manager", "finance"
FILE = "55555555-5555-5555-5555-555555555555"
WAN = 1_000_000
"""Fen in 10,000 yuan (1万)."""


def yuan(fen: int) -> dict[str, object]:
    return {"amount": fen, "currency": "CNY"}


@pytest.mark.parametrize(
    ("people", "claimed", "level"),
    [
        (10, 10 * WAN + 1, "level_1"),
        (10, 10 * WAN, "level_1"),  # both include their number: the graver stands
        (9, 10 * WAN + 1, "level_2"),
        (9, 10 * WAN, "level_2"),
        (10, 10 * WAN - 1, "level_2"),
        (11, 0, "level_2"),
        (9, 10 * WAN - 1, "level_3"),
        (3, 0, "level_3"),
        (2, 10 * WAN - 1, "level_4"),
        (1, 0, "level_4"),
        (1, 10 * WAN, "level_2"),
    ],
)
def test_level_table(people: int, claimed: int, level: str) -> None:
    assert Story("developer", group_size=people, claimed_amount=yuan(claimed)).case.level == level


@pytest.mark.parametrize(
    ("facts", "level"),
    [
        ({"lawsuit_risk": True}, "level_3"),
        ({"media_risk": True}, "level_3"),
        ({"media_exposed": True}, "level_1"),
        ({"grave_accident": True}, "level_1"),
        ({"public_order_harm": True}, "level_1"),
        ({"heavy_loss": True}, "level_4"),
        ({"heavy_loss": True, "refund_demanded": True}, "level_2"),
        ({"deceptive_selling": True}, "level_2"),
        ({"contract_mismatch": True}, "level_4"),
        ({"contract_mismatch": True, "huge_claim": True}, "level_2"),
    ],
)
def test_raises(facts: dict[str, bool], level: str) -> None:
    assert Story("developer", **facts).case.level == level


def test_third_like_case_raises_and_keeps_the_reason() -> None:
    story = Story("developer", category="engineering_quality", subject="tower 3")
    story.case.like_cases = 3
    story.rejudge()
    assert story.case.level == "level_3"
    assert [r.rule for r in story.case.reasons] == ["like_cases"]


def test_unsolved_after_fifteen_days_by_our_cause() -> None:
    story = Story("developer")
    story.later(days=15)
    story.rejudge("rejudge_0")
    assert (story.case.level, story.stopped("rejudge_0")) == ("level_4", False)
    story.later(days=1)
    story.rejudge("rejudge_0")
    assert (story.case.level, story.stopped("rejudge_0")) == ("level_3", True)


def test_days_of_waiting_for_the_customer_do_not_count() -> None:
    story = Story("developer")
    story.do("pause", OFFICER, reason="customer_documents")
    story.later(days=10)
    story.do("resume", OFFICER)
    story.later(days=15)
    story.rejudge("rejudge_0")
    assert story.case.level == "level_4"
    story.later(days=1)
    story.rejudge("rejudge_0")
    assert story.case.level == "level_3"


def test_only_people_lower_a_level_and_the_same_rule_stays_silent() -> None:
    story = Story("developer", lawsuit_risk=True)
    with pytest.raises(Problem):
        story.do("lower_level", OFFICER, level="level_4", reason="x")
    story.do("lower_level", MANAGER, level="level_4", reason="settled with the lawyer")
    assert story.case.reasons[-1].note == "settled with the lawyer"
    story.amend(lawsuit_risk=False)
    story.amend(lawsuit_risk=True)
    assert story.case.level == "level_4"
    story.amend(group_size=3)
    assert story.case.level == "level_3"
    changes = [(e.before, e.after, e.by_system) for e in story.effects if isinstance(e, LevelChanged)]
    assert changes == [("level_4", "level_3", True), ("level_3", "level_4", False), ("level_4", "level_3", True)]


def handed_over(**facts: object) -> Story:
    story = Story("developer", **facts)
    story.do("respond_first", OFFICER, told="we look into it")
    story.do("confirm_record", OFFICER, how="read back")
    story.do("assess", OFFICER, **ASSESSMENT)
    story.do("hand_over", OFFICER)
    return story


def judged(*, coordination: bool = False, **facts: object) -> Story:
    story = handed_over(**facts)
    story.do(
        "judge",
        MANAGER,
        category="engineering_quality",
        validity="valid",
        needs_coordination=coordination,
        our_fault=True,
        progress_by="phone weekly",
    )
    return story


def inspected(**facts: object) -> Story:
    story = judged(**facts)
    story.do("order_inspection", OFFICER, matter="crack in the wall")
    story.do(
        "report_inspection",
        ENGINEER,
        "site_inspection",
        nature="crack",
        fault="ours",
        responsible_unit="builder",
        plan="fill it",
    )
    return story


def replied(*, agreed: bool, compensation: bool = False, **facts: object) -> Story:
    story = inspected(**facts)
    evidence = {"evidence": [FILE]} if compensation else {}
    story.do(
        "propose_plan",
        OFFICER,
        cause="settling",
        plan="fill",
        reply_line="we repair",
        compensation_due=compensation,
        **evidence,
    )
    story.do("approve", MANAGER)
    story.do("reply_customer", OFFICER, told_how="phone", told="we repair", agreed=agreed)
    return story


def test_reply_in_five_days_and_ten_with_coordination() -> None:
    story = judged()
    assert (story.started("reply").amount, story.started("reply").since_receipt) == (5, True)
    assert judged(coordination=True).started("reply").amount == 10
    assert (story.started("closing").amount, story.started("closing").unit) == (15, "business_days")


def test_invalid_ones_are_explained_and_repairs_leave() -> None:
    story = handed_over()
    story.do(
        "judge",
        MANAGER,
        category="engineering_quality",
        validity="repair",
        needs_coordination=False,
        our_fault=False,
        progress_by="none",
    )
    assert story.stage == "explanation"
    story.do("explain", OFFICER, told="a plumber comes", repair_no="R1")
    assert (story.case.state, story.case.facts["outcome"]) == ("closed", "to_repairs")


def test_inspection_is_engineering_until_three_months_after_handover() -> None:
    for day, department in (("2026-08-23", "engineering"), ("2026-08-22", "property")):
        story = judged(handover_on=day)
        story.do("order_inspection", OFFICER, matter="crack")
        assert story.sheet("site_inspection").values["department"] == department


def test_engineering_cases_need_the_inspection_before_the_plan() -> None:
    story = judged()
    with pytest.raises(Problem) as refused:
        story.do("propose_plan", OFFICER, cause="c", plan="p", reply_line="r", compensation_due=False)
    assert "site inspection" in refused.value.params["missing"]


def test_cooperation_sheet_ends_at_the_agreed_time_and_is_awaited() -> None:
    story = inspected()
    story.do(
        "send_cooperation_sheet",
        OFFICER,
        department="sales",
        matter="what was promised",
        answer_by="2026-11-25T10:00:00+08:00",
    )
    assert story.started("cooperation").at == "2026-11-25T02:00:00Z"
    with pytest.raises(Problem) as refused:
        story.do("propose_plan", OFFICER, cause="c", plan="p", reply_line="r", compensation_due=False)
    assert "cooperation" in refused.value.params["missing"]
    story.do("answer", "sales_manager", "cooperation", nature="n", fault="none", responsible_unit="us", plan="p")
    story.do("propose_plan", OFFICER, cause="c", plan="p", reply_line="r", compensation_due=False)
    assert story.stage == "approval"


def test_plan_of_a_grave_case_passes_the_whole_chain_in_order() -> None:
    story = inspected(deceptive_selling=True)
    story.do("acknowledge", LEADER)
    story.do("propose_plan", OFFICER, cause="c", plan="p", reply_line="r", compensation_due=False)
    with pytest.raises(Problem) as refused:
        story.do("approve", GM)
    assert refused.value.code == "beyond_authority"
    for who in (MANAGER, LEADER):
        story.do("approve", who)
        assert story.stage == "approval"
    story.do("approve", GM)
    assert story.stage == "reply"


def test_follow_up_is_weekly_and_monthly_once_the_position_is_settled() -> None:
    story = Story("developer")
    assert (story.started("follow_up").amount, story.started("follow_up").unit) == (1, "weeks")
    story = replied(agreed=False)
    assert story.stage == "talks"
    assert (story.started("follow_up").amount, story.started("follow_up").unit) == (1, "months")
    story.do("record_follow_up", OFFICER, progress="called", settled_position=False)
    assert story.started("follow_up").unit == "weeks"


def test_compensation_runs_to_the_receipt_before_handling_ends() -> None:
    story = replied(agreed=True, compensation=True)
    with pytest.raises(Problem) as refused:
        story.do("report_handled", OFFICER, done="x")
    assert refused.value.code == "stage_incomplete"
    story.do("request_compensation", OFFICER, reason="crack", amount=yuan(2 * WAN))
    on = "compensation"
    with pytest.raises(Problem) as bare:
        story.do("submit", OFFICER, on, amount=yuan(2 * WAN), reply_line="r")
    assert "evidence" in bare.value.params["missing"]
    story.case.attachments = 1
    story.do("submit", OFFICER, on, amount=yuan(2 * WAN), reply_line="r")
    story.do("approve", MANAGER, on)
    assert story.sheet(on).flow.stage == "approving"
    story.do("approve", LEADER, on)
    story.do("record_letter", OFFICER, on, signed_on="2026-11-24", letter=[FILE])
    story.do("order_payment", FINANCE, on, order_no="P1", paid_on="2026-11-25")
    story.do("record_receipt", OFFICER, on, receipt_no="R1", scan=[FILE])
    story.do("report_handled", OFFICER, done="paid and repaired")
    assert story.stage == "callback"
    assert story.started("callback").amount == 3


def test_officer_does_not_approve_the_compensation_they_asked_for() -> None:
    story = replied(agreed=True, compensation=True)
    story.case.attachments = 1
    story.do("request_compensation", OFFICER, reason="crack", amount=yuan(WAN))
    manager = story.who(MANAGER, "m1")
    story.do("submit", manager, "compensation", amount=yuan(WAN), reply_line="r")
    with pytest.raises(Problem) as refused:
        story.do("approve", manager, "compensation")
    assert refused.value.code == "own_proposal"
    story.do("approve", story.who(MANAGER, "m2"), "compensation")
    assert story.sheet("compensation").flow.stage == "commitment"


def test_final_position_closes_what_was_never_agreed() -> None:
    story = replied(agreed=False)
    with pytest.raises(Problem) as refused:
        story.do("keep_position", OFFICER, position="p", recourse="court", evidence=[FILE])
    assert refused.value.code == "forbidden"
    story.do("keep_position", MANAGER, position="p", recourse="court", evidence=[FILE])
    story.do("close_case", OFFICER)
    assert story.case.facts["outcome"] == "final_position"


def test_callback_is_left_out_without_contact_data() -> None:
    story = replied(agreed=True)
    story.case.has_contact = False
    story.do("report_handled", OFFICER, done="x")
    assert story.stage == "filing"


def test_crisis_goes_to_leaders_at_once_and_is_reported_afterwards() -> None:
    story = Story("developer", crisis_danger=True)
    assert [message.urgent for message in story.told("complaint.major_reported")] == [True]
    assert "acknowledge_leaders" in story.case.flow.running
    assert len(Story("developer", crisis_danger=True, grave_accident=True).told("complaint.major_reported")) == 1
    story = replied(agreed=True, deceptive_selling=False)
    story.amend(crisis_danger=True)
    assert len(story.told("complaint.major_reported")) == 1
    story.do("acknowledge", GM)
    story.do("report_handled", OFFICER, done="x")
    story.do("record_callback", OFFICER, reached=True, accepted=True, satisfaction="satisfied")
    with pytest.raises(Problem) as refused:
        story.do("close_case", OFFICER)
    assert "report on the crisis" in refused.value.params["missing"]
    story.do("order_report", OFFICER)
    story.do("submit_report", ENGINEER, "crisis_report", course="c", cause="c", measures="m")
    story.do("close_case", OFFICER)
    assert story.case.state == "closed"


def test_letters_are_confirmed_by_phone_first() -> None:
    story = Story("developer", channel="email")
    story.do("confirm_record", OFFICER, how="x")
    story.do("assess", OFFICER, **ASSESSMENT)
    with pytest.raises(Problem) as refused:
        story.do("hand_over", OFFICER)
    assert "by phone" in refused.value.params["missing"]
    story.do("confirm_by_phone", OFFICER, spoke_with="Wang")
    story.do("hand_over", OFFICER)
    assert story.stage == "judging"


def test_deduction_against_a_third_party_is_ended_before_closing() -> None:
    story = replied(agreed=True)
    story.do("claim_deduction", OFFICER, third_party="builder", amount=yuan(WAN), basis="contract")
    story.do("report_handled", OFFICER, done="x")
    story.do("record_callback", OFFICER, reached=True, accepted=True, satisfaction="satisfied")
    with pytest.raises(Problem):
        story.do("close_case", OFFICER)
    story.do("deduct", FINANCE, "deduction", voucher_no="V1")
    story.do("close_case", OFFICER)
    assert story.case.state == "closed"
