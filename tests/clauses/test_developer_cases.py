"""SPEC RF-6 ... RF-17: how a developer's customer service works a complaint: inspection, cooperation, crisis,
compensation, callback, closing, channels."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from kefu.waiting import wait_until
from tests.clauses.developer import (
    INSPECTION,
    JUDGEMENT,
    PLAN,
    POSITION,
    REPLY,
    REPORT,
    WAN,
    Developer,
    answer,
    fen,
    refused_fields,
    three_months_before,
    today,
)
from tests.clauses.driver import SECONDS, Company, Json, moment
from tests.platform.running import Platform

SOON = timedelta(days=3)
BY = "2031-03-31T09:00:00Z"


@pytest.fixture(scope="module")
def developer(platform: Platform) -> Iterator[Developer]:
    with ExitStack() as stack:
        yield Developer(Company.found(platform, stack, "developer"))


def lacking(problem: Json) -> str:
    """What the stage still asks."""
    assert answer(problem) == (409, "stage_incomplete"), problem
    return str(problem["detail"])


@pytest.mark.clause("RF-6")
def test_customer_service_responds_at_once_and_owns_the_case(developer: Developer) -> None:
    case = developer.register(category="engineering_quality")
    clock = developer.officer.deadline(case, "first_response")
    assert moment(clock["due_at"]) - moment(clock["started_at"]) == timedelta(minutes=30)
    assert answer(developer.engineer.refused(case, "respond_first", told="x")) == (403, "not_your_turn")
    developer.officer.act(case, "respond_first", told="已受理,今日联系您")
    assert developer.officer.deadline(case, "first_response")["state"] == "done"
    case = developer.prepared(case)
    assert answer(developer.engineer.refused(case, "hand_over")) == (403, "not_your_turn")
    case = developer.judge(developer.officer.act(case, "hand_over"))
    assert "propose_plan" not in developer.engineer.may(case)
    case = developer.planned(case)
    assert answer(developer.engineer.refused(case, "reply_customer", **REPLY, agreed=True)) == (403, "not_your_turn")
    case = developer.officer.act(case, "reply_customer", **REPLY, agreed=True)
    developer.officer.act(case, "report_handled", done="已修复")
    developer.officer.act(case, "record_callback", reached=True, accepted=True, satisfaction="satisfied")
    assert answer(developer.engineer.refused(case, "close_case")) == (403, "not_your_turn")
    assert developer.officer.act(case, "close_case")["state"] == "closed"


@pytest.mark.clause("RF-7")
def test_who_inspects_depends_on_the_handover(developer: Developer) -> None:
    last_day = three_months_before(today())
    for handed_over_on, role in ((last_day, "engineering_manager"), (last_day - timedelta(days=1), "property_manager")):
        case = developer.judged(facts={"handover_on": handed_over_on.isoformat()})
        developer.officer.act(case, "order_inspection", matter="墙面空鼓")
        sheet = developer.sheet(case, "site_inspection")
        assert [person["role"] for person in sheet["waits_for"]] == [role]
        developer.company.as_(role).await_notice(case, "complaint.sheet_opened")
        assert "现场勘查" in lacking(developer.officer.refused(case, "propose_plan", **PLAN))
        developer.company.as_(role).act(sheet, "report_inspection", **INSPECTION)
        assert developer.officer.act(case, "propose_plan", **PLAN)["stage"] == "approval"


@pytest.mark.clause("RF-7")
def test_other_departments_answer_a_cooperation_sheet_in_the_agreed_time(developer: Developer) -> None:
    case = developer.judged({"category": "sales_management"})
    order = {"department": "property", "matter": "协助入户"}
    assert refused_fields(developer.officer.refused(case, "send_cooperation_sheet", **order)) == {"answer_by"}
    developer.officer.act(case, "send_cooperation_sheet", **order, answer_by=BY)
    sheet = developer.sheet(case, "cooperation")
    assert developer.officer.deadline(case, "cooperation")["due_at"] == BY
    assert "协作单" in lacking(developer.officer.refused(case, "propose_plan", **PLAN))
    assert answer(developer.engineer.refused(sheet, "answer", **INSPECTION)) == (403, "not_your_turn")
    assert refused_fields(developer.property.refused(sheet, "answer")) == {
        "nature",
        "fault",
        "responsible_unit",
        "plan",
    }
    answered = developer.property.act(sheet, "answer", **INSPECTION)
    assert (answered["state"], answered["values"]["repair_by"]) == ("done", INSPECTION["repair_by"])
    assert developer.officer.deadline(case, "cooperation")["state"] == "done"
    assert developer.officer.act(case, "propose_plan", **PLAN)["stage"] == "approval"


@pytest.mark.clause("RF-8")
def test_a_crisis_reaches_the_leaders_at_once_and_is_reported_afterwards(developer: Developer) -> None:
    case = developer.register(facts={"crisis_danger": True}, category="engineering_quality")
    for person in (developer.leader, developer.gm, developer.engineer):
        person.await_notice(case, "complaint.major_reported")
    notices = developer.gm.get("/v1/notifications", limit=100)["items"]
    assert [n["urgent"] for n in notices if (n["subject"] or {}).get("id") == case["id"]] == [True]
    clock = developer.officer.deadline(case, "acknowledge_leaders")
    assert moment(clock["due_at"]) - moment(clock["started_at"]) == timedelta(minutes=30)
    assert answer(developer.officer.refused(case, "acknowledge")) == (403, "forbidden")
    developer.leader.act(case, "acknowledge")
    case = developer.planned(developer.judge(developer.officer.act(developer.prepared(case), "hand_over")))
    case = developer.officer.act(case, "reply_customer", **REPLY, agreed=True)
    developer.officer.act(case, "report_handled", done="已修复")
    developer.officer.act(case, "record_callback", reached=True, accepted=True, satisfaction="satisfied")
    assert "危机事件报告" in lacking(developer.officer.refused(case, "close_case"))
    developer.officer.act(case, "order_report")
    report = developer.sheet(case, "crisis_report")
    assert answer(developer.property.refused(report, "submit_report", **REPORT)) == (403, "not_your_turn")
    developer.engineer.act(report, "submit_report", **REPORT)
    assert developer.officer.act(case, "close_case")["state"] == "closed"


@pytest.mark.clause("RF-8")
def test_a_group_that_grows_reaches_the_leaders_when_it_does(developer: Developer) -> None:
    case = developer.register(group_size=9, category="property_management")
    assert "complaint.major_reported" not in developer.gm.inbox(case)
    developer.officer.call("PATCH", f"/v1/complaints/{case['id']}", json={"group_size": 10})
    developer.gm.await_notice(case, "complaint.major_reported")
    assert developer.officer.deadline(case, "acknowledge_leaders")["state"] == "running"


@pytest.mark.clause("RF-10", "RF-13", "RF-17")
def test_compensation_from_request_to_receipt(developer: Developer) -> None:
    officer, finance = developer.officer, developer.finance
    case = developer.compensable()
    assert "补偿" in lacking(officer.refused(case, "report_handled", done="已修复"))
    officer.act(case, "request_compensation", reason="修复期租房费用", amount=fen(2 * WAN))
    sheet = developer.sheet(case, "compensation")
    assert sheet["number"].startswith("BC")
    assert refused_fields(officer.refused(sheet, "submit", amount=fen(2 * WAN))) == {"reply_line"}
    officer.act(sheet, "submit", amount=fen(2 * WAN), reply_line="一次性补助")
    developer.manager.act(sheet, "approve")
    sheet = developer.leader.act(sheet, "approve")
    assert (sheet["stage"], sheet["proposals"][-1]["state"]) == ("commitment", "approved")
    assert (
        answer(finance.refused(sheet, "order_payment", order_no="F1", paid_on="2026-11-30"))[1]
        == "action_not_available"
    )
    foreign = {"signed_on": "2026-11-25", "letter": [str(uuid4())]}
    assert refused_fields(officer.refused(sheet, "record_letter", **foreign)) == {"letter"}
    officer.act(sheet, "record_letter", signed_on="2026-11-25", letter=[developer.attach(case, "承诺函.txt")])
    order = {"order_no": "FK-001", "paid_on": "2026-11-30"}
    assert answer(officer.refused(sheet, "order_payment", **order)) == (403, "not_your_turn")
    finance.act(sheet, "order_payment", **order)
    assert "补偿" in lacking(officer.refused(case, "report_handled", done="已修复")), "the file is not complete"
    done = officer.act(sheet, "record_receipt", receipt_no="SJ-001", scan=[developer.attach(case, "收据.txt")])
    assert done["state"] == "done"
    assert officer.act(case, "report_handled", done="已修复")["stage"] == "callback"
    (entry,) = [e for e in officer.history(case, "sheet_closed") if e["sheet_id"] == sheet["id"]]
    assert entry["fields"]["number"] == sheet["number"]


@pytest.mark.clause("RF-10")
@pytest.mark.parametrize(("amount", "deciders"), [(WAN, 1), (WAN + 1, 2), (10 * WAN, 2), (10 * WAN + 1, 3)])
def test_who_approves_a_compensation_depends_on_its_amount(developer: Developer, amount: int, deciders: int) -> None:
    case = developer.compensable()
    developer.officer.act(case, "request_compensation", reason="租房费用", amount=fen(amount))
    sheet = developer.officer.act(
        developer.sheet(case, "compensation"), "submit", amount=fen(amount), reply_line="一次性补助"
    )
    assert len(sheet["proposals"][-1]["chain"]) == deciders
    assert answer(developer.gm.refused(sheet, "approve")) == (403, "beyond_authority"), "the manager comes first"
    for person in (developer.manager, developer.leader, developer.gm)[:deciders]:
        assert sheet["stage"] == "approving"
        sheet = person.act(sheet, "approve")
    assert sheet["stage"] == "commitment"


@pytest.mark.clause("RF-10")
def test_nobody_approves_their_own_and_a_rejection_goes_back(developer: Developer) -> None:
    case = developer.compensable()
    developer.officer.act(case, "request_compensation", reason="租房费用", amount=fen(WAN))
    sheet = developer.sheet(case, "compensation")
    developer.manager.act(sheet, "submit", amount=fen(WAN), reply_line="一次性补助")
    assert answer(developer.manager.refused(sheet, "approve")) == (403, "own_proposal")
    colleague = developer.company.hire(f"m{uuid4().hex[:6]}", "customer_service_manager")
    assert colleague.act(sheet, "reject", reason="金额过高")["stage"] == "requested"
    voided = developer.officer.act(sheet, "give_up", reason="客户放弃")
    assert voided["state"] == "void"
    assert developer.officer.act(case, "report_handled", done="已修复")["stage"] == "callback"


@pytest.mark.clause("RF-10")
def test_a_third_partys_fault_is_deducted_before_closing(developer: Developer) -> None:
    case = developer.called_back()
    claim = {"third_party": "总包单位", "amount": fen(3 * WAN), "basis": "施工合同第12条"}
    developer.officer.act(case, "claim_deduction", **claim)
    assert "单据" in lacking(developer.officer.refused(case, "close_case"))
    sheet = developer.sheet(case, "deduction")
    assert answer(developer.officer.refused(sheet, "deduct", voucher_no="PZ-1")) == (403, "not_your_turn")
    developer.finance.act(sheet, "deduct", voucher_no="PZ-1")
    assert developer.officer.act(case, "close_case")["state"] == "closed"


@pytest.mark.clause("RF-11")
def test_accepted_at_the_callback_is_closed_and_refused_is_talked_over(developer: Developer) -> None:
    case = developer.handled()
    assert developer.officer.deadline(case, "callback")["state"] == "running"
    refused = {"reached": True, "accepted": False, "satisfaction": "dissatisfied"}
    assert developer.officer.act(case, "record_callback", **refused)["stage"] == "talks"
    developer.officer.act(case, "record_agreement", agreement="追加保修一年")
    developer.officer.act(case, "report_handled", done="已追加")
    developer.officer.act(case, "record_callback", reached=True, accepted=True, satisfaction="satisfied")
    closed = developer.officer.act(case, "close_case")
    assert (closed["state"], closed["outcome"], closed["satisfaction"]) == ("closed", "settled", "satisfied")


@pytest.mark.clause("RF-11")
def test_without_contact_data_there_is_no_callback(developer: Developer) -> None:
    nowhere = {"name": "王芳", "address": "星河湾3栋1201", "kind": "customer"}
    assert developer.handled(complainant=nowhere)["stage"] == "filing"


@pytest.mark.clause("RF-11")
def test_never_agreed_is_closed_with_the_written_position_and_evidence(developer: Developer) -> None:
    case = developer.replied(agreed=False)
    assert case["stage"] == "talks"
    evidence = [developer.attach(case)]
    refused = developer.officer.refused(case, "keep_position", **POSITION, evidence=evidence)
    assert answer(refused) == (403, "forbidden")
    assert refused_fields(developer.manager.refused(case, "keep_position", **POSITION)) == {"evidence"}
    developer.manager.act(case, "keep_position", **POSITION, evidence=evidence)
    closed = developer.officer.act(case, "close_case")
    assert closed["outcome"] == "final_position"
    assert developer.officer.form(closed, "final_position")["evidence"] == evidence


@pytest.mark.clause("RF-13")
def test_one_household_has_one_file(developer: Developer) -> None:
    house = {"kind": "property_unit", "project": "星河湾", "building": "3栋", "unit": "1201"}
    household = developer.officer.post("/v1/customers", name="王芳", phone="13711112222", assets=[house])
    cases = [
        developer.register(complainant={"name": name, "phone": phone, "unit_no": "星河湾3栋1201", "kind": "customer"})
        for name, phone in (("王芳", "13711112222"), ("李强", "13733334444"))
    ]

    def on_file() -> set[str]:
        found = developer.officer.get("/v1/complaints", customer_id=household["id"])["items"]
        return {case["id"] for case in found}

    wait_until(lambda: on_file() == {case["id"] for case in cases}, limit=SECONDS, what="both cases on the file")


@pytest.mark.clause("RF-14", "RF-16")
def test_published_channels_each_with_its_register(developer: Developer) -> None:
    channels = {c["key"]: c["label"] for c in developer.officer.get("/v1/complaint-intake")["channels"]}
    published = {"phone": "客服热线", "visit": "固定接待处", "email": "客服邮箱", "web": "网络论坛"}
    assert channels.items() >= {**published, "letter": "来信", "forwarded": "监督层面转发"}.items()
    for channel in ("phone", "visit", "letter", "email", "web"):
        case = developer.register(channel=channel)
        register = developer.officer.get("/v1/complaints", channel=channel, limit=100)["items"]
        assert {entry["channel"] for entry in register} == {channel}
        assert case["id"] in {entry["id"] for entry in register}


@pytest.mark.clause("RF-14")
def test_a_forwarded_complaint_is_tracked_and_urged(developer: Developer) -> None:
    body = developer.company.intake(channel="forwarded", complainant=developer.complainant(70))
    assert refused_fields(developer.officer.problem("POST", "/v1/complaints", json=body)) == {"facts.forwarded_by"}
    case = developer.judged(channel="forwarded", facts={"forwarded_by": "集团监察部"})
    assert case["facts"]["forwarded_by"] == "集团监察部"
    developer.officer.act(case, "urge_forwarded", told="已勘查,方案审批中")
    assert "urge_forwarded" not in developer.officer.may(developer.register())
    developer.officer.act(case, "urge", note="集团要求三日内回复")
    (notice,) = developer.officer.get("/v1/urging-notices", complaint_id=case["id"])["items"]
    assert [person["role"] for person in notice["waits_for"]] == ["engineering_manager"]
    developer.engineer.await_notice(case, "complaint.urged")


@pytest.mark.clause("RF-16")
@pytest.mark.parametrize("channel", ["letter", "email"])
def test_a_letter_is_confirmed_by_phone_first_and_progress_reports_are_agreed(
    developer: Developer, channel: str
) -> None:
    case = developer.prepared(developer.register(channel=channel))
    assert "电话核实" in lacking(developer.officer.refused(case, "hand_over"))
    developer.officer.act(case, "confirm_by_phone", spoke_with="与王芳核对来信内容")
    case = developer.officer.act(case, "hand_over")
    judgement = {name: value for name, value in JUDGEMENT.items() if name != "progress_by"}
    assert refused_fields(developer.manager.refused(case, "judge", **judgement)) == {"progress_by"}
    assert developer.judge(case)["facts"]["progress_by"] == JUDGEMENT["progress_by"]


@pytest.mark.clause("RF-17")
def test_evidence_and_the_agreed_line_come_before_a_compensation(developer: Developer) -> None:
    case = developer.inspected(developer.judged())
    propose: dict[str, Any] = {**PLAN, "compensation_due": True}
    assert refused_fields(developer.officer.refused(case, "propose_plan", **propose)) == {"evidence"}
    elsewhere = developer.attach(developer.register())
    for file in (str(uuid4()), elsewhere):
        assert refused_fields(developer.officer.refused(case, "propose_plan", **propose, evidence=[file])) == {
            "evidence"
        }
    propose["evidence"] = [developer.attach(case)]
    without = {name: value for name, value in propose.items() if name != "reply_line"}
    assert refused_fields(developer.officer.refused(case, "propose_plan", **without)) == {"reply_line"}
    assert developer.officer.act(case, "propose_plan", **propose)["stage"] == "approval"


@pytest.mark.clause("RF-17")
def test_a_compensation_without_evidence_on_file_is_not_submitted(developer: Developer) -> None:
    case = developer.replied()
    developer.officer.act(case, "request_compensation", reason="租房费用", amount=fen(WAN))
    sheet = developer.sheet(case, "compensation")
    submission = {"amount": fen(WAN), "reply_line": "一次性补助"}
    assert "证据" in lacking(developer.officer.refused(sheet, "submit", **submission))
    developer.attach(case)
    assert developer.officer.act(sheet, "submit", **submission)["stage"] == "approving"
