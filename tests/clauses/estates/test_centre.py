"""SPEC PM: a property management centre, from the apology to the custodian's file."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.clauses.driver import Company, Json, errors_of, moment
from tests.clauses.estates.conftest import Found
from tests.clauses.estates.working import code, due, last_sheet, register, report, table, waits_for
from tests.clauses.listening import listening
from tests.clauses.moving import Clockwork, business_day, end_of, late

RECORD: Json = {"matter": "电梯停运", "apology": "就不便致歉"}
VERIFIED: Json = {"category": "equipment", "verified": "现场属实", "validity": "valid", "special": False}
RESULT: Json = {"result": "已修复", "signed": "工程部经理"}
CALL: Json = {"called_how": "phone", "satisfaction": "satisfied", "suggestions": "增加巡检", "thanked": True}
WORKING: Json = {"effective": True, "finding": "运行正常"}


class Centre:
    def __init__(self, company: Company, clockwork: Clockwork) -> None:
        self.company, self.clockwork = company, clockwork
        self.desk, self.assistant, self.manager, self.head, self.custodian, self.director = company.team(
            "front_desk", "service_assistant", "customer_service_manager", "engineering_manager", "archivist",
            "management_director",
        )  # fmt: skip

    def recorded(self, **fields: Any) -> Json:
        case = register(self.desk, **fields)
        self.desk.act(case, "confirm_record", how="复述")
        self.desk.act(case, "fill_record", **RECORD)
        return self.desk.act(case, "hand_over")

    def verified(self, found: Json | None = None, **fields: Any) -> Json:
        return self.assistant.act(self.recorded(**fields), "verify", **{**VERIFIED, **(found or {})})

    def returned(self, **fields: Any) -> Json:
        return self.head.act(self.verified(**fields), "return_result", **RESULT)

    def checked(self, **fields: Any) -> Json:
        case = self.assistant.act(self.returned(**fields), "record_callback", **CALL)
        return self.manager.act(case, "check_effect", **WORKING)


@pytest.fixture(scope="module")
def centre(found: Found, clockwork: Clockwork) -> Centre:
    return Centre(found("property/centre"), clockwork)


@pytest.mark.clause("PM-1")
def test_name_unit_and_phone_are_taken_and_an_apology_is_on_the_record(centre: Centre) -> None:
    bare = centre.company.intake(content="电梯停运", complainant={"name": "李女士"})
    refused = centre.desk.problem("POST", "/v1/complaints", json=bare)
    assert errors_of(refused) == {"complainant.unit_no", "complainant.phone"}
    case = register(centre.desk)
    centre.desk.act(case, "confirm_record", how="复述")
    assert code(centre.desk.refused(case, "hand_over")) == (409, "stage_incomplete")
    assert errors_of(centre.desk.refused(case, "fill_record", matter="电梯停运")) == {"apology"}
    case = centre.desk.act(case, "fill_record", **RECORD)
    assert [tick["evidence"] for tick in case["ticks"] if tick["key"] == "apologised"] == ["就不便致歉"]
    assert centre.desk.act(case, "hand_over")["stage"] == "verifying"
    assert centre.desk.form(case, "record") == RECORD


@pytest.mark.clause("PM-2")
def test_verified_ones_go_to_the_department_with_a_deadline(centre: Centre) -> None:
    case = centre.verified()
    assert (case["stage"], waits_for(case)) == ("handling", {"engineering_manager"})
    assert due(centre.desk, case, "result") == end_of(business_day(centre.clockwork.now.date(), 3))
    centre.head.await_notice(case, "complaint.assigned")
    limit = centre.clockwork.now + timedelta(hours=5)
    case = centre.verified({"limit": limit.isoformat()})
    assert abs(due(centre.desk, case, "result") - limit) < timedelta(seconds=1)
    centre.clockwork.forward(hours=5, minutes=1)
    late(centre.desk, case, "result")
    centre.head.await_notice(case, "complaint.urged")


@pytest.mark.clause("PM-2")
def test_special_cases_go_up_to_the_manager(centre: Centre) -> None:
    case = centre.verified({"special": True})
    assert waits_for(case) == {"customer_service_manager"}
    centre.manager.await_notice(case, "complaint.handed_up")
    assert centre.manager.act(case, "instruct", instruction="三日内修复")["stage"] == "handling"


@pytest.mark.clause("PM-3")
def test_a_serious_one_is_reviewed_with_measures_person_and_deadline(centre: Centre) -> None:
    case = centre.verified(group_size=5)
    assert (case["level_label"], case["stage"]) == ("严重投诉", "review")
    centre.manager.await_notice(case, "complaint.handed_up")
    limit = centre.clockwork.now + timedelta(hours=30)
    held: Json = {
        "minutes": "到会五人", "measures": "更换控制柜", "responsible": centre.head.id, "limit": limit.isoformat(),
    }  # fmt: skip
    assert code(centre.desk.refused(case, "hold_review", **held)) == (403, "forbidden")
    for field in held:
        lacking = {name: value for name, value in held.items() if name != field}
        assert errors_of(centre.manager.refused(case, "hold_review", **lacking)) == {field}
    case = centre.manager.act(case, "hold_review", **held)
    assert [person["staff_id"] for person in case["waits_for"]] == [centre.head.id]
    assert abs(due(centre.desk, case, "result") - limit) < timedelta(seconds=1)
    case = centre.head.act(case, "return_result", **RESULT)
    assert case["stage"] == "callback"


@pytest.mark.clause("PM-4", "PM-5")
def test_the_signed_result_comes_back_and_the_assistant_calls(centre: Centre) -> None:
    case = centre.verified()
    assert errors_of(centre.head.refused(case, "return_result", result="已修复")) == {"signed"}
    assert code(centre.desk.refused(case, "return_result", **RESULT)) == (403, "not_your_turn")
    case = centre.head.act(case, "return_result", **RESULT)
    assert centre.desk.form(case, "service_record") == RESULT
    assert (case["stage"], waits_for(case)) == ("callback", {"service_assistant"})
    centre.assistant.await_notice(case, "complaint.sheet_returned")
    assert centre.desk.deadline(case, "callback")["state"] == "running"


@pytest.mark.clause("PM-6")
def test_malicious_ones_are_answered_on_principle_and_kept_out_of_the_rate(centre: Centre) -> None:
    month = centre.clockwork.now.strftime("%Y-%m")
    before = report(centre.company, centre.manager, month)["figures"]
    malicious = centre.verified({"validity": "malicious"})
    assert malicious["stage"] == "principle"
    assert errors_of(centre.manager.refused(malicious, "answer_on_principle")) == {"told"}
    centre.manager.act(malicious, "answer_on_principle", told="按合同约定答复")
    centre.custodian.act(malicious, "file_record", file_no="2030-M-1")
    centre.verified()
    found = report(centre.company, centre.manager, month)
    after = found["figures"]
    assert after["received"] == before["received"] + 2, "it is kept"
    assert after["counted"] == before["counted"] + 1, "it is not a valid complaint"
    assert after["counted_share"] == round(after["counted"] * 100 / after["received"], 1)
    assert table(found, "validity")["malicious"]["counted"] == 0


@pytest.mark.clause("PM-7")
def test_one_custodian_keeps_the_records(centre: Centre) -> None:
    case = centre.checked()
    assert (case["stage"], waits_for(case)) == ("filing", {"archivist"})
    for person in (centre.desk, centre.assistant, centre.manager, centre.director):
        assert code(person.refused(case, "file_record", file_no="1"))[0] == 403
    case = centre.custodian.act(case, "file_record", file_no="2030-0001")
    assert case["state"] == "closed"


@pytest.mark.clause("PM-8")
def test_a_persons_conduct_needs_witness_evidence_and_signature_and_a_finding(centre: Centre) -> None:
    nameless = centre.company.intake(category="conduct", content="保安辱骂业主", complainant=None)
    nameless["complainant"] = {"name": "李女士", "phone": "13800138000", "unit_no": "3-1201"}
    assert errors_of(centre.desk.problem("POST", "/v1/complaints", json=nameless)) == {"facts.accused"}
    case = centre.recorded(category="conduct", content="保安辱骂业主", facts={"accused": "张某"})
    verify = {**VERIFIED, "category": "conduct"}
    assert code(centre.assistant.refused(case, "verify", **verify)) == (409, "stage_incomplete")
    file = centre.desk.call("POST", f"/v1/complaints/{case['id']}/attachments", files={"file": ("证据.txt", b"video")})
    assert errors_of(centre.assistant.refused(case, "take_evidence", witness="王某")) == {"evidence", "signature"}
    centre.assistant.act(case, "take_evidence", witness="王某", evidence=[file["id"]], signature=[file["id"]])
    case = centre.assistant.act(case, "verify", **verify)
    sheet = last_sheet(centre.desk, case, "investigation")
    assert (case["stage"], sheet["values"]["accused"]) == ("investigating", "张某")
    assert code(centre.manager.refused(case, "go_on", told="已调查并处理")) == (409, "stage_incomplete")
    concluded: Json = {"established": True, "finding": "属实"}
    assert errors_of(centre.manager.refused(sheet, "conclude", **concluded)) == {"staff", "seriousness"}
    with listening(centre.clockwork.platform, "complaints", centre.company.id) as listener:
        centre.manager.act(sheet, "conclude", **concluded, staff=centre.desk.id, seriousness="serious")
        finding = listener.await_one("complaint.finding_made", kind="conduct")
    assert (finding["staff_id"], finding["note"]) == (centre.desk.id, "serious: 属实")
    assert centre.manager.act(case, "go_on", told="已调查并处理")["stage"] == "callback"


@pytest.mark.clause("PM-9")
def test_the_customer_is_asked_for_satisfaction_and_suggestions_and_thanked(centre: Centre) -> None:
    case = centre.returned()
    for field in ("satisfaction", "suggestions", "thanked"):
        lacking = {name: value for name, value in CALL.items() if name != field}
        assert errors_of(centre.assistant.refused(case, "record_callback", **lacking)) == {field}
    back = centre.assistant.act(case, "record_callback", **{**CALL, "satisfaction": "dissatisfied"})
    assert back["stage"] == "with_manager"
    case = centre.assistant.act(centre.returned(), "record_callback", **{**CALL, "called_how": "visit"})
    assert centre.desk.form(case, "callback")["suggestions"] == "增加巡检"


@pytest.mark.clause("PM-10")
def test_each_months_complaints_are_analysed(centre: Centre) -> None:
    centre.verified(channel="wechat")
    found = report(centre.company, centre.manager, centre.clockwork.now.strftime("%Y-%m"))
    for by in ("category", "level", "validity", "department", "channel", "satisfaction"):
        assert sum(row["received"] for row in table(found, by).values()) == found["figures"]["received"], by
    assert table(found, "channel")["wechat"]["received"] >= 1
    assert moment(found["due_at"]) > moment(found["to"])


@pytest.mark.clause("PM-11")
def test_the_manager_checks_the_effect_before_filing(centre: Centre) -> None:
    case = centre.assistant.act(centre.returned(), "record_callback", **CALL)
    assert waits_for(case) == {"customer_service_manager"}
    assert code(centre.assistant.refused(case, "check_effect", **WORKING)) == (403, "forbidden")
    again = centre.manager.act(case, "check_effect", effective=False, finding="仍有异响")
    assert again["stage"] == "with_manager", "not before it works"
    centre.manager.act(again, "instruct", instruction="返工")
    case = centre.assistant.act(centre.head.act(again, "return_result", **RESULT), "record_callback", **CALL)
    assert centre.manager.act(case, "check_effect", **WORKING)["stage"] == "filing"
