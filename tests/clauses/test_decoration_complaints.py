"""SPEC DC: a decoration company's customer department at work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest

from kefu.waiting import wait_until
from tests.clauses.decoration import PAPERS, RESULT, SETTLED, SHEET, Decoration
from tests.clauses.developer import answer, refused_fields
from tests.clauses.driver import SECONDS, Company, Json, moment, month_of, yuan
from tests.clauses.listening import listening
from tests.platform.running import Platform

pytestmark = pytest.mark.parametrize("platform", ["postgresql"], indirect=True, scope="session")

UNREACHED = {"reached": False}


@pytest.fixture(scope="module")
def firm(platform: Platform) -> Iterator[Decoration]:
    with ExitStack() as stack:
        yield Decoration(Company.found(platform, stack, "decoration"))


def lasts(clock: Json) -> timedelta:
    return moment(clock["due_at"]) - moment(clock["started_at"])


@pytest.mark.clause("DC-1")
def test_four_counts_are_shown_monthly(platform: Platform) -> None:
    with ExitStack() as stack:
        firm = Decoration(Company.found(platform, stack, "decoration"))
        case = firm.closed()
        month = month_of(case["received_at"])
        whole = firm.head.get("/v1/reports/complaints-monthly", month=month)["counts"]
        assert [(c["key"], c["cases"], c["share"]) for c in whole] == [
            (key, 1, 100.0) for key in ("recorded", "handled", "rechecked", "passed_on")
        ]
        firm.passed_on()
        firm.register()
        firm.called()
        counts = firm.head.get("/v1/reports/complaints-monthly", month=month)["counts"]
    assert {c["key"]: (c["cases"], c["share"]) for c in counts} == {
        "recorded": (3, 75.0), "handled": (2, 50.0), "rechecked": (2, 50.0), "passed_on": (1, 25.0),
    }  # fmt: skip


@pytest.mark.clause("DC-1")
def test_nothing_is_left_out_before_the_case_is_filed(firm: Decoration) -> None:
    case = firm.register()
    assert "记录已与客户核对" in firm.desk.refused(case, "pass_on", **SHEET)["detail"]
    case = firm.called()
    for field in SETTLED:
        rest = {name: value for name, value in SETTLED.items() if name != field}
        assert refused_fields(firm.head.refused(case, "settle", **rest)) == {field}
    firm.head.act(case, "settle", **SETTLED)
    passed = firm.sheet(case, "improvement")
    firm.engineering.await_notice(case, "complaint.sheet_opened")
    assert firm.engineering.act(passed, "take_up", answer="已列入验收项")["state"] == "done"


@pytest.mark.clause("DC-2")
def test_passed_on_the_same_day_result_in_48_hours_call_in_72(firm: Decoration) -> None:
    case = firm.register()
    clock = firm.desk.deadline(case, "passing_on")
    assert clock["due_at"][10:] == "T16:00:00Z", "24:00 in Shanghai"
    assert lasts(clock) <= timedelta(days=1)
    case = firm.passed_on()
    assert [w["role"] for w in case["waits_for"]] == ["engineering_manager"]
    assert lasts(firm.desk.deadline(case, "first_result")) == timedelta(hours=48)
    case = firm.engineering.act(case, "return_result", **RESULT)
    assert firm.desk.deadline(case, "first_result")["state"] == "done"
    assert lasts(firm.desk.deadline(case, "callback")) == timedelta(hours=72)
    case = firm.officer.act(case, "record_call", reached=True, satisfaction="satisfied")
    assert (case["stage"], firm.desk.deadline(case, "callback")["state"]) == ("settling", "done")


@pytest.mark.clause("DC-2")
def test_who_is_not_satisfied_is_upgraded_to_the_superior(firm: Decoration) -> None:
    case = firm.called("dissatisfied")
    assert (case["stage"], [w["role"] for w in case["waits_for"]]) == ("upgraded", ["vice_president"])
    firm.vice.await_notice(case, "complaint.handed_up")
    assert answer(firm.engineering.refused(case, "return_result", **RESULT))[1] == "not_your_turn"
    assert firm.vice.act(case, "return_result", **RESULT)["stage"] == "callback"


@pytest.mark.clause("DC-3")
@pytest.mark.parametrize("how", [{"channel": "media"}, {"facts": {"media_exposed": True}}, {}])
def test_what_reaches_president_or_media_is_reported_and_fined_heavier(firm: Decoration, how: Json) -> None:
    case = firm.handled({"service_fault": True, "penalty_due": True}, **how)
    if not how:
        assert (case["level"], case["sheets"]) == ("ordinary", [])
        case = firm.head.act(case, "tell_president")
    assert case["level"] == "exposed"
    firm.president.await_notice(case, "complaint.major_reported")
    case = firm.officer.act(case, "record_call", reached=True, satisfaction="satisfied")
    firm.head.act(case, "propose_penalty", item="attitude", staff=firm.engineering.id)
    notice = firm.head.act(firm.sheet(case, "penalty"), "submit")
    assert (notice["values"]["amount"], notice["values"]["exposed"]) == (yuan(40), True)
    with listening(firm.company.platform, "complaints", firm.company.id) as heard:
        firm.vice.act(notice, "approve")
        fine = heard.await_one("complaint.finding_made", kind="fine", complaint_id=case["id"])
    assert (fine["staff_id"], fine["amount"]) == (firm.engineering.id, yuan(40))
    assert "向总裁的书面报告" in firm.head.refused(case, "settle", **SETTLED)["detail"]
    report = firm.sheet(case, "president_report")
    assert refused_fields(firm.head.refused(report, "submit_report")) == {"finding", "measures"}
    firm.head.act(report, "submit_report", finding="态度生硬", measures="培训")
    assert firm.head.act(case, "settle", **SETTLED)["stage"] == "filing"


@pytest.mark.clause("DC-3")
def test_a_fault_in_our_reception_asks_for_apology_and_self_criticism(firm: Decoration) -> None:
    case = firm.called()
    firm.head.act(case, "order_self_criticism", staff=firm.desk.id, fault="电话中语气生硬")
    assert "书面报告" in firm.head.refused(case, "settle", **SETTLED)["detail"]
    criticism = firm.sheet(case, "self_criticism")
    assert refused_fields(firm.head.refused(criticism, "record_criticism")) == {"apologised_on", "criticism"}
    scan = [firm.attach(case, "self_criticism")]
    done = firm.head.act(criticism, "record_criticism", apologised_on="2026-11-22", criticism=scan)
    assert done["state"] == "done"


@pytest.mark.clause("DC-4")
def test_closing_needs_satisfaction_settled_penalty_and_a_filed_dossier(firm: Decoration) -> None:
    case = firm.handled({"penalty_due": True})
    assert answer(firm.head.refused(case, "settle", **SETTLED))[1] == "action_not_available"
    case = firm.officer.act(case, "record_call", reached=True, satisfaction="satisfied")
    assert "内部处罚办结" in firm.head.refused(case, "settle", **SETTLED)["detail"]
    firm.head.act(case, "propose_penalty", item="work_late", staff=firm.engineering.id)
    notice = firm.head.act(firm.sheet(case, "penalty"), "submit")
    assert "内部处罚办结" in firm.head.refused(case, "settle", **SETTLED)["detail"]
    firm.vice.act(notice, "approve")
    assert firm.head.act(case, "settle", **SETTLED)["stage"] == "filing"
    assert firm.papers(case)["penalty_notice"] == "present", "the approved notice is in the file"


@pytest.mark.clause("DC-5")
def test_the_dossier_is_whole_and_signed_twice_before_it_is_filed(firm: Decoration) -> None:
    case = firm.settled()
    states = firm.papers(case)
    assert {paper for paper, state in states.items() if state == "missing"} == set(PAPERS)
    assert states["supplier_letter"] == states["clippings"] == states["penalty_notice"] == "not_applicable"
    assert states["onsite_minutes"] == "optional"
    for paper in PAPERS[:-1]:
        firm.attach(case, paper)
    refused = firm.officer.refused(case, "submit_dossier")
    assert (answer(refused)[1], "解决方案确认书" in refused["detail"]) == ("stage_incomplete", True)
    firm.attach(case, PAPERS[-1])
    case = firm.officer.act(case, "submit_dossier")
    assert answer(firm.vice.refused(case, "approve"))[1] == "beyond_authority", "the head first"
    assert firm.head.act(case, "approve")["stage"] == "signing"
    assert firm.vice.act(case, "approve")["state"] == "closed"
    filed = firm.sheet(case, "filed_dossier")
    firm.officer.act(filed, "hand_in")
    firm.office.await_notice(case, "complaint.sheet_opened")


@pytest.mark.clause("DC-5")
def test_what_the_dossier_wants_follows_the_kind_of_case(firm: Decoration) -> None:
    facts = {"media_exposed": True, "supplier_involved": True, "court_involved": True, "reached_president": True}
    wanted = firm.papers(firm.handled({"compensation_due": True, "penalty_due": True}, facts=facts))
    assert {state for paper, state in wanted.items() if paper != "onsite_minutes"} == {"missing"}
    assert firm.papers(firm.register(category="service"))["inspector_report"] == "not_applicable"


@pytest.mark.clause("DC-15")
def test_on_the_fourth_unanswered_call_the_customer_is_told_by_sms(platform: Platform) -> None:
    never_quiet = {"quiet_hours": {"enabled": False, "from": "21:00", "to": "08:00"}}
    with ExitStack() as stack:
        firm = Decoration(Company.found(platform, stack, "decoration", overrides={"notifications": never_quiet}))
        firm.company.admin.call("PUT", "/v1/channels/sms", json={"provider": "file"})
        case = firm.handled()
        for _ in range(3):
            case = firm.officer.act(case, "record_call", **UNREACHED)
        assert (case["stage"], case["facts"]["told_by_sms"]) == ("callback", False)
        assert refused_fields(firm.officer.refused(case, "record_call", **UNREACHED)) == {"progress"}
        case = firm.officer.act(case, "record_call", **UNREACHED, progress="墙面已返工")
        assert (case["stage"], case["state"], case["facts"]["told_by_sms"]) == ("told_by_sms", "open", True)

        def told() -> list[Json]:
            sent = firm.company.admin.get("/v1/deliveries", subject_id=case["id"])["items"]
            details = [firm.company.admin.get(f"/v1/deliveries/{one['id']}") for one in sent]
            return [one for one in details if one["key"] == "complaint.progress" and one["body"]]

        wait_until(told, limit=SECONDS, what="the SMS is on its way")
        (sms,) = told()
        assert (sms["channel"], "墙面已返工" in sms["body"]) == ("sms", True)
        case = firm.officer.act(case, "record_call", **UNREACHED, progress="墙面已返工")
        assert case["stage"] == "told_by_sms"
        case = firm.officer.act(case, "record_call", reached=True, satisfaction="satisfied")
        assert (case["stage"], case["facts"]["told_by_sms"], len(told())) == ("settling", False, 1)


@pytest.mark.clause("DC-15")
def test_an_answered_call_begins_the_count_anew_and_the_next_stage_may_begin(firm: Decoration) -> None:
    case = firm.handled()
    for _ in range(3):
        case = firm.officer.act(case, "record_call", **UNREACHED)
    case = firm.officer.act(case, "record_call", **UNREACHED, progress="已返工")
    assert firm.head.act(case, "go_on_without")["stage"] == "settling"


@pytest.mark.clause("DC-16", "DC-29")
def test_opinions_go_to_their_department_and_are_answered(firm: Decoration) -> None:
    case = firm.handled()
    said = {"reached": True, "satisfaction": "satisfied", "opinion": "希望增加收纳设计"}
    assert refused_fields(firm.officer.refused(case, "record_call", **said)) == {"opinion_for"}
    firm.officer.act(case, "record_call", **said, opinion_for="design")
    opinion = firm.sheet(case, "opinion")
    friday = moment(firm.desk.deadline(case, "friday")["due_at"]) - timedelta(minutes=1)
    assert (friday + timedelta(hours=8)).isoweekday() == 5
    opinion = firm.desk.act(opinion, "report_to_head")
    firm.head.await_notice(case, "complaint.sheet_opened")
    firm.design.await_notice(case, "complaint.sheet_opened")
    assert answer(firm.engineering.refused(opinion, "answer", answer="x"))[1] == "not_your_turn"
    assert firm.design.act(opinion, "answer", answer="纳入设计规范")["state"] == "done"


@pytest.mark.clause("DC-20")
def test_the_weekly_meeting_has_its_agenda_minutes_tasks_and_report(firm: Decoration) -> None:
    case = firm.passed_on()
    firm.officer.act(case, "put_on_meeting", matter="空鼓频发")
    item = firm.sheet(case, "meeting_item")
    tuesday = moment(firm.desk.deadline(case, "meeting")["due_at"]) - timedelta(minutes=1)
    assert (tuesday + timedelta(hours=8)).isoweekday() == 2
    agenda = firm.head.get("/v1/sheets", kind="meeting_item", stage="listed")["items"]
    assert item["id"] in {one["id"] for one in agenda}
    tasks = [
        {"department": "engineering", "task": "排查在施工地", "due_on": "2030-01-08"},
        {"department": "design", "task": "修订节点图", "due_on": "2030-01-10"},
    ]
    item = firm.head.act(item, "record_minutes", minutes="分析原因", tasks=tasks)
    assert item["stage"] == "reporting"
    report = firm.desk.deadline(case, "meeting_report")
    assert timedelta(0) < lasts(report) <= timedelta(days=2)
    sheets = [s for s in firm.officer.case(case)["sheets"] if s["kind"] == "task"]
    assert [s["waits_for"][0]["role"] for s in sheets] == ["engineering_manager", "design_manager"]
    assert firm.design.act(sheets[1], "report_done", result="已修订")["state"] == "done"
    assert firm.head.act(item, "send_report", report="例会报告")["state"] == "done"


@pytest.mark.clause("DC-21")
@pytest.mark.parametrize(("item", "fine"), [
    ("dress_badge", 10), ("power_left_on", 10), ("hand_over_incomplete", 20), ("work_late", 20), ("attitude", 20),
    ("duty_hand_over", 20), ("slander", 50), ("cold_reception", 50), ("untidy_area", 50), ("arguing", 80),
])  # fmt: skip
def test_each_item_has_its_fine(firm: Decoration, fined: Json, item: str, fine: int) -> None:
    if item == "arguing":
        wrong = {"item": item, "staff": firm.desk.id}
        assert refused_fields(firm.head.refused(fined, "propose_penalty", **wrong)) == {"amount"}
        refused = firm.head.refused(fined, "propose_penalty", **wrong, amount=yuan(49.99))
        assert refused_fields(refused) == {"amount"}
    given = {"amount": yuan(80)} if item == "arguing" else {}
    firm.head.act(fined, "propose_penalty", item=item, staff=firm.desk.id, **given)
    assert firm.sheet(fined, "penalty")["values"]["amount"] == yuan(fine)


@pytest.fixture(scope="module")
def fined(firm: Decoration) -> Json:
    """A case whose penalties are being settled."""
    return firm.called()


@pytest.mark.clause("DC-22")
def test_a_call_that_cannot_be_answered_at_once_is_answered_the_same_day(firm: Decoration) -> None:
    case = firm.passed_on()
    assert answer(firm.desk.refused(case, "answer_call", answer="x"))[1] == "action_not_available"
    firm.desk.act(case, "could_not_answer", question="何时返工")
    clock = firm.desk.deadline(case, "answer_today")
    assert (clock["due_at"][10:], lasts(clock) <= timedelta(days=1)) == ("T16:00:00Z", True)
    firm.desk.act(case, "answer_call", answer="周三返工")
    assert firm.desk.deadline(case, "answer_today")["state"] == "done"


@pytest.mark.clause("DC-24")
def test_legal_cases_keep_lawyer_hearings_and_outcome(firm: Decoration) -> None:
    case = firm.passed_on()
    firm.officer.act(case, "open_legal_file", lawyer="周律师", lawyer_phone="0571-1234", claim="返还工程款")
    legal = firm.sheet(case, "legal")
    hearings = [{"held_on": "2030-03-01", "court": "西湖区法院"}, {"held_on": "2030-04-01", "court": "西湖区法院"}]
    firm.officer.act(legal, "record_hearings", hearings=hearings)
    legal = firm.officer.act(legal, "record_outcome", legal_outcome="调解结案")
    kept = {name: legal["values"][name] for name in ("lawyer", "lawyer_phone", "hearings", "legal_outcome")}
    assert kept == {
        "lawyer": "周律师", "lawyer_phone": "0571-1234", "hearings": hearings, "legal_outcome": "调解结案",
    }  # fmt: skip
    assert firm.papers(case)["official_letters"] == "missing"


@pytest.mark.clause("DC-25", "DC-29")
def test_weekly_and_daily_lists_and_the_top_problem_types_with_improvements(platform: Platform) -> None:
    with ExitStack() as stack:
        firm = Decoration(Company.found(platform, stack, "decoration"))
        case = firm.settled()
        firm.passed_on()
        firm.passed_on(category="design")
        day = (moment(case["received_at"]) + timedelta(hours=8)).date()
        week = firm.head.get("/v1/reports/complaints-weekly", date=day.isoformat())
        today = firm.head.get("/v1/reports/complaints-daily", date=day.isoformat())
        earlier = firm.head.get("/v1/reports/complaints-weekly", date=(day - timedelta(days=7)).isoformat())
        suggested = firm.head.get("/v1/sheets", kind="improvement")["items"]
    monday = day - timedelta(days=day.weekday())
    assert (week["week_of"], week["label"], week["figures"]["received"]) == (monday.isoformat(), "每周投诉案例", 3)
    (types,) = [table for table in week["tables"] if table["by"] == "category"]
    assert [row["group"] for row in types["rows"]] == ["engineering", "design"], "the most frequent first"
    assert (today["figures"]["received"], earlier["figures"]["received"]) == (3, 0)
    assert [one["complaint_id"] for one in suggested] == [case["id"]]


@pytest.mark.clause("DC-28")
def test_a_random_callback_that_finds_trouble_goes_to_the_superior(firm: Decoration) -> None:
    case = firm.passed_on()
    assert firm.desk.act(case, "random_callback", said="处理中", trouble=False)["stage"] == "handling"
    case = firm.desk.act(case, "random_callback", said="又出现裂缝", trouble=True)
    assert (case["stage"], case["facts"]["superior"]) == ("upgraded", True)
    firm.vice.await_notice(case, "complaint.handed_up")


@pytest.mark.clause("DC-30")
def test_repairs_have_a_dossier_of_their_own(firm: Decoration) -> None:
    case = firm.called(category="repair")
    case = firm.head.act(case, "settle", **SETTLED)
    assert case["stage"] == "filing_repair"
    for paper in PAPERS:
        firm.attach(case, paper)
    assert "维修通知单" in firm.officer.refused(case, "submit_dossier")["detail"]
    for paper in ("repair_notice", "repair_acceptance"):
        firm.attach(case, paper)
    assert firm.papers(case, "repair")["repair_notice"] == "present"
    firm.officer.act(case, "submit_dossier")
    firm.head.act(case, "approve")
    case = firm.vice.act(case, "approve")
    assert firm.sheet(case, "filed_dossier")["values"] == {"sort": "repair"}


@pytest.mark.clause("DC-7", "DC-8", "DC-9", "DC-10", "DC-11", "DC-12", "DC-13")
def test_terminated_contracts_are_settled_over_rest(firm: Decoration) -> None:
    ended = {
        "contract_amount": yuan(100_000.05), "paid": yuan(40_000), "measuring_fee": yuan(500),
        "progress": "under_way", "fault": "customer",
        "works": {"labour": yuan(12_000), "material": yuan(20_000.33), "management": yuan(3_000)},
    }  # fmt: skip
    found = firm.desk.post("/v1/contract-settlements", **ended)
    assert {item["key"]: item["amount"] for item in found["items"]} == {
        "works": yuan(35_000.33), "breach": yuan(10_000.01), "management": yuan(1_000), "measuring": yuan(500),
    }  # fmt: skip
    assert (found["owed"], found["refund"], found["to_pay"]) == (yuan(46_500.34), yuan(0), yuan(6_500.34))
    assert found["steps"] == ["sign_agreement", "collect_difference", "take_back_papers", "terminate"]
    crew = firm.desk.post("/v1/contract-settlements", **{**ended, "fault": "crew"})
    assert (crew["clause"], crew["crew_owes"], crew["refund"]) == ("DC-12", yuan(32_000.02), yuan(4_999.67))
    early = {name: value for name, value in ended.items() if name != "works"} | {"progress": "not_begun"}
    assert firm.desk.post("/v1/contract-settlements", **early)["clause"] == "DC-8"
    ours = firm.desk.post("/v1/contract-settlements", **early | {"fault": "company"})
    assert (ours["owed"], ours["steps"][0]) == (yuan(500), "offer_change")
    for wrong in (
        {**ended, "progress": "not_begun"},
        {**ended, "works": None},
        {**ended, "progress": "materials_on_site"},
    ):
        body = {name: value for name, value in wrong.items() if value is not None}
        assert refused_fields(firm.desk.problem("POST", "/v1/contract-settlements", json=body)) == {"works"}


@pytest.mark.clause("DC-8")
def test_a_company_without_such_terms_is_told_so(platform: Platform) -> None:
    with ExitStack() as stack:
        desk = Company.found(platform, stack, "furniture").as_("complaint_officer")
        body = {"contract_amount": yuan(1), "paid": yuan(1), "measuring_fee": yuan(0), "progress": "not_begun"}
        refused = desk.problem("POST", "/v1/contract-settlements", json={**body, "fault": "customer"})
    assert answer(refused) == (409, "no_settlement_terms")
