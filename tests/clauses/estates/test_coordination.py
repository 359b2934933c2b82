"""SPEC CB: coordination sheets of a property firm, by how serious the non-conformity is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.clauses.driver import Company, Json, errors_of
from tests.clauses.estates.conftest import Found
from tests.clauses.estates.working import code, confirmed, due, last_sheet, waits_for
from tests.clauses.moving import Clockwork, business_day, end_of, late

JUDGEMENT: Json = {"category": "equipment", "validity": "valid", "serious": False, "basis": "维保记录缺两次"}
RESULT = {"result": "已更换继电器", "signed": "工程部经理"}
ANALYSIS = {"cause": "维保漏项", "corrective": "补检全部电梯", "ready_by": "2030-12-31"}
CALL = {"called_how": "phone", "told": "已上门处理", "satisfaction": "satisfied"}


class Firm:
    def __init__(self, company: Company, clockwork: Clockwork) -> None:
        self.company, self.clockwork = company, clockwork
        self.desk, self.service, self.head, self.project, self.technical, self.leader = company.team(
            "front_desk", "customer_service_manager", "engineering_manager", "project_manager", "technical_manager",
            "company_leader",
        )  # fmt: skip

    def judged(self, *, serious: bool = False, **fields: Any) -> Json:
        case = self.desk.act(confirmed(self.desk, **fields), "hand_over")
        return self.service.act(case, "judge", **{**JUDGEMENT, "serious": serious})

    def sent(self, *, serious: bool = False, **sheet: Any) -> Json:
        return self.service.act(self.judged(serious=serious), "send_sheet", matter="电梯继电器", **sheet)

    def sheet(self, case: Json) -> Json:
        return last_sheet(self.desk, case, "coordination")

    def returned(self, case: Json) -> Json:
        self.head.act(self.sheet(case), "sign")
        self.head.act(self.sheet(case), "return_sheet", **RESULT)
        return self.desk.case(case)


@pytest.fixture(scope="module")
def firm(found: Found, clockwork: Clockwork) -> Firm:
    return Firm(found("property/coordination"), clockwork)


@pytest.mark.clause("CB-1")
def test_an_ordinary_one_goes_to_the_head_who_signs_for_it_with_a_limit(firm: Firm) -> None:
    case = firm.sent()
    assert case["level"] == "ordinary"
    sheet = firm.sheet(case)
    assert waits_for(sheet) == {"engineering_manager"}
    assert due(firm.desk, case, "coordination") == end_of(business_day(firm.clockwork.now.date(), 3))
    assert code(firm.desk.refused(sheet, "sign")) == (403, "forbidden")
    assert firm.head.act(sheet, "sign")["stage"] == "solving"
    for person in (firm.project, firm.technical, firm.leader):
        assert person.inbox(case) == [], "an ordinary one is not told to leaders"
    assert code(firm.leader.refused(case, "analyse", **ANALYSIS)) == (409, "action_not_available")


@pytest.mark.clause("CB-1")
def test_the_sheet_carries_the_limit_that_was_set_and_is_urged_after_it(firm: Firm) -> None:
    limit = firm.clockwork.now + timedelta(hours=2)
    case = firm.sent(limit=limit.isoformat())
    assert abs(due(firm.desk, case, "coordination") - limit) < timedelta(seconds=1)
    firm.clockwork.forward(hours=2, minutes=1)
    late(firm.desk, case, "coordination")
    firm.head.await_notice(case, "complaint.urged")


@pytest.mark.clause("CB-1")
def test_a_serious_one_also_goes_to_leaders_with_analysis_and_measures(firm: Firm) -> None:
    case = firm.sent(serious=True)
    assert case["level"] == "major"
    for person in (firm.head, firm.project, firm.technical, firm.leader):
        person.await_notice(case, "complaint.major_reported")
    assert due(firm.desk, case, "coordination") == end_of(business_day(firm.clockwork.now.date(), 1))
    case = firm.returned(case)
    assert case["stage"] == "coordinating", "not without cause and measures"
    assert code(firm.service.refused(case, "begin_callback")) == (409, "stage_incomplete")
    assert errors_of(firm.leader.refused(case, "analyse", cause="维保漏项")) == {"corrective", "ready_by"}
    firm.leader.act(case, "analyse", **ANALYSIS)
    assert firm.service.act(case, "begin_callback")["stage"] == "callback"


@pytest.mark.clause("CB-1")
def test_only_valid_ones_are_coordinated(firm: Firm) -> None:
    case = firm.desk.act(confirmed(firm.desk), "hand_over")
    case = firm.service.act(case, "judge", **{**JUDGEMENT, "validity": "unfounded"})
    assert case["stage"] == "explaining"
    case = firm.desk.act(case, "explain", told="属业主自用设备")
    assert (case["state"], case["sheets"]) == ("closed", [])


@pytest.mark.clause("CB-2")
def test_the_callback_follows_the_signed_return(firm: Firm) -> None:
    case = firm.sent()
    firm.head.act(firm.sheet(case), "sign")
    assert errors_of(firm.head.refused(firm.sheet(case), "return_sheet", result="已更换")) == {"signed"}
    assert code(firm.service.refused(case, "begin_callback")) == (409, "stage_incomplete")
    firm.head.act(firm.sheet(case), "return_sheet", **RESULT)
    firm.desk.await_notice(case, "complaint.sheet_returned")
    case = firm.desk.case(case)
    assert (case["stage"], waits_for(case)) == ("callback", {None})
    case = firm.desk.act(case, "record_callback", **CALL)
    assert firm.desk.act(case, "archive")["state"] == "closed"


@pytest.mark.clause("CB-2")
def test_a_dissatisfied_customer_gets_another_sheet(firm: Firm) -> None:
    case = firm.desk.act(firm.returned(firm.sent()), "record_callback", **{**CALL, "satisfaction": "dissatisfied"})
    assert case["stage"] == "sending"
    firm.service.act(case, "send_sheet", matter="仍有异响")
    assert len(firm.desk.case(case)["sheets"]) == 2
