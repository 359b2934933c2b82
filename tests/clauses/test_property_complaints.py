"""SPEC PC: "five clears, one report", a property firm's complaints as its people work them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest

from tests.clauses.developer import answer, fen, refused_fields, today
from tests.clauses.driver import Company, Json, moment, month_of
from tests.clauses.property import ACCEPTANCE, ANSWER, MAIL, RESULT, Property
from tests.platform.running import Platform

LATER = "2031-03-31T09:00:00Z"


@pytest.fixture(scope="module")
def firm(platform: Platform) -> Iterator[Property]:
    with ExitStack() as stack:
        yield Property(Company.found(platform, stack, "property"))


def lacking(problem: Json) -> str:
    """What the stage still asks."""
    assert answer(problem) == (409, "stage_incomplete"), problem
    return str(problem["detail"])


def lasts(clock: Json) -> timedelta:
    return moment(clock["due_at"]) - moment(clock["started_at"])


@pytest.mark.clause("PC-1")
def test_five_clears_are_ticked_with_evidence_before_filing(firm: Property) -> None:
    case = firm.prepared()
    assert refused_fields(firm.desk.refused(case, "tick", check="heard")) == {"evidence"}
    assert lacking(firm.desk.refused(case, "pass_on", **ACCEPTANCE)).count("清楚") == 2
    for check in ("heard", "asked"):
        firm.tick(case, check)
    firm.desk.act(case, "pass_on", **ACCEPTANCE)
    firm.officer.act(case, "settle", **RESULT)
    firm.desk.act(case, "answer_customer", **ANSWER)
    firm.desk.act(case, "record_stamp", stamped=False, why_not="业主出差")
    refusal = lacking(firm.desk.refused(case, "archive"))
    assert ("跟清楚" in refusal, "记清楚" in refusal, "复清楚" in refusal) == (True, True, False)
    firm.tick(case, "followed")
    case = firm.tick(case, "recorded")
    ticks = {tick["key"]: tick for tick in case["ticks"]}
    for check in ("heard", "asked", "followed", "answered", "recorded"):
        assert ticks[check]["done"], check
        assert ticks[check]["evidence"], check
        assert ticks[check]["by"] == "front_desk", check
    assert firm.desk.act(case, "archive")["state"] == "closed"


@pytest.mark.clause("PC-2")
def test_what_cannot_be_solved_is_told_with_the_next_reply_time(firm: Property) -> None:
    case = firm.passed_on()
    past = f"{today() - timedelta(days=1)}T09:00:00+08:00"
    assert refused_fields(firm.desk.refused(case, "set_next_reply", reply_at=LATER)) == {"told"}
    assert refused_fields(firm.desk.refused(case, "set_next_reply", told="配件在途", reply_at=past)) == {"reply_at"}
    firm.desk.act(case, "set_next_reply", told="配件在途", reply_at=LATER)
    assert firm.desk.deadline(case, "next_reply")["due_at"] == LATER
    firm.desk.act(case, "give_next_reply", told="配件已到,明日安装")
    assert firm.desk.deadline(case, "next_reply")["state"] == "done"
    assert answer(firm.desk.refused(case, "give_next_reply", told="x"))[1] == "action_not_available"


@pytest.mark.clause("PC-3", "NT-3")
@pytest.mark.parametrize("facts", [{"facts": {"danger": True}}, {"group_size": 5}, {"claimed_amount": fen(1_000_000)}])
def test_major_is_reported_at_once_to_heads_and_leaders(firm: Property, facts: Json) -> None:
    case = firm.register(category="equipment", **facts)
    assert case["level"] == "major"
    for person in (firm.engineer, firm.director, firm.gm):
        person.await_notice(case, "complaint.major_reported")
        notices = person.get("/v1/notifications", limit=100)["items"]
        told = [n for n in notices if (n["subject"] or {}).get("id") == case["id"]]
        assert all(n["urgent"] for n in told if n["key"] == "complaint.major_reported")
    clock = firm.desk.deadline(case, "acknowledge_major")
    assert lasts(clock) == timedelta(minutes=30)
    assert moment(clock["started_at"]) - moment(case["received_at"]) < timedelta(seconds=1)
    assert answer(firm.desk.refused(case, "acknowledge")) == (403, "forbidden")
    firm.director.act(case, "acknowledge")
    assert firm.desk.deadline(case, "acknowledge_major")["state"] == "done"


@pytest.mark.clause("PC-3")
@pytest.mark.parametrize("facts", [{"group_size": 4}, {"claimed_amount": fen(999_999)}])
def test_less_than_major_is_reported_to_nobody(firm: Property, facts: Json) -> None:
    case = firm.register(category="equipment", **facts)
    assert case["level"] == "ordinary"
    assert firm.desk.act(case, "mark_major", reason="业主情绪激动")["level"] == "major"
    firm.gm.await_notice(case, "complaint.major_reported")
    assert firm.gm.inbox(case) == ["complaint.major_reported"], "told when it became one, and once"


@pytest.mark.clause("PC-4")
def test_ordinary_is_recorded_passed_on_and_answered_immediately(firm: Property) -> None:
    case = firm.heard()
    assert case["level"] == "ordinary"
    assert lasts(firm.desk.deadline(case, "first_answer")) == timedelta(minutes=30)
    unanswered = {name: value for name, value in ACCEPTANCE.items() if name != "first_answer"}
    assert refused_fields(firm.desk.refused(case, "pass_on", **unanswered)) == {"first_answer"}
    case = firm.desk.act(case, "pass_on", **ACCEPTANCE)
    assert (case["stage"], [person["role"] for person in case["waits_for"]]) == ("handling", ["engineering_manager"])
    assert firm.desk.deadline(case, "first_answer")["state"] == "done"
    firm.engineer.await_notice(case, "complaint.assigned")


@pytest.mark.clause("PC-5")
def test_beyond_the_departments_authority_goes_to_its_head(firm: Property) -> None:
    case = firm.passed_on()
    refused = firm.officer.refused(case, "settle", **RESULT, cost=fen(50_001))
    assert answer(refused) == (403, "beyond_authority")
    assert "工程部经理" in refused["detail"]
    handing: Any = {"reason": "费用超出权限", "told": "需主管决定", "reply_at": LATER}
    for field in handing:
        rest = {name: value for name, value in handing.items() if name != field}
        assert refused_fields(firm.officer.refused(case, "hand_to_head", **rest)) == {field}
    case = firm.officer.act(case, "hand_to_head", **handing)
    assert (case["stage"], firm.desk.deadline(case, "next_reply")["due_at"]) == ("with_head", LATER)
    firm.engineer.await_notice(case, "complaint.handed_up")
    assert answer(firm.officer.refused(case, "settle_as_head", **RESULT))[1] == "not_your_turn"
    assert answer(firm.engineer.refused(case, "settle_as_head", **RESULT, cost=fen(500_001)))[1] == "beyond_authority"
    assert firm.engineer.act(case, "settle_as_head", **RESULT, cost=fen(500_000))["stage"] == "reply"


@pytest.mark.clause("PC-5")
def test_beyond_the_head_as_well_the_general_manager_decides(firm: Property) -> None:
    case = firm.officer.act(firm.passed_on(), "hand_to_head", reason="费用高", told="需公司决定", reply_at=LATER)
    firm.engineer.act(case, "propose_settlement", **RESULT, cost=fen(500_001))
    firm.gm.await_notice(case, "complaint.approval_wanted")
    assert answer(firm.director.refused(case, "approve")) == (403, "beyond_authority")
    assert firm.gm.act(case, "approve")["stage"] == "reply"


@pytest.mark.clause("PC-6")
def test_a_written_complaint_is_entered_put_before_the_leader_and_answered_in_writing(firm: Property) -> None:
    case = firm.prepared(channel="letter")
    assert case["stage"] == "registered"
    assert "pass_on" not in firm.desk.may(case), "not by word of mouth"
    case = firm.desk.act(case, "register_mail", **MAIL)
    entry = firm.sheet(case, "incoming_mail")
    assert (entry["values"], entry["number"][:2]) == (MAIL, "SW")
    firm.gm.await_notice(case, "complaint.approval_wanted")
    instruction = {"category": "equipment", "instruction": "本周内修复并书面答复"}
    assert answer(firm.desk.refused(case, "instruct", **instruction)) == (403, "forbidden")
    firm.gm.act(case, "instruct", **instruction)
    case = firm.officer.act(case, "settle", **RESULT)
    assert (case["stage"], "answer_customer" in firm.desk.may(case)) == ("letter", False)
    assert refused_fields(firm.service.refused(case, "send_letter")) == {"letter", "sent_on"}
    case = firm.service.act(case, "send_letter", letter="李女士:电梯已修复……", sent_on=today().isoformat())
    assert (case["stage"], firm.desk.deadline(case, "written_answer")["state"]) == ("filing", "done")


@pytest.mark.clause("PC-7")
def test_the_record_is_stamped_by_the_customer_and_archived(firm: Property) -> None:
    case = firm.answered()
    for check in ("followed", "recorded"):
        firm.tick(case, check)
    assert "存档" in lacking(firm.desk.refused(case, "archive"))
    assert refused_fields(firm.desk.refused(case, "record_stamp", stamped=True)) == {"scan"}
    assert refused_fields(firm.desk.refused(case, "record_stamp", stamped=False)) == {"why_not"}
    scan = firm.attach(case)
    firm.desk.act(case, "record_stamp", stamped=True, scan=[scan])
    closed = firm.desk.act(case, "archive")
    assert (closed["state"], closed["outcome"], firm.desk.form(closed, "filing")["scan"]) == (
        "closed",
        "settled",
        [scan],
    )
    changed = firm.desk.problem("PATCH", f"/v1/complaints/{case['id']}", json={"subject": "x"})
    assert answer(changed) == (409, "case_closed")


@pytest.mark.clause("PC-8")
def test_the_monthly_summary_and_visits_chosen_from_it(platform: Platform) -> None:
    with ExitStack() as stack:
        firm = Property(Company.found(platform, stack, "property"))
        closed = [firm.archived(), firm.archived(category="equipment")]
        firm.passed_on(group_size=5)
        firm.register(channel="wechat")
        month = month_of(closed[0]["received_at"])
        summary = firm.service.get("/v1/reports/complaints-monthly", month=month)
        figures = summary["figures"]
        assert {name: figures[name] for name in ("received", "closed", "open_at_end", "asked", "satisfied_share")} == {
            "received": 4, "closed": 2, "open_at_end": 2, "asked": 2, "satisfied_share": 100.0,
        }  # fmt: skip
        tables = {table["by"]: {row["group"]: row["figures"] for row in table["rows"]} for table in summary["tables"]}
        assert tables["category"]["equipment"] == {"received": 3, "counted": 3, "closed": 2}
        assert tables["level"]["major"]["received"] == 1
        assert tables["channel"]["wechat"]["received"] == 1
        assert answer(firm.desk.problem("GET", f"/v1/reports/complaints-monthly?month={month}")) == (403, "forbidden")
        firm.service.act(closed[0], "choose_for_visit", reason="电梯类投诉集中")
        visit = firm.sheet(closed[0], "follow_up_visit")
        visited = {"visited_on": today().isoformat(), "said": "满意", "satisfaction": "very_satisfied"}
        assert firm.service.act(visit, "record_visit", **visited)["state"] == "done"
        assert [v["id"] for v in firm.service.get("/v1/sheets", kind="follow_up_visit")["items"]] == [visit["id"]]
