"""A company's working time: weekly hours, its own closures and extra days, its country's holidays (SPEC UX-4, NX-7).

The order of precedence for one day: closure, extra day, make-up working day, public holiday, weekday. A make-up or
extra day on a weekday without hours is worked in the usual hours: those of the first weekday that has any.

All moments are aware; arithmetic runs on instants, so that a change to summer time neither gives nor takes working
time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from chassis.calendar_data import (
    CalendarError,
    Days,
    Hours,
    Minutes,
    check_apart,
    dump_days,
    dump_hours,
    read_country,
    read_days,
    read_hours,
    read_zone,
)
from chassis.holidays import CountryYear, country_year

__all__ = ["CalendarError", "DayInfo", "Days", "Interval", "Minutes", "WorkingCalendar", "weekly"]

_DAY = timedelta(days=1)
MAX_IDLE_DAYS = 750
"""A calendar without a working day for so long is taken for a mistake."""


class DayInfo(NamedTuple):
    """Whether a day is worked, and why: `source` is closure, extra_day, make_up, holiday, weekday, or weekday_guess
    when the year's make-up working days are not published yet."""

    working: bool
    source: str
    reason: str


Interval = tuple[datetime, datetime]


@dataclass(frozen=True)
class WorkingCalendar:
    """Working days and hours in `zone`. `hours` maps weekdays (0 Monday) to their stretches of work, in order."""

    zone: ZoneInfo
    hours: Hours
    country: str | None = None
    closures: tuple[Days, ...] = ()
    extra_days: tuple[Days, ...] = ()
    _known: dict[date, bool] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_data(cls, data: Mapping[str, Any], *, timezone: str | None = None) -> WorkingCalendar:
        """The calendar of its JSON form (docs/operations/time.md), `timezone` standing in when the form has none.
        CalendarError names the bad entry."""
        closures, extra_days = read_days(data, "closures"), read_days(data, "extra_days")
        check_apart(closures, extra_days)
        return cls(
            zone=read_zone(data.get("timezone") or timezone),
            hours=read_hours(data),
            country=read_country(data),
            closures=closures,
            extra_days=extra_days,
        )

    def to_data(self) -> dict[str, Any]:
        """The JSON form, whole."""
        return {
            "timezone": self.zone.key,
            "country": self.country,
            "hours": dump_hours(self.hours),
            "closures": dump_days(self.closures),
            "extra_days": dump_days(self.extra_days),
        }

    # -- days ----------------------------------------------------------------------------------------------------------

    def is_working_day(self, day: date) -> bool:
        """Whether anybody works on `day`."""
        known = self._known.get(day)
        if known is None:
            known = self._known[day] = self.explain(day).working
        return known

    def explain(self, day: date) -> DayInfo:
        """Whether `day` is worked, and which rule says so."""
        for source, working, spans in (("closure", False, self.closures), ("extra_day", True, self.extra_days)):
            for span in spans:
                if day in span:
                    return DayInfo(working, source, span.note)
        weekday = day.weekday() in self.hours
        if self.country is None:
            return DayInfo(weekday, "weekday", "")
        return _by_country(country_year(self.country, day.year), day, weekday)

    def add_business_days(self, day: date, count: int) -> date:
        """The `count`-th working day after `day` (before it, when negative); `day` itself is not counted."""
        step = _DAY if count > 0 else -_DAY
        for _ in range(abs(count)):
            day = self._next_working_day(day + step, step)
        return day

    def business_days_between(self, first: date, last: date) -> int:
        """How many working days there are after `first` up to and including `last`; 0 when last ≤ first."""
        return sum(self.is_working_day(first + _DAY * n) for n in range(1, (last - first).days + 1))

    def first_business_day(self, day: date) -> date:
        """`day` itself when it is worked, else the next that is."""
        return self._next_working_day(day, _DAY)

    def _next_working_day(self, day: date, step: timedelta) -> date:
        for distance in range(MAX_IDLE_DAYS):
            if self.is_working_day(day + distance * step):
                return day + distance * step
        raise CalendarError(f"calendar: no working day within {MAX_IDLE_DAYS} days of {day}; check hours and closures")

    # -- moments -------------------------------------------------------------------------------------------------------

    def local_date(self, moment: datetime) -> date:
        """The date of `moment` in the company's zone."""
        return moment.astimezone(self.zone).date()

    def day_start(self, day: date) -> datetime:
        """00:00 of `day` in the company's zone, in UTC."""
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    def day_end(self, day: date) -> datetime:
        """24:00 of `day` in the company's zone, in UTC."""
        return self.day_start(day + _DAY)

    def working_intervals(self, day: date) -> list[Interval]:
        """The stretches of work of `day`, in UTC, in order and apart; empty when it is not worked."""
        if not self.is_working_day(day):
            return []
        intervals: list[Interval] = []
        for start, end in self.hours.get(day.weekday()) or self._usual_hours:
            begins, ends = self._moment(day, start), self._moment(day, end)
            if intervals:  # stretches that a change to summer time pushed into each other
                begins = max(begins, intervals[-1][1])
            if begins < ends:
                intervals.append((begins, ends))
        return intervals

    @property
    def _usual_hours(self) -> tuple[Minutes, ...]:
        return self.hours[min(self.hours)]

    def _moment(self, day: date, minutes: int) -> datetime:
        whole, rest = divmod(minutes, 24 * 60)
        at = time(rest // 60, rest % 60)
        return datetime.combine(day + _DAY * whole, at, self.zone).astimezone(UTC)

    def _intervals_from(self, moment: datetime) -> Iterator[Interval]:
        """All stretches of work that end after `moment`, the first cut to begin no earlier."""
        day = self.local_date(moment)
        while True:
            for start, end in self.working_intervals(day):
                if end > moment:
                    yield max(start, moment), end
            day = self._next_working_day(day + _DAY, _DAY)

    def working_time_between(self, start: datetime, end: datetime) -> timedelta:
        """How much working time lies between two moments; zero when end ≤ start."""
        total = timedelta()
        day, last = self.local_date(start), self.local_date(end)
        while day <= last:
            for begins, ends in self.working_intervals(day):
                total += max(min(ends, end) - max(begins, start), timedelta())
            day += _DAY
        return total

    def add_working_time(self, start: datetime, amount: timedelta) -> datetime:
        """The moment, in UTC, at which `amount` of working time has passed since `start`: the end of a stretch rather
        than the beginning of the next; `start` itself for zero."""
        if amount <= timedelta():
            return start.astimezone(UTC)
        left = amount
        for begins, ends in self._intervals_from(start.astimezone(UTC)):
            if left <= ends - begins:
                return begins + left
            left -= ends - begins
        raise AssertionError("working time never ends")


def _by_country(year: CountryYear, day: date, weekday: bool) -> DayInfo:
    if day in year.made_up:
        return DayInfo(True, "make_up", "")
    if day in year.off:
        return DayInfo(False, "holiday", year.off[day])
    return DayInfo(weekday, "weekday" if year.published else "weekday_guess", "")


def weekly(days: Iterable[int], *stretches: tuple[int, int]) -> Hours:
    """The same stretches on each of `days`: `weekly(range(5), (540, 720), (780, 1080))`."""
    return {day: tuple(Minutes(*stretch) for stretch in stretches) for day in days}
