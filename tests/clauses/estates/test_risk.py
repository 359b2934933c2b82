"""SPEC RK: risk grades over a developer's procedure, and over a property firm's appeals."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.clauses.developer import PLAN, Developer, rules
from tests.clauses.driver import Company, Json, errors_of
from tests.clauses.estates.conftest import Found
from tests.clauses.estates.working import code, last_sheet, register, sheets, waits_for
from tests.clauses.moving import Clockwork, at_level, at_stage

REPORT = {"course": "业主群集体发声", "plan": "专人上门并公示进度"}


class Graded(Developer):
    """A developer whose complaints are graded by risk; ordinary ones are planned by the manager alone."""

    def __init__(self, company: Company, clockwork: Clockwork) -> None:
        super().__init__(company)
        self.clockwork = clockwork
        self.headquarters, self.counsel = company.team("headquarters_service", "legal_counsel")

    def planned(self, case: Json, **plan: Any) -> Json:
        case = self.officer.act(self.inspected(case), "propose_plan", **{**PLAN, **plan})
        return self.manager.act(case, "approve")


@pytest.fixture(scope="module")
def graded(found: Found, clockwork: Clockwork) -> Graded:
    return Graded(found("developer/risk"), clockwork)


@pytest.mark.clause("RK-1", "RK-2", "RK-3", "RK-4")
@pytest.mark.parametrize(
    ("fields", "level"),
    [
        ({}, "ordinary"),
        ({"group_size": 2, "claimed_amount": {"amount": 50_000_000, "currency": "CNY"}}, "ordinary"),
        ({"facts": {"needs_help": True}}, "important"),
        ({"group_size": 3}, "hot"),
        ({"group_size": 4}, "hot"),
        ({"lawsuit_risk": True}, "hot"),
        ({"media_risk": True}, "hot"),
        ({"group_size": 5}, "major"),
        ({"facts": {"lawsuit_begun": True}}, "major"),
        ({"facts": {"media_exposed": True}, "group_size": 3}, "major"),
    ],
)
def test_grades_by_what_is_known(graded: Graded, fields: Json, level: str) -> None:
    assert graded.register(**fields)["level"] == level


@pytest.mark.clause("RK-3")
def test_the_same_problem_again_after_closing_is_important(graded: Graded) -> None:
    first = graded.closed()
    again = graded.register(follows=first["id"])
    assert (again["level"], rules(again)) == ("important", ["again"])


@pytest.mark.clause("RK-1", "RK-2", "RK-5")
def test_grades_rise_by_themselves_after_a_week_and_after_a_month(graded: Graded) -> None:
    now = graded.clockwork.now
    week_ago = now - timedelta(days=7)
    month_ago = now.replace(year=now.year - (now.month == 1), month=(now.month - 2) % 12 + 1)
    young = graded.register(received_at=week_ago.isoformat())
    waiting = graded.register(received_at=week_ago.isoformat())
    graded.officer.act(waiting, "pause", reason="customer_documents")
    old = graded.register(received_at=month_ago.isoformat())
    assert (young["level"], old["level"]) == ("ordinary", "hot"), "the week and the month end tonight"
    graded.clockwork.next_day()
    assert rules(at_level(graded.officer, young, "hot")) == ["a_week"]
    assert rules(at_level(graded.officer, old, "major")) == ["a_month"]
    assert graded.officer.case(waiting)["level"] == "ordinary", "not by our cause: it waits for the customer"


@pytest.mark.clause("RK-2", "RK-5")
def test_a_third_similar_complaint_raises_the_earlier_two(graded: Graded) -> None:
    alike: Json = {"category": "planning_design", "subject": "地下车库层高"}
    first, second = (graded.register(**alike, complainant=graded.complainant(n)) for n in (1, 2))
    same_person = graded.register(**alike, complainant=graded.complainant(2))
    assert {case["level"] for case in (first, second, same_person)} == {"ordinary"}, "two different complainants"
    third = graded.register(**alike, complainant=graded.complainant(3))
    assert third["level"] == "hot"
    for case in (first, second):
        assert rules(at_level(graded.officer, case, "hot")) == ["alike"]


@pytest.mark.clause("RK-6")
@pytest.mark.parametrize(
    ("fields", "level"),
    [({"facts": {"needs_help": True}}, "important"), ({"group_size": 3}, "hot"), ({"group_size": 5}, "major")],
)
def test_evidence_is_taken_and_reported_to_the_gm_and_headquarters(graded: Graded, fields: Json, level: str) -> None:
    case = graded.register(**fields)
    for person in (graded.gm, graded.headquarters):
        person.await_notice(case, "complaint.major_reported")
    (sheet,) = sheets(graded.officer, case, "risk_report")
    lacking = {"evidence"} if level == "important" else {"evidence", "plan"}
    assert errors_of(graded.officer.refused(sheet, "report_risk", course="业主群发声")) == lacking
    sheet = graded.officer.act(sheet, "report_risk", **REPORT, evidence=[graded.attach(case)])
    graded.headquarters.await_notice(case, "complaint.sheet_opened")
    if level == "important":
        assert sheet["state"] == "done"
        return
    assert waits_for(sheet) == {"headquarters_service"}
    assert code(graded.manager.refused(sheet, "pass_plan", opinion="同意")) == (403, "not_your_turn")
    sheet = graded.headquarters.act(sheet, "return_plan", opinion="补充时间表")
    sheet = graded.officer.act(sheet, "report_risk", **REPORT, evidence=[graded.attach(case)])
    assert graded.headquarters.act(sheet, "pass_plan", opinion="同意")["state"] == "done"


@pytest.mark.clause("RK-6")
def test_headquarters_decides_on_plans_for_hot_and_major_ones(graded: Graded) -> None:
    case = graded.officer.act(graded.inspected(graded.judged(group_size=3)), "propose_plan", **PLAN)
    case = graded.manager.act(case, "approve")
    assert (case["stage"], case["proposals"][-1]["state"]) == ("approval", "pending")
    assert graded.headquarters.act(case, "approve")["stage"] == "reply"
    ordinary = graded.officer.act(graded.inspected(graded.judged()), "propose_plan", **PLAN)
    assert graded.manager.act(ordinary, "approve")["stage"] == "reply"


@pytest.mark.clause("RK-7")
def test_risk_signals_are_logged_and_linked_to_the_case(graded: Graded) -> None:
    case = graded.register()
    graded.officer.act(case, "log_risk_signal", source="media", signal="本地论坛出现帖子")
    graded.officer.act(case, "log_risk_signal", source="customer", signal="业主群提到拉横幅")
    assert errors_of(graded.officer.refused(case, "log_risk_signal", source="rumour", signal="x")) == {"source"}
    log = graded.manager.get("/v1/sheets", kind="risk_signal", limit=100)["items"]
    assert [entry["complaint_number"] for entry in log[:2]] == [case["number"]] * 2
    assert last_sheet(graded.officer, case, "risk_signal")["values"]["source"] == "customer"


@pytest.mark.clause("RK-7")
def test_lawsuit_cases_get_legal_support(graded: Graded) -> None:
    ask = {"matter": "应诉"}
    assert code(graded.officer.refused(graded.register(), "request_legal_support", **ask)) == (
        409, "action_not_available",
    )  # fmt: skip
    case = graded.register(facts={"lawsuit_begun": True})
    graded.officer.act(case, "request_legal_support", **ask)
    graded.counsel.await_notice(case, "complaint.sheet_opened")
    sheet = last_sheet(graded.officer, case, "legal_support")
    assert graded.counsel.act(sheet, "give_support", opinion="建议调解")["state"] == "done"


@pytest.mark.clause("RK-5", "AP-4")
def test_a_property_firm_combines_appeals_with_risk_grades(found: Found, clockwork: Clockwork) -> None:
    company = found("property/appeals", "developer/risk")
    desk, headquarters, gm = company.team("front_desk", "headquarters_service", "general_manager")
    levels = [level["key"] for level in desk.get("/v1/complaint-intake")["levels"]]
    assert levels == ["ordinary", "important", "hot", "major"]
    case = register(desk, group_size=3)
    assert case["level"] == "hot"
    headquarters.await_notice(case, "complaint.major_reported")
    gm.await_notice(case, "complaint.major_reported")
    week_ago = clockwork.now - timedelta(days=7)
    appeal = register(desk, received_at=week_ago.isoformat())
    assert appeal["level"] == "ordinary"
    clockwork.next_day()
    assert rules(at_level(desk, appeal, "hot")) == ["a_week"]
    at_stage(desk, appeal, "with_supervisor")
