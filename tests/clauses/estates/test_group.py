"""SPEC TS: a group with a scenic area, real estate and a property company."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.clauses.driver import Company, Json, errors_of
from tests.clauses.estates.conftest import Found
from tests.clauses.estates.working import code, confirmed, due, register, waits_for
from tests.clauses.moving import Clockwork, business_day, end_of, late

CHANNELS = {
    "phone": "phone", "visit": "visit", "letter": "letter", "suggestion_box": "letter", "web": "web", "media": "media",
    "petition": "authority",
}  # fmt: skip
TALK = {"told": "已说明维修方案"}


class Group:
    def __init__(self, company: Company, clockwork: Clockwork) -> None:
        self.company, self.clockwork = company, clockwork
        self.officer, self.scenic, self.leader, self.office, self.gm = company.team(
            "supervision_officer", "scenic_manager", "leader_in_charge", "office_director", "general_manager"
        )

    def passed_on(self, **fields: Any) -> Json:
        answer_at = (self.clockwork.now + timedelta(hours=3)).isoformat()
        given = {"category": "scenic_service", "told": "三小时内答复", "answer_at": answer_at}
        return self.officer.act(confirmed(self.officer, **fields), "pass_on", **given)

    def measured(self, **fields: Any) -> Json:
        return self.scenic.act(self.passed_on(**fields), "set_measures", measures="修复栈道")

    def replied(self, *, agreed: bool, **fields: Any) -> Json:
        return self.officer.act(self.measured(**fields), "reply_customer", **TALK, agreed=agreed)

    def carried_out(self) -> Json:
        return self.scenic.act(self.replied(agreed=True), "report_done", corrective="栈道已加固")


@pytest.fixture(scope="module")
def group(found: Found, clockwork: Clockwork) -> Group:
    return Group(found("group"), clockwork)


@pytest.mark.clause("TS-1")
def test_complaints_come_in_by_seven_channels(group: Group) -> None:
    known = {channel["key"] for channel in group.officer.get("/v1/complaint-intake")["channels"]}
    assert set(CHANNELS) <= known
    for channel in CHANNELS:
        assert register(group.officer, channel=channel)["channel"] == channel
    bare = group.company.intake(content="栈道破损", complainant={"address": "科田峡"})
    assert errors_of(group.officer.problem("POST", "/v1/complaints", json=bare)) == {"complainant.name"}


@pytest.mark.clause("TS-2")
def test_what_can_be_handled_at_once_is(group: Group) -> None:
    given = {"category": "scenic_service", "measures": "当场更换门票", "told": "已更换"}
    case = group.officer.act(confirmed(group.officer), "settle_at_once", **given)
    assert group.officer.deadline(case, "reply")["state"] == "done"
    case = group.officer.act(case, "close_case", satisfaction="satisfied")
    assert (case["state"], group.officer.form(case, "record")["measures"]) == ("closed", "当场更换门票")


@pytest.mark.clause("TS-2")
def test_else_the_customer_is_given_the_earliest_answer_time(group: Group) -> None:
    case = confirmed(group.officer)
    given = {"category": "scenic_service", "told": "稍后答复"}
    assert errors_of(group.officer.refused(case, "pass_on", **given)) == {"answer_at"}
    case = group.passed_on()
    assert waits_for(case) == {"scenic_manager"}
    assert abs(due(group.officer, case, "earliest_answer") - group.clockwork.now - timedelta(hours=3)) < timedelta(
        minutes=1
    )
    group.clockwork.forward(hours=3, minutes=1)
    late(group.officer, case, "earliest_answer")


@pytest.mark.clause("TS-3")
@pytest.mark.parametrize("channel", ["visit", "phone", "oral"])
def test_face_to_face_phone_and_oral_are_answered_the_same_day(group: Group, channel: str) -> None:
    case = register(group.officer, channel=channel)
    assert due(group.officer, case, "reply") == end_of(group.clockwork.now.date())


@pytest.mark.clause("TS-3")
@pytest.mark.parametrize("channel", ["letter", "suggestion_box", "web", "petition"])
def test_written_ones_are_answered_within_two_business_days(group: Group, channel: str) -> None:
    case = register(group.officer, channel=channel)
    assert due(group.officer, case, "reply") == end_of(business_day(group.clockwork.now.date(), 2))


@pytest.mark.clause("TS-3")
def test_not_answered_the_same_day_is_late_from_the_next_on(group: Group) -> None:
    case, answered = group.measured(), group.replied(agreed=True)
    assert group.officer.deadline(answered, "reply")["state"] == "done"
    group.clockwork.next_day()
    late(group.officer, case, "reply")
    group.office.await_notice(case, "complaint.deadline_breached")
    assert group.officer.deadline(answered, "reply")["breaches"] == 0


@pytest.mark.clause("TS-4")
def test_talks_go_on_until_agreed(group: Group) -> None:
    case = group.replied(agreed=False)
    for _ in range(2):
        case = group.officer.act(case, "record_talk", **TALK, agreed=False)
        assert case["stage"] == "talks"
    assert group.officer.act(case, "record_talk", **TALK, agreed=True)["stage"] == "carrying_out"


@pytest.mark.clause("TS-4")
def test_still_not_agreed_goes_up_to_the_leader_in_charge_at_once(group: Group) -> None:
    case = group.officer.act(group.replied(agreed=False), "report_to_leader", reason="客户要求十倍赔偿")
    assert waits_for(case) == {"leader_in_charge"}
    group.leader.await_notice(case, "complaint.major_reported")
    assert group.officer.minutes_of(case, "acknowledge_leader") == 30
    assert code(group.officer.refused(case, "record_agreement", told="x")) == (403, "not_your_turn")
    group.leader.act(case, "acknowledge")
    assert group.officer.deadline(case, "acknowledge_leader")["state"] == "done"
    assert group.leader.act(case, "record_agreement", told="双方签字")["stage"] == "carrying_out"


@pytest.mark.clause("TS-5")
def test_a_named_person_verifies_the_corrective_action_in_the_record(group: Group) -> None:
    case = group.carried_out()
    assert waits_for(case) == {"leader_in_charge"}
    case = group.leader.act(case, "name_verifier", staff=group.office.id)
    assert [person["staff_id"] for person in case["waits_for"]] == [group.office.id]
    found = {"effective": False, "verification": "护栏仍松动"}
    assert code(group.officer.refused(case, "verify", **found)) == (403, "not_your_turn")
    assert errors_of(group.office.refused(case, "verify", effective=True)) == {"verification"}
    case = group.office.act(case, "verify", **found)
    assert case["stage"] == "carrying_out", "back to the department"
    group.scenic.act(case, "report_done", corrective="护栏已焊牢")
    group.leader.act(case, "name_verifier", staff=group.office.id)
    case = group.office.act(case, "verify", effective=True, verification="已复查,牢固")
    assert (case["stage"], group.officer.form(case, "record")["verification"]) == ("asking", "已复查,牢固")


@pytest.mark.clause("TS-6")
def test_unreasonable_ones_get_an_explanation_that_is_kept(group: Group) -> None:
    case = group.officer.act(group.passed_on(), "find_unreasonable", reason="与景区无关")
    assert errors_of(group.officer.refused(case, "explain")) == {"explanation"}
    case = group.officer.act(case, "explain", explanation="已耐心说明门票条款")
    assert (case["state"], case["validity"]) == ("closed", "unreasonable")
    assert group.officer.form(case, "record")["explanation"] == "已耐心说明门票条款"
    figures = group.officer.get("/v1/reports/complaints-monthly", month=group.clockwork.now.strftime("%Y-%m"))
    assert figures["figures"]["counted"] < figures["figures"]["received"]


@pytest.mark.clause("TS-7")
@pytest.mark.parametrize("fields", [{"facts": {"danger": True}}, {"group_size": 5}, {"channel": "media"}])
def test_major_ones_go_to_the_leader_in_charge(group: Group, fields: Json) -> None:
    case = register(group.officer, **fields)
    assert case["level"] == "major"
    group.leader.await_notice(case, "complaint.major_reported")
    assert group.officer.minutes_of(case, "acknowledge_leader") == 30
    assert code(group.officer.refused(case, "acknowledge")) == (403, "forbidden")
    group.leader.act(case, "acknowledge")
