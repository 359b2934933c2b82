"""SPEC SP: a property firm's dispatch sheets by item, its callback in a day and who leads."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.clauses.driver import Company, Json, errors_of, yuan
from tests.clauses.estates.conftest import Found
from tests.clauses.estates.working import code, confirmed, due, last_sheet, register, sheets, waits_for
from tests.clauses.listening import listening
from tests.clauses.moving import Clockwork, at_level, at_stage, late

ORDINARY: Json = {"category": "equipment", "our_fault": False}
OURS: Json = {"category": "equipment", "our_fault": True}
CALL = {"called_how": "phone", "satisfaction": "satisfied"}


class Firm:
    def __init__(self, company: Company, clockwork: Clockwork) -> None:
        self.company, self.clockwork = company, clockwork
        self.desk, self.head, self.cleaner, self.manager, self.gm, self.supervisor = company.team(
            "front_desk", "engineering_manager", "environment_manager", "property_manager", "general_manager",
            "customer_service_supervisor",
        )  # fmt: skip

    def classified(self, how: Json = ORDINARY, **fields: Any) -> Json:
        return self.desk.act(confirmed(self.desk, **fields), "classify", **how)

    def item(self, case: Json, item: str, department: str, hours: float = 8) -> Json:
        limit = (self.clockwork.now + timedelta(hours=hours)).isoformat()
        self.desk.act(case, "dispatch_item", item=item, department=department, limit=limit)
        return last_sheet(self.desk, case, "dispatch")

    def done(self, case: Json) -> Json:
        self.head.act(self.item(case, "更换水管", "engineering"), "report_done", result="已更换")
        return self.desk.case(case)


@pytest.fixture(scope="module")
def firm(found: Found, clockwork: Clockwork) -> Firm:
    return Firm(found("property/dispatching"), clockwork)


@pytest.mark.clause("SP-1")
def test_the_first_receiver_dispatches_each_item_and_collects_the_results(firm: Firm) -> None:
    other = firm.company.hire("desk2", "front_desk")
    case = register(other)
    assert [person["staff_id"] for person in case["waits_for"]] == [other.id], "who received it first is responsible"
    other.act(case, "confirm_record", how="复述")
    assert code(firm.desk.refused(case, "classify", **ORDINARY)) == (403, "not_your_turn")
    case = other.act(case, "classify", **ORDINARY)
    limits = {}
    for item, department, hours in (("更换水管", "engineering", 4), ("清洁地面", "environment", 6)):
        limits[department] = firm.clockwork.now + timedelta(hours=hours)
        given = {"item": item, "department": department, "limit": limits[department].isoformat()}
        other.act(case, "dispatch_item", **given)
    first, second = sheets(firm.desk, case, "dispatch")
    assert (waits_for(first), waits_for(second)) == ({"engineering_manager"}, {"environment_manager"})
    clocks = [clock for clock in other.case(case)["deadlines"] if clock["kind"] == "item"]
    assert {clock["sheet_id"] for clock in clocks} == {first["id"], second["id"]}, "each has its own limit"
    firm.head.act(first, "report_done", result="已更换")
    assert code(other.refused(case, "collect_results", results="水管已换")) == (409, "stage_incomplete")
    firm.cleaner.act(second, "report_done", result="已清洁")
    assert other.act(case, "collect_results", results="水管已换,地面已清洁")["stage"] == "callback"


@pytest.mark.clause("SP-1", "PL-7")
def test_an_item_not_done_within_its_limit_is_urged(firm: Firm) -> None:
    case = firm.classified()
    firm.item(case, "更换水管", "engineering", hours=1)
    firm.clockwork.forward(hours=1, minutes=1)
    late(firm.desk, case, "item")
    firm.head.await_notice(case, "complaint.urged")


@pytest.mark.clause("SP-2")
def test_the_callback_is_due_24_hours_after_the_sheet_is_done(firm: Firm) -> None:
    case = firm.done(firm.classified())
    firm.desk.await_notice(case, "complaint.sheet_returned")
    assert firm.desk.minutes_of(case, "callback") == 24 * 60
    done = firm.desk.history(case, "sheet_closed")[-1]["at"]
    assert firm.desk.deadline(case, "callback")["started_at"] == done
    case = firm.desk.act(case, "collect_results", results="已更换")
    assert due(firm.desk, case, "callback") > firm.clockwork.now, "collecting does not start it anew"
    assert firm.desk.deadline(case, "callback")["started_at"] == done
    firm.desk.act(case, "record_callback", **CALL)
    assert firm.desk.deadline(case, "callback")["state"] == "done"
    assert firm.desk.act(case, "archive")["state"] == "closed"


@pytest.mark.clause("SP-2")
def test_a_further_item_puts_the_callback_off(firm: Firm) -> None:
    case = firm.done(firm.classified())
    firm.item(case, "清洁地面", "environment")
    assert firm.desk.deadline(case, "callback")["state"] == "done"
    firm.cleaner.act(last_sheet(firm.desk, case, "dispatch"), "report_done", result="已清洁")
    assert firm.desk.deadline(case, "callback")["state"] == "running"


@pytest.mark.clause("SP-3")
@pytest.mark.parametrize(
    ("fields", "how", "level"),
    [
        ({}, ORDINARY, "ordinary"),
        ({}, OURS, "important"),
        ({"facts": {"promise_broken": True, "times_raised": 1}}, ORDINARY, "ordinary"),
        ({"facts": {"promise_broken": True, "times_raised": 2}}, ORDINARY, "major"),
        ({"claimed_amount": yuan(10_000)}, OURS, "major"),
        ({"claimed_amount": yuan(9_999.99)}, OURS, "important"),
        ({"claimed_amount": yuan(10_000)}, ORDINARY, "ordinary"),
    ],
)
def test_levels_by_fault_promise_and_loss(firm: Firm, fields: Json, how: Json, level: str) -> None:
    assert firm.classified(how, **fields)["level"] == level


@pytest.mark.clause("SP-3", "SP-5")
def test_a_valid_one_unsolved_for_a_month_becomes_major_by_itself(firm: Firm) -> None:
    today = firm.clockwork.now
    month_ago = today.replace(year=today.year - (today.month == 1), month=(today.month - 2) % 12 + 1)
    case = firm.classified(received_at=month_ago.isoformat())
    pending = confirmed(firm.desk, received_at=month_ago.isoformat())
    assert case["level"] == "ordinary", "the month ends tonight"
    firm.clockwork.next_day()
    case = at_level(firm.desk, case, "major")
    assert [reason["rule"] for reason in case["level_reasons"]] == ["a_month"]
    at_stage(firm.desk, case, "gm_leads")
    assert firm.desk.case(pending)["level"] == "ordinary", "not found valid yet"


@pytest.mark.clause("SP-3")
def test_a_named_role_marks_it_major_with_a_reason(firm: Firm) -> None:
    case = firm.classified()
    assert errors_of(firm.supervisor.refused(case, "mark_major")) == {"reason"}
    assert firm.supervisor.act(case, "mark_major", reason="多次承诺未兑现")["level"] == "major"


@pytest.mark.clause("SP-4")
def test_conduct_rules_are_shown_and_arguing_is_a_penalty_item(firm: Firm) -> None:
    script = firm.desk.get("/v1/complaint-intake")["script"]
    assert "严禁与客户辩论、争吵" in script
    case = register(firm.desk)
    assert "严禁与客户辩论、争吵" in case["script"]
    with listening(firm.clockwork.platform, "complaints", firm.company.id) as listener:
        assert code(firm.desk.refused(case, "report_arguing", staff=firm.desk.id, what="x")) == (403, "forbidden")
        firm.supervisor.act(case, "report_arguing", staff=firm.desk.id, what="与业主争吵")
        found = listener.await_one("complaint.finding_made", kind="arguing")
    assert (found["staff_id"], found["note"], found["complaint_id"]) == (firm.desk.id, "与业主争吵", case["id"])


@pytest.mark.clause("SP-5")
@pytest.mark.parametrize(
    ("fields", "how", "role"),
    [({}, OURS, "property_manager"), ({"claimed_amount": yuan(20_000)}, OURS, "general_manager")],
)
def test_important_ones_are_led_by_the_property_manager_major_by_the_gm(
    firm: Firm, fields: Json, how: Json, role: str
) -> None:
    case = firm.classified(how, **fields)
    leader, other = (firm.manager, firm.gm) if role == "property_manager" else (firm.gm, firm.manager)
    assert waits_for(case) == {role}
    leader.await_notice(case, "complaint.handed_up")
    assert code(other.refused(case, "decide", plan="更换")) == (403, "not_your_turn")
    assert leader.act(case, "decide", plan="更换主管道")["stage"] == "handling"
