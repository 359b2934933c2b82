"""SPEC AP: appeals of all kinds at a property firm, from fifteen minutes to one level up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.clauses.driver import Company, Json, errors_of, moment
from tests.clauses.estates.conftest import Found
from tests.clauses.estates.working import code, confirmed, due, register, table, waits_for
from tests.clauses.moving import Clockwork, at_stage, business_day, end_of, late

KINDS = [
    "house", "equipment", "safety", "environment", "general_service", "owner_disputes", "developer_related", "other",
]  # fmt: skip
ANSWER: Json = {"done": "已更换水管", "told": "水管已更换,如有问题请致电"}
ON_THE_SPOT: Json = {**ANSWER, "settled_on_the_spot": True, "confirmed_by": "业主签字"}
CALL = {"called_how": "phone"}
LEVELS = ["with_supervisor", "with_head", "with_officer"]
EMPLOYEES = [
    "property_officer", "guard", "technician", "engineering_manager", "security_manager", "environment_manager",
    "finance_manager", "archivist", "customer_service_manager", "management_director", "general_manager",
    "administrator",
]  # fmt: skip


class Firm:
    def __init__(self, company: Company, clockwork: Clockwork) -> None:
        self.company, self.clockwork = company, clockwork
        self.desk, self.worker, self.supervisor, self.head, self.officer, self.manager = company.team(
            "front_desk", "property_officer", "department_supervisor", "engineering_manager", "complaint_officer",
            "customer_service_manager",
        )  # fmt: skip
        self.levels = [self.supervisor, self.head, self.officer]

    def dispatched(self, **fields: Any) -> Json:
        return self.desk.act(confirmed(self.desk, **fields), "dispatch", category="house")

    def answered(self, **fields: Any) -> Json:
        return self.worker.act(self.dispatched(**fields), "answer", **ANSWER)


@pytest.fixture(scope="module")
def firm(found: Found, clockwork: Clockwork) -> Firm:
    return Firm(found("property/appeals"), clockwork)


@pytest.mark.clause("AP-1")
def test_eight_kinds_each_with_the_department_that_handles_it(firm: Firm) -> None:
    intake = firm.desk.get("/v1/complaint-intake")
    assert [kind["key"] for kind in intake["categories"]] == KINDS
    case = confirmed(firm.desk)
    assert errors_of(firm.desk.refused(case, "dispatch", category="complaint")) == {"category"}
    assert firm.desk.act(case, "dispatch", category="safety")["category_label"] == "安全管理类"


@pytest.mark.clause("AP-2")
def test_danger_to_life_or_property_is_dealt_with_in_fifteen_minutes(firm: Firm) -> None:
    case = confirmed(firm.desk, content="车库管道爆裂", facts={"danger": True}, category="equipment")
    clock = firm.desk.deadline(case, "rescue")
    assert moment(clock["due_at"]) - moment(case["received_at"]) == timedelta(minutes=15)
    firm.head.await_notice(case, "complaint.major_reported")
    urgent = [n["urgent"] for n in firm.head.get("/v1/notifications")["items"] if n["subject"]["id"] == case["id"]]
    assert all(urgent), "it passes the quiet hours"
    case = firm.desk.act(case, "dispatch", category="equipment")
    assert code(firm.worker.refused(case, "answer", **ANSWER)) == (409, "stage_incomplete")
    firm.worker.act(case, "report_rescued", done="已关闭总阀")
    assert firm.desk.deadline(case, "rescue")["state"] == "done"
    assert firm.worker.act(case, "answer", **ANSWER)["stage"] == "callback"


@pytest.mark.clause("AP-2")
def test_danger_not_dealt_with_in_fifteen_minutes_is_late_and_told_upwards(firm: Firm) -> None:
    case = register(firm.desk, content="电梯间起火", facts={"danger": True}, category="house")
    seen = firm.desk.call("PATCH", f"/v1/complaints/{register(firm.desk)['id']}", json={"facts": {"danger": True}})
    assert firm.desk.deadline(seen, "rescue")["state"] == "running", "danger that is seen later"
    firm.clockwork.forward(minutes=14)
    assert firm.desk.deadline(case, "rescue")["breaches"] == 0
    firm.clockwork.forward(minutes=1.1)
    late(firm.desk, case, "rescue")
    firm.supervisor.await_notice(case, "complaint.deadline_breached")


@pytest.mark.clause("AP-3")
@pytest.mark.parametrize("channel", ["forum", "web", "wechat"])
def test_online_appeals_are_answered_within_24_hours_of_being_posted(firm: Firm, channel: str) -> None:
    posted = firm.clockwork.now - timedelta(hours=3)
    case = register(firm.desk, channel=channel, received_at=posted.isoformat())
    assert due(firm.desk, case, "answer") == posted + timedelta(hours=24)


@pytest.mark.clause("AP-3")
@pytest.mark.parametrize("channel", ["phone", "walk_in", "letter"])
def test_other_appeals_are_answered_within_one_business_day(firm: Firm, channel: str) -> None:
    case = firm.desk.act(
        confirmed(firm.desk, channel=channel), "dispatch", category="house", worker=firm.worker.id
    )  # fmt: skip
    assert due(firm.desk, case, "answer") == end_of(business_day(firm.clockwork.now.date(), 1))
    firm.worker.act(case, "answer", **ANSWER)
    assert firm.desk.deadline(case, "answer")["state"] == "done"


@pytest.mark.clause("AP-4")
def test_not_answered_in_time_goes_up_one_level_each_time(firm: Firm) -> None:
    case = firm.dispatched()
    assert waits_for(case) == {"property_officer"}
    for stage, person in zip(LEVELS, firm.levels, strict=True):
        kind = "answer" if stage == "with_supervisor" else "next_answer"
        firm.clockwork.forward(seconds=(due(firm.desk, case, kind) - firm.clockwork.now).total_seconds() + 5)
        case = at_stage(firm.desk, case, stage)
        person.await_notice(case, "complaint.handed_up")
    stages = [entry["to_stage"] for entry in firm.desk.history(case, "moved")]
    assert stages == LEVELS, "level by level, by itself"
    assert code(firm.worker.refused(case, "answer", **ANSWER)) == (403, "not_your_turn")
    assert firm.officer.act(case, "answer", **ANSWER)["stage"] == "callback"


@pytest.mark.clause("AP-4")
def test_a_dissatisfied_customers_appeal_goes_up_one_level_each_time(firm: Firm) -> None:
    case = firm.answered()
    for stage, person in zip(LEVELS, firm.levels, strict=True):
        case = firm.desk.act(case, "record_callback", **CALL, satisfaction="dissatisfied", said="还是漏水")
        assert case["stage"] == stage
        assert case["deadlines"], "each level has its time"
        case = person.act(case, "answer", **ANSWER)
    case = firm.desk.act(case, "record_callback", **CALL, satisfaction="dissatisfied", said="还是漏水")
    assert case["stage"] == "with_officer", "there is no level above"


@pytest.mark.clause("AP-4")
def test_whoever_cannot_settle_it_hands_it_up(firm: Firm) -> None:
    case = firm.worker.act(firm.dispatched(), "hand_up", reason="需停水施工")
    case = firm.supervisor.act(case, "hand_up", reason="需停水施工")
    assert (case["stage"], waits_for(case)) == ("with_head", {"engineering_manager"})


@pytest.mark.clause("AP-5")
@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ({}, ON_THE_SPOT),
        ({"complainant": {}, "facts": {"anonymous": True}, "channel": "forum"}, ANSWER),
        ({"facts": {"sensitive": True}}, ANSWER),
    ],
    ids=["settled on the spot", "anonymous without contact", "sensitive"],
)
def test_three_kinds_of_appeals_are_not_called_back(firm: Firm, fields: Json, answer: Json) -> None:
    case = firm.worker.act(firm.dispatched(**fields), "answer", **answer)
    assert case["stage"] == "uncalled"
    assert not [clock for clock in case["deadlines"] if clock["kind"] == "callback"]
    assert firm.desk.act(case, "close_appeal")["state"] == "closed"


@pytest.mark.clause("AP-5")
def test_all_others_are_called_back(firm: Firm) -> None:
    unsigned = {**ANSWER, "settled_on_the_spot": True}
    assert errors_of(firm.worker.refused(firm.dispatched(), "answer", **unsigned)) == {"confirmed_by"}
    by_mail = {"complainant": {"email": "a@example.com"}, "facts": {"anonymous": True}}
    for fields in ({}, by_mail):
        case = firm.answered(**fields)
        assert case["stage"] == "callback", fields
        assert "close_appeal" not in firm.desk.may(case)
    case = firm.desk.act(case, "record_callback", **CALL, satisfaction="not_reached")
    assert case["stage"] == "callback", "not reached: still to be called"
    case = firm.desk.act(case, "record_callback", **CALL, satisfaction="satisfied")
    assert firm.desk.act(case, "close_appeal")["state"] == "closed"


@pytest.mark.clause("AP-6")
def test_channels_are_published_and_the_desk_sums_up_each_day(firm: Firm) -> None:
    channels = {c["key"]: c["label"] for c in firm.desk.get("/v1/complaint-intake")["channels"]}
    assert channels["phone"] == "24小时服务电话"
    assert {"forum", "walk_in", "wechat", "letter", "email"} <= set(channels)
    firm.clockwork.next_morning()
    day = firm.clockwork.now.date()
    followed, closed = firm.dispatched(), firm.worker.act(firm.dispatched(channel="forum"), "answer", **ON_THE_SPOT)
    firm.desk.act(closed, "close_appeal")
    summed = firm.manager.get("/v1/reports/complaints-daily", date=day.isoformat())
    assert (summed["figures"]["received"], summed["figures"]["closed"]) == (2, 1)
    assert {kind: row["received"] for kind, row in table(summed, "channel").items()} == {"phone": 1, "forum": 1}
    assert moment(summed["due_at"]) == end_of(day + timedelta(days=1))
    yesterday = firm.manager.get("/v1/reports/complaints-daily", date=(day - timedelta(days=1)).isoformat())
    assert yesterday["figures"]["closed"] == 0 or yesterday["to"] == summed["from"]
    still_open = firm.desk.get("/v1/complaints", state="open", limit=100)["items"]
    assert followed["id"] in {case["id"] for case in still_open}
    assert closed["id"] not in {case["id"] for case in still_open}


@pytest.mark.clause("AP-7")
@pytest.mark.parametrize("employee", EMPLOYEES)
def test_any_employee_registers_an_appeal_and_the_desk_has_it_at_once(firm: Firm, employee: str) -> None:
    case = register(firm.company.as_(employee), channel="staff")
    assert waits_for(case) == {"front_desk"}
    firm.desk.await_notice(case, "complaint.assigned")
    assert "dispatch" in firm.desk.may(case)
