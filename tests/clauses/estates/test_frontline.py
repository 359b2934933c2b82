"""SPEC PF: handling sheets of a property firm's desk, within minutes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.clauses.driver import Company, Json, Person, errors_of
from tests.clauses.estates.conftest import Found
from tests.clauses.estates.working import (
    RESIDENT,
    code,
    confirmed,
    due,
    last_sheet,
    register,
    report,
    sheets,
    waits_for,
)
from tests.clauses.moving import Clockwork, late

OPINION = {"department_said": "继电器老化,备件今日到", "opinion": "更换继电器"}
RESULT = {"cause": "继电器老化", "result": "已更换并试运行"}
CALL = {"called_how": "phone", "told": "已上门处理"}
SPOT = {"done": "已当面道歉并安排检修", "promised": "今日修复"}


class Frontline:
    """The firm's people and the walk of its sheets."""

    def __init__(self, company: Company, clockwork: Clockwork) -> None:
        self.company, self.clockwork = company, clockwork
        self.desk, self.supervisor, self.manager, self.director, self.engineer = company.team(
            "front_desk", "customer_service_supervisor", "customer_service_manager", "management_director",
            "engineering_manager",
        )  # fmt: skip

    def issued(self, **fields: Any) -> Json:
        """With the supervisor, as a handling sheet."""
        case = confirmed(self.desk, **fields)
        return self.desk.act(case, "issue_sheet", category="equipment", matter="电梯停在三楼")

    def sheet(self, case: Json) -> Json:
        return last_sheet(self.desk, case, "handling_sheet")

    def with_department(self, case: Json) -> Json:
        limit = self.clockwork.now + timedelta(hours=4)
        self.supervisor.act(self.sheet(case), "give_opinion", **OPINION, limit=limit.isoformat())
        return self.engineer.act(self.sheet(case), "sign")

    def returned(self, case: Json) -> Json:
        self.with_department(case)
        self.engineer.act(self.sheet(case), "report_back", **RESULT)
        return self.desk.case(case)


@pytest.fixture(scope="module")
def firm(found: Found, clockwork: Clockwork) -> Frontline:
    return Frontline(found("property/frontline"), clockwork)


@pytest.mark.clause("PF-1")
def test_the_sheet_is_out_in_thirty_minutes_and_judged_within_the_hour(firm: Frontline) -> None:
    case = register(firm.desk)
    assert firm.desk.minutes_of(case, "issue_sheet") == 30
    refused = firm.desk.refused(case, "issue_sheet", category="equipment", matter="电梯停运")
    assert code(refused) == (409, "stage_incomplete"), "the record is read back first"
    firm.desk.act(case, "confirm_record", how="电话复述")
    case = firm.desk.act(case, "issue_sheet", category="equipment", matter="电梯停运")
    assert firm.desk.deadline(case, "issue_sheet")["state"] == "done"
    sheet = firm.sheet(case)
    assert waits_for(sheet) == {"customer_service_supervisor"}
    assert firm.desk.minutes_of(case, "opinion") == 60
    firm.supervisor.await_notice(case, "complaint.sheet_opened")


@pytest.mark.clause("PF-1")
def test_the_department_signs_and_reports_back_within_the_supervisors_limit(firm: Frontline) -> None:
    case = firm.issued()
    assert errors_of(firm.supervisor.refused(firm.sheet(case), "give_opinion", **OPINION)) == {"limit"}
    firm.with_department(case)
    sheet = firm.sheet(case)
    assert waits_for(sheet) == {"engineering_manager"}
    assert due(firm.desk, case, "report_back").isoformat() == sheet["values"]["limit"].replace("Z", "+00:00")
    assert code(firm.desk.refused(sheet, "report_back", **RESULT)) == (403, "not_your_turn")
    firm.engineer.act(sheet, "report_back", **RESULT)
    assert firm.desk.deadline(case, "report_back")["state"] == "done"
    assert firm.sheet(case)["state"] == "done"


@pytest.mark.clause("PF-1", "PL-7")
def test_a_sheet_not_issued_or_not_answered_in_time_is_urged(firm: Frontline) -> None:
    silent, waiting = register(firm.desk), firm.issued()
    firm.clockwork.forward(minutes=31)
    late(firm.desk, silent, "issue_sheet")
    firm.supervisor.await_notice(silent, "complaint.deadline_breached")
    assert firm.desk.deadline(waiting, "opinion")["breaches"] == 0
    firm.clockwork.forward(minutes=30)
    late(firm.desk, waiting, "opinion")
    firm.manager.await_notice(waiting, "complaint.deadline_breached")


@pytest.mark.clause("PF-2")
def test_the_customer_is_called_within_a_day_of_the_return(firm: Frontline) -> None:
    case = firm.returned(firm.issued())
    assert case["stage"] == "callback"
    firm.desk.await_notice(case, "complaint.sheet_returned")
    clock = firm.desk.deadline(case, "callback")
    returned = max(entry["at"] for entry in firm.desk.history(case, "sheet_closed"))
    assert clock["started_at"][:19] == returned[:19]
    assert timedelta(days=1) <= due(firm.desk, case, "callback") - firm.clockwork.now < timedelta(days=2)
    firm.desk.act(case, "record_callback", **CALL, satisfaction="satisfied")
    assert firm.desk.deadline(case, "callback")["state"] == "done"


@pytest.mark.clause("PF-3")
def test_satisfied_customers_case_is_closed_in_the_register(firm: Frontline) -> None:
    case = firm.desk.act(firm.returned(firm.issued()), "record_callback", **CALL, satisfaction="very_satisfied")
    assert errors_of(firm.desk.refused(case, "close_register", result="已修复")) == {"thanked"}
    case = firm.desk.act(case, "close_register", result="已修复", thanked=True)
    assert (case["state"], case["stage"]) == ("closed", "closed")
    assert firm.desk.form(case, "reception_register")["thanked"] is True


@pytest.mark.clause("PF-3")
def test_dissatisfied_customer_gets_an_apology_and_a_new_linked_sheet(firm: Frontline) -> None:
    case = firm.returned(firm.issued())
    case = firm.desk.act(case, "record_callback", **CALL, satisfaction="dissatisfied", said="仍有异响")
    assert (case["stage"], firm.desk.minutes_of(case, "issue_sheet")) == ("reissue", 30)
    again: Json = {"apology": "十分抱歉给您添麻烦", "matter": "仍有异响"}
    assert errors_of(firm.desk.refused(case, "issue_again", matter="仍有异响")) == {"apology"}
    firm.desk.act(case, "issue_again", **again)
    first, second = sheets(firm.desk, case, "handling_sheet")
    assert (second["values"]["previous"], second["state"]) == (first["id"], "open")
    case = firm.returned(case)
    firm.desk.act(case, "record_callback", **CALL, satisfaction="dissatisfied", said="还有异响")
    firm.desk.act(case, "issue_again", **again)
    assert [s["values"].get("previous") for s in sheets(firm.desk, case, "handling_sheet")] == [
        None, first["id"], second["id"],
    ]  # fmt: skip


@pytest.mark.clause("PF-4")
@pytest.mark.parametrize("flag", ["agitated", "important_customer"])
def test_important_or_agitated_customers_are_met_level_by_level(firm: Frontline, flag: str) -> None:
    case = register(firm.desk, facts={flag: True})
    people: list[Person] = [firm.supervisor, firm.manager, firm.director]
    for person, role, call in zip(
        people,
        ["customer_service_supervisor", "customer_service_manager", "management_director"],
        ["call_manager", "call_director", None],
        strict=True,
    ):
        case = firm.desk.case(case)
        assert waits_for(case) == {role}
        person.await_notice(case, "complaint.come_to_the_spot")
        if call:
            person.act(case, call, reason="客户要求上级到场")
    case = firm.director.act(case, "settle_on_the_spot", **SPOT)
    assert (case["stage"], waits_for(case)) == ("after_the_spot", {"front_desk"})
    assert firm.desk.minutes_of(case, "issue_sheet") == 30
    case = firm.desk.act(case, "issue_sheet", category="equipment", matter="电梯停在三楼")
    assert waits_for(firm.sheet(case)) == {"customer_service_supervisor"}


@pytest.mark.clause("PF-4")
def test_the_desk_calls_the_supervisor_when_it_gets_out_of_hand(firm: Frontline) -> None:
    case = firm.desk.act(register(firm.desk), "call_supervisor", reason="客户拍桌")
    firm.supervisor.await_notice(case, "complaint.come_to_the_spot")
    case = firm.supervisor.act(case, "settle_on_the_spot", **SPOT)
    assert case["stage"] == "after_the_spot"


@pytest.mark.clause("PF-5")
def test_the_months_data_are_due_by_the_third(firm: Frontline) -> None:
    register(firm.desk, complainant=RESIDENT)
    month = firm.clockwork.now.strftime("%Y-%m")
    found = report(firm.company, firm.supervisor, month)
    last = firm.clockwork.now.replace(day=28) + timedelta(days=4)
    assert found["due_at"] == f"{last.strftime('%Y-%m')}-03T16:00:00Z"
    assert found["figures"]["received"] > 0
