"""A platform whose clock tests move. It only moves on, so tests that share it say how far to go, not where to."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from kefu.waiting import wait_until
from tests.clauses.driver import ZONE, Json, Person
from tests.platform.running import Platform

MONDAY = datetime(2030, 7, 1, 9, 0, tzinfo=ZONE)
"""The first of two months without public holidays."""
SECONDS = 40.0
"""Within this time a deadline that has passed must have been seen."""


class Clockwork:
    """The platform and its clock."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self._ahead = timedelta()
        self._go_to(MONDAY)

    @property
    def now(self) -> datetime:
        """This moment for the platform, to within a second."""
        return (datetime.now(UTC) + self._ahead).astimezone(ZONE)

    def forward(self, **span: float) -> None:
        """Let that much time pass."""
        self._go_to(self.now + timedelta(**span))

    def next_day(self) -> None:
        """Go to the first minute of the next day."""
        self._go_to(midnight(self.now.date() + timedelta(days=1)) + timedelta(minutes=1))

    def next_morning(self) -> None:
        """Go to nine o'clock on the next business day."""
        self._go_to(datetime.combine(business_day(self.now.date(), 1), time(9), ZONE))

    def _go_to(self, moment: datetime) -> None:
        self._ahead = moment - datetime.now(UTC)
        self.platform.move_clock(self._ahead.total_seconds())


def midnight(day: date) -> datetime:
    """The beginning of that day."""
    return datetime.combine(day, time(), ZONE)


def business_day(start: date, number: int) -> date:
    """The `number`th business day after `start`, in weeks without public holidays."""
    day = start
    while number:
        day += timedelta(days=1)
        number -= day.weekday() < 5
    return day


def end_of(day: date) -> datetime:
    """24:00 of that day."""
    return midnight(day + timedelta(days=1))


def late(person: Person, case: Json, kind: str, periods: int = 1) -> None:
    """Wait until the sweep found the deadline late for that many periods."""
    wait_until(lambda: person.deadline(case, kind)["breaches"] >= periods, limit=SECONDS, what=f"{kind} is late")


def at_stage(person: Person, case: Json, stage: str) -> Json:
    """Wait until the case has come to the stage by itself; the case."""
    wait_until(lambda: person.case(case)["stage"] == stage, limit=SECONDS, what=f"the case is at {stage}")
    return person.case(case)


def at_level(person: Person, case: Json, level: str) -> Json:
    """Wait until the case has been raised to the level by itself; the case."""
    wait_until(lambda: person.case(case)["level"] == level, limit=SECONDS, what=f"the case is {level}")
    return person.case(case)
