"""What happens to a complaint as time passes: deadlines, pauses, urging, reopening (SPEC PL-7, AD-4, AD-8, AD-10, UX).

The platform is this module's own: its clock begins in September 2026, before China's long holiday with its make-up
working days, and the tests move it on in their order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kefu.waiting import wait_until
from tests.clauses import dealership as usual
from tests.clauses.driver import SECONDS, ZONE, Company, Json, Person, moment, place
from tests.clauses.listening import listening
from tests.platform.running import Platform

SECOND = timedelta(seconds=1)


class Time:
    """The platform's clock, which only moves on."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform

    def to(self, when: datetime | str) -> datetime:
        """Go to that moment; text is Shanghai time, "2026-09-30 14:00"."""
        then = datetime.fromisoformat(when).replace(tzinfo=ZONE) if isinstance(when, str) else when
        self.platform.move_clock((then - datetime.now(UTC)).total_seconds())
        return then


@pytest.fixture(scope="module")
def time(new_platform: Callable[..., Platform]) -> Iterator[Time]:
    platform = new_platform("postgresql")
    yield Time(platform)
    platform.close()


@pytest.fixture
def found(time: Time) -> Iterator[Callable[..., Company]]:
    """Makes companies on this module's platform."""
    with ExitStack() as stack:
        yield lambda *pack, **more: Company.found(time.platform, stack, *pack, **more)


def local(text: str) -> str:
    """A moment in Shanghai as the platform writes it."""
    return _utc(datetime.fromisoformat(text).replace(tzinfo=ZONE))


def midnight(day: str) -> str:
    """24:00 of that day in Shanghai."""
    return _utc(datetime.fromisoformat(day).replace(tzinfo=ZONE) + timedelta(days=1))


def _utc(when: datetime) -> str:
    return when.astimezone(UTC).isoformat().replace("+00:00", "Z")


UNITS: dict[str, tuple[int, str, str]] = {
    "minutes": (30, "minutes", local("2026-09-30 16:30")),
    "hours": (4, "hours", local("2026-09-30 20:00")),
    "business_hours": (4, "business_hours", local("2026-10-08 11:00")),
    "over_lunch": (6, "business_hours", local("2026-10-08 14:00")),
    "days": (3, "days", midnight("2026-10-03")),
    "weeks": (1, "weeks", midnight("2026-10-07")),
    "months": (1, "months", midnight("2026-10-30")),
    "business_days": (1, "business_days", midnight("2026-10-08")),
    "with_make_up_day": (3, "business_days", midnight("2026-10-10")),
    "same_day": (1, "same_day", midnight("2026-09-30")),
    "tenth_of_next": (10, "nth_of_next_month", midnight("2026-10-10")),
    "tuesday": (2, "weekday", midnight("2026-10-06")),
}
"""Begun on Wednesday 2026-09-30 at 16:00, hours 9-12 and 13-18; holiday 1 to 7 October, Saturday the 10th is worked."""


def _with_every_unit() -> Json:
    deadlines = {
        key: {
            "labels": {"zh-CN": key, "en": key},
            "spans": [{"amount": amount, "unit": unit}],
            "until": "stage",
        }
        for key, (amount, unit, _) in UNITS.items()
    }
    stages = {"investigation": {"deadlines": ["solution", *UNITS]}}
    return {"complaints": {"deadlines": deadlines, "processes": {"standard": {"stages": stages}}}}


WITH_LUNCH = {day: [["09:00", "12:00"], ["13:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


@pytest.mark.clause("PL-7", "UX-4", "AD-4")
def test_every_unit_ends_where_the_policy_and_the_companys_calendar_say(
    time: Time, found: Callable[..., Company]
) -> None:
    time.to("2026-09-30 15:58")
    company = found(overrides=_with_every_unit())
    company.admin.call("PUT", "/v1/calendar", json={"hours": WITH_LUNCH})
    plain, abroad = found(), found(timezone="Europe/Berlin")
    abroad.admin.call("PUT", "/v1/calendar", json={"country": None})
    ready = [usual.reach(one, "judging") for one in (company, plain, abroad)]
    time.to("2026-09-30 16:00")
    cases = [usual.judge(one, case) for one, case in zip((company, plain, abroad), ready, strict=True)]
    technician = company.as_("technician")
    for kind, (_, unit, end) in UNITS.items():
        clock = technician.deadline(cases[0], kind)
        tolerance = timedelta(minutes=1) if unit in {"minutes", "hours", "business_hours"} else timedelta()
        assert timedelta() <= moment(clock["due_at"]) - moment(end) <= tolerance, kind
    assert plain.as_("technician").deadline(cases[1], "solution")["due_at"] == midnight("2026-10-08")
    assert abroad.as_("technician").deadline(cases[2], "solution")["due_at"] == "2026-10-01T22:00:00Z"


@pytest.mark.clause("UX-4", "PL-7")
def test_running_deadlines_follow_the_companys_own_closures(time: Time, found: Callable[..., Company]) -> None:
    time.to("2026-09-30 16:10")
    company = found()
    technician = company.as_("technician")
    case = usual.reach(company, "investigation")
    for closed, extra, end in (
        ([{"from": "2026-10-08"}], [], "2026-10-09"),
        ([], [{"from": "2026-10-04", "note": "盘点"}], "2026-10-04"),
        ([], [], "2026-10-08"),
    ):
        company.admin.call("PUT", "/v1/calendar", json={"closures": closed, "extra_days": extra})
        _await_end(technician, case, midnight(end))


def _await_end(person: Person, case: Json, end: str) -> None:
    wait_until(lambda: person.deadline(case, "solution")["due_at"] == end, limit=SECONDS, what=f"it ends at {end}")


@pytest.mark.clause("PL-7", "AD-4", "AD-9", "AD-10", "UX-5", "NX-3")
def test_before_the_end_it_reminds_and_after_it_urges_one_step_higher_each_time(
    time: Time, found: Callable[..., Company]
) -> None:
    time.to("2026-10-12 10:00")  # a Monday
    company = found()
    head, manager, boss = company.team("service_manager", "customer_relations_manager", "general_manager")
    technician, consultant = company.team("technician", "customer_relations_consultant")
    case = usual.reach(company, "investigation")
    clock = technician.deadline(case, "solution")
    assert clock["due_at"] == midnight("2026-10-13")
    time.to(moment(clock["remind_at"]) + SECOND)
    for told in (technician, consultant):
        told.await_notice(case, "complaint.deadline_near")
    time.to(moment(clock["due_at"]) - 20 * SECOND)
    assert technician.case(case)["overdue"] is False
    with listening(company.platform, "complaints", company.id) as heard:
        time.to(moment(clock["due_at"]) + SECOND)
        late = heard.await_one("complaint.deadline_breached", complaint_id=case["id"], deadline="solution")
        finding = heard.await_one("complaint.finding_made", complaint_id=case["id"], kind="delay")
    assert (late["due_at"], late["period"], late["department"]) == (clock["due_at"], 1, "service")
    assert finding["staff_id"] == technician.id
    assert technician.case(case)["overdue"] is True
    for period, (told, day) in enumerate(((head, "14"), (manager, "15"), (boss, "16"), (boss, "19")), start=1):
        _await_breaches(technician, case, period)
        notices = 2 if (told, day) == (boss, "19") else 1
        told.await_notice(case, "complaint.deadline_breached", notices)
        time.to(moment(midnight(f"2026-10-{day}")) + SECOND)
    assert boss.inbox(case).count("complaint.deadline_breached") >= 2
    urging = technician.get("/v1/urging-notices", complaint_id=case["id"])["items"]
    assert len(urging) >= 4
    assert all(notice["waits_for"][0]["role"] == "service_manager" for notice in urging)
    assert all(notice["number"].startswith("CB202610-") for notice in urging)
    head.await_notice(case, "complaint.urged", 4)
    answered = head.act(urging[0], "answer", cause="配件缺货", measure="已加急订货")
    assert answered["state"] == "done"


def _await_breaches(person: Person, case: Json, number: int) -> None:
    wait_until(
        lambda: person.deadline(case, "solution")["breaches"] >= number,
        limit=SECONDS,
        what=f"late for {number} period(s)",
    )


@pytest.mark.clause("PL-7", "AD-8")
def test_at_once_means_acknowledged_within_thirty_minutes(time: Time, found: Callable[..., Company]) -> None:
    start = time.to("2026-10-21 09:00")
    company = found()
    head, boss, consultant = company.team("service_manager", "general_manager", "customer_relations_consultant")
    case = consultant.register(category="repair_quality", facts={"injury": True})
    boss.act(case, "acknowledge_as_gm")
    clock = consultant.deadline(case, "acknowledge_head")
    assert timedelta(minutes=30) <= moment(clock["due_at"]) - start <= timedelta(minutes=31)
    time.to(moment(clock["due_at"]) - 20 * SECOND)
    assert consultant.deadline(case, "acknowledge_head")["breaches"] == 0
    time.to(moment(clock["due_at"]) + SECOND)
    wait_until(lambda: consultant.deadline(case, "acknowledge_head")["breaches"] == 1, limit=SECONDS, what="it is late")
    assert consultant.deadline(case, "acknowledge_gm")["breaches"] == 0
    head.await_notice(case, "complaint.urged")
    head.act(case, "acknowledge_as_head")
    assert consultant.deadline(case, "acknowledge_head")["state"] == "done"


@pytest.mark.clause("UX-3", "PL-7", "NX-7")
def test_waiting_for_the_customer_does_not_count_even_when_the_policy_changes(
    time: Time, found: Callable[..., Company]
) -> None:
    time.to("2026-10-21 10:00")  # a Wednesday
    company = found()
    technician = company.as_("technician")
    case = usual.reach(company, "investigation")
    assert technician.deadline(case, "solution")["due_at"] == midnight("2026-10-22")
    time.to("2026-10-21 15:00")
    assert technician.act(case, "pause", reason="customer_decision")["state"] == "waiting"
    assert technician.deadline(case, "solution")["state"] == "paused"
    assert technician.refused(case, "pause", reason="customer_decision")["code"] == "action_not_available"
    company.override({"deadlines": {"solution": {"spans": [{"amount": 3, "unit": "business_days"}]}}})
    time.to("2026-10-26 15:00")  # the Monday after
    assert technician.deadline(case, "solution")["breaches"] == 0
    assert technician.act(case, "resume")["state"] == "open"
    clock = technician.deadline(case, "solution")
    assert (clock["state"], clock["due_at"]) == ("running", midnight("2026-10-27"))
    assert technician.act(case, "propose_solution", **usual.SOLUTION)["stage"] == "approval"
    assert technician.deadline(case, "solution")["breaches"] == 0
    new = usual.reach(company, "investigation")
    assert technician.deadline(new, "solution")["due_at"] == midnight("2026-10-29")


@pytest.mark.clause("PL-6", "UX-12")
def test_serials_restart_each_month_and_a_closed_case_reopens_within_thirty_days(
    time: Time, found: Callable[..., Company]
) -> None:
    time.to("2026-10-31 12:00")
    company = found()
    manager, consultant = company.team("customer_relations_manager", "customer_relations_consultant")
    closed = [usual.reach(company, "closed") for _ in range(2)]
    time.to("2026-10-31 23:59")
    last = consultant.register()
    time.to("2026-11-01 00:00")
    first = consultant.register()
    assert [case["number"] for case in (*closed, last, first)] == [
        "TS202610-0001", "TS202610-0002", "TS202610-0003", "TS202611-0001",
    ]  # fmt: skip
    time.to("2026-11-30 23:30")
    again = consultant.refused(closed[0], "complain_again", content="又响了")
    assert again["code"] == "action_not_available"
    assert consultant.refused(closed[0], "reopen", reason="又响了")["code"] == "forbidden"
    reopened = manager.act(closed[0], "reopen", reason="又响了")
    assert (reopened["state"], reopened["stage"], reopened["number"]) == ("open", "judging", "TS202610-0001")
    time.to("2026-12-01 00:01")
    refused = manager.refused(closed[1], "reopen", reason="又响了")
    assert (refused["status"], refused["code"]) == (409, "action_not_available")
    (link,) = consultant.act(closed[1], "complain_again", content="又响了")["links"]
    assert consultant.case(closed[1])["links"] == [link]
    follower: dict[str, Any] = consultant.get(f"/v1/complaints/{link['complaint_id']}")
    assert (link["kind"], follower["number"], follower["state"]) == ("followed_by", "TS202612-0001", "open")
    assert follower["links"] == [{"complaint_id": closed[1]["id"], "number": "TS202610-0002", "kind": "follows"}]
    assert place(follower) != place(closed[1])
