"""SPEC PC and RF as time goes by: when the clocks of a property firm and a developer end, and what happens then.

The platform is this module's own: its clock stands at a Monday morning in a month without public holidays and only
moves on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kefu.waiting import wait_until
from tests.clauses.developer import Developer, rules
from tests.clauses.driver import SECONDS, Company, Json, Person
from tests.clauses.property import RESULT, Property
from tests.platform.running import Platform

MONDAY = datetime(2030, 7, 1, 1, 0, tzinfo=UTC)
"""09:00 in Shanghai."""
MIDNIGHT = "T16:00:00Z"


class World:
    """A platform whose clock the tests move, with both companies on it."""

    def __init__(self, platform: Platform, stack: ExitStack) -> None:
        self.platform = platform
        self.at(MONDAY)
        self.developer = Developer(Company.found(platform, stack, "developer"))
        self.firm = Property(Company.found(platform, stack, "property"))

    def at(self, moment: datetime) -> None:
        """Let it be that moment for every process, from now on."""
        self.platform.move_clock((moment - datetime.now(UTC)).total_seconds())

    def on(self, day: int, hour: int = 0, minute: int = 0) -> None:
        """Go to that day of July, in Shanghai."""
        self.at(datetime(2030, 7, day, hour, minute, tzinfo=UTC) - timedelta(hours=8))


@pytest.fixture(scope="module")
def world(new_platform: Callable[..., Platform]) -> Iterator[World]:
    platform = new_platform("postgresql")
    with ExitStack() as stack:
        yield World(platform, stack)
    platform.close()


def late(person: Person, case: Json, kind: str, periods: int = 1) -> None:
    """Wait until the sweep found the deadline late for that many periods."""
    wait_until(lambda: person.deadline(case, kind)["breaches"] >= periods, limit=SECONDS, what=f"{kind} is late")
    assert person.deadline(case, kind)["state"] == "breached"


def in_time(person: Person, case: Json, *kinds: str) -> None:
    for kind in kinds:
        clock = person.deadline(case, kind)
        assert (clock["state"], clock["breaches"]) == ("running", 0), kind


def urged_role(person: Person, case: Json, kind: str) -> str:
    """The role on which the first urging notice for that deadline was opened."""
    listed = person.get("/v1/urging-notices", complaint_id=case["id"], limit=100)["items"]
    sheets = [person.get(f"/v1/complaints/{case['id']}/sheets/{notice['id']}") for notice in listed]
    (notice,) = [s for s in sheets if (s["values"]["deadline"], s["values"]["period"]) == (kind, 1)]
    (waiter,) = notice["waits_for"]
    return str(waiter["role"])


@pytest.mark.clause("PC-2", "PC-3", "PC-4", "PC-5", "PC-6", "RF-4", "RF-5", "RF-6", "RF-8", "RF-9", "RF-11", "PL-7")
def test_july(world: World) -> None:
    """One month, told in its order, because a clock does not go back."""
    monday = _Monday(world)
    monday.check_ends()
    world.on(1, 10, 0)
    _half_an_hour_later(world, monday)
    world.on(8, 23, 59)
    _before_the_week_ends(world, monday)
    world.on(9, 0, 1)
    _a_week_later(world, monday)
    world.on(17, 0, 1)
    _sixteen_days_later(world, monday)


class _Monday:
    """The cases of Monday morning."""

    def __init__(self, world: World) -> None:
        self.world = world
        developer, firm = world.developer, world.firm
        self.silent = developer.register(category="engineering_quality")
        self.handled = developer.handled()
        self.disagreed = developer.replied(agreed=False)
        self.crisis = developer.register(facts={"crisis_danger": True})
        self.cooperating = developer.judged({"category": "sales_management"})
        order = {"department": "property", "matter": "协助入户", "answer_by": "2030-07-05T02:00:00Z"}
        developer.officer.act(self.cooperating, "send_cooperation_sheet", **order)
        self.walk_in = firm.register()
        self.major = firm.register(facts={"danger": True}, category="equipment")
        self.passed_on = firm.passed_on()
        self.urgent = firm.passed_on(group_size=5)
        self.promised = firm.passed_on()
        firm.desk.act(self.promised, "set_next_reply", told="配件在途", reply_at="2030-07-05T02:00:00Z")
        self.letter = firm.officer.act(firm.instructed(), "settle", **RESULT)

    def check_ends(self) -> None:
        """Every clause's term, from Monday 1 July 09:00."""
        officer, desk = self.world.developer.officer, self.world.firm.desk

        def end(person: Person, case: Json, kind: str) -> Any:
            return person.deadline(case, kind)["due_at"]

        assert end(officer, self.silent, "reply") == f"2030-07-08{MIDNIGHT}", "5 business days"
        assert end(officer, self.silent, "closing") == f"2030-07-22{MIDNIGHT}", "15 business days"
        assert end(officer, self.silent, "follow_up") == f"2030-07-08{MIDNIGHT}", "a week"
        assert end(officer, self.disagreed, "follow_up") == f"2030-08-01{MIDNIGHT}", "a month"
        assert end(officer, self.handled, "callback") == f"2030-07-04{MIDNIGHT}", "3 business days"
        assert end(desk, self.passed_on, "handling") == f"2030-07-04{MIDNIGHT}", "3 business days"
        assert end(desk, self.urgent, "handling") == f"2030-07-02{MIDNIGHT}", "1 business day"
        assert end(desk, self.letter, "written_answer") == f"2030-07-08{MIDNIGHT}", "5 business days"


def _half_an_hour_later(world: World, monday: _Monday) -> None:
    """At once means within thirty minutes; then the next up hears of it."""
    developer, firm = world.developer, world.firm
    late(developer.officer, monday.silent, "first_response")
    late(developer.officer, monday.crisis, "acknowledge_leaders")
    late(firm.desk, monday.walk_in, "first_answer")
    late(firm.desk, monday.major, "acknowledge_major")
    developer.manager.await_notice(monday.silent, "complaint.deadline_breached")
    assert urged_role(developer.officer, monday.silent, "first_response") == "customer_service_manager"
    in_time(developer.officer, monday.silent, "reply", "closing", "follow_up")


def _before_the_week_ends(world: World, monday: _Monday) -> None:
    """The last minute of the last day is in time; what ended on Thursday and Friday is late."""
    developer, firm = world.developer, world.firm
    for person, case, kind in (
        (developer.officer, monday.handled, "callback"),
        (firm.desk, monday.passed_on, "handling"),
        (firm.desk, monday.urgent, "handling"),
        (firm.desk, monday.promised, "next_reply"),
        (developer.officer, monday.cooperating, "cooperation"),
    ):
        late(person, case, kind)
    assert urged_role(developer.officer, monday.cooperating, "cooperation") == "property_manager", "its sheet is late"
    assert urged_role(firm.desk, monday.passed_on, "handling") == "engineering_manager"
    in_time(developer.officer, monday.silent, "reply", "closing", "follow_up")
    in_time(developer.officer, monday.disagreed, "follow_up")
    in_time(firm.desk, monday.letter, "written_answer")
    followed = developer.officer.act(monday.handled, "record_follow_up", progress="等待回访")
    assert developer.officer.deadline(followed, "follow_up")["due_at"] == f"2030-07-15{MIDNIGHT}"


def _a_week_later(world: World, monday: _Monday) -> None:
    """No follow-up record for a week is a breach: the department is urged, the next up told."""
    developer, firm = world.developer, world.firm
    for kind in ("reply", "follow_up"):
        late(developer.officer, monday.silent, kind)
    late(firm.desk, monday.letter, "written_answer")
    assert urged_role(developer.officer, monday.silent, "follow_up") == "customer_service_manager", "who owns the case"
    developer.manager.await_notice(monday.silent, "complaint.urged")
    in_time(developer.officer, monday.silent, "closing")
    in_time(developer.officer, monday.disagreed, "follow_up")
    in_time(developer.officer, monday.handled, "follow_up")


def _sixteen_days_later(world: World, monday: _Monday) -> None:
    """Unsolved for more than fifteen days raises the level by itself; a case that was lowered stays (RF-4)."""
    officer = world.developer.officer
    wait_until(lambda: officer.case(monday.silent)["level"] == "level_3", limit=SECONDS, what="raised by time")
    assert rules(officer.case(monday.silent)) == ["unsolved"]
    (change,) = officer.history(monday.silent, "level")
    assert (change["fields"]["by_system"], change["at"] >= f"2030-07-16{MIDNIGHT}") == (True, True)
