"""Spans of time as policies write them, and the moments they end at (SPEC PL-7, UX-3).

What a unit means is decided here and nowhere else:

- `minutes`, `hours`: by the clock. `business_hours`: only inside working hours.
- `days`, `weeks`, `months`, `business_days`: the starting day is left out; the span ends at 24:00 of the last day
  in the company's zone. A month without that date ends at its own end.
- `same_day`: 24:00 of the starting day. `nth_of_next_month`: 24:00 of that day of the next month.
- `weekday`: 24:00 of the next Monday (1) ... Sunday (7), the starting day included.

Late is strictly after. All functions are pure, take aware moments and answer in UTC.
"""

from __future__ import annotations

import calendar as gregorian
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

from chassis.calendar import WorkingCalendar


class Unit(StrEnum):
    """What a span is counted in."""

    MINUTES = "minutes"
    HOURS = "hours"
    BUSINESS_HOURS = "business_hours"
    DAYS = "days"
    BUSINESS_DAYS = "business_days"
    WEEKS = "weeks"
    MONTHS = "months"
    SAME_DAY = "same_day"
    NTH_OF_NEXT_MONTH = "nth_of_next_month"
    WEEKDAY = "weekday"


_YEARS = 20
LIMITS = {
    Unit.MINUTES: _YEARS * 365 * 24 * 60,
    Unit.HOURS: _YEARS * 365 * 24,
    Unit.BUSINESS_HOURS: _YEARS * 2000,
    Unit.DAYS: _YEARS * 365,
    Unit.BUSINESS_DAYS: _YEARS * 250,
    Unit.WEEKS: _YEARS * 52,
    Unit.MONTHS: _YEARS * 12,
    Unit.SAME_DAY: 1,
    Unit.NTH_OF_NEXT_MONTH: 31,
    Unit.WEEKDAY: 7,
}
"""Largest amount of each unit; the smallest is 1."""

_WORKING = frozenset({Unit.BUSINESS_HOURS, Unit.BUSINESS_DAYS})
_CLOCK = {Unit.MINUTES: timedelta(minutes=1), Unit.HOURS: timedelta(hours=1)}


@dataclass(frozen=True, slots=True)
class Span:
    """`Span(1, Unit.BUSINESS_DAYS)`. `amount` is 1 for same_day and the N for nth_of_next_month and weekday; else
    ValueError."""

    amount: int
    unit: Unit

    def __post_init__(self) -> None:
        if isinstance(self.amount, bool) or not isinstance(self.amount, int):
            raise ValueError(  # noqa: TRY004  (data, not a caller's mistake)
                f"amount: must be a whole number, got {self.amount!r}"
            )
        if not 1 <= self.amount <= LIMITS[self.unit]:
            raise ValueError(f"amount: must be from 1 to {LIMITS[self.unit]} for {self.unit}, got {self.amount}")

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Span:
        """The span `{"amount": 1, "unit": "business_days"}` stands for; `amount` may be left out when it is 1.
        Other keys are ignored. ValueError says what is wrong."""
        try:
            unit = Unit(data["unit"])
        except (KeyError, TypeError, ValueError):
            raise ValueError(f"unit: must be one of {', '.join(Unit)}; got {data!r}") from None
        return cls(data.get("amount", 1), unit)

    def to_data(self) -> dict[str, Any]:
        return {"amount": self.amount, "unit": str(self.unit)}

    def period(self) -> Span:
        """The span after which to remind again: itself, or for one that names a date the date's rhythm."""
        if self.unit is Unit.SAME_DAY:
            return Span(1, Unit.DAYS)
        if self.unit is Unit.WEEKDAY:
            return Span(1, Unit.WEEKS)
        return Span(1, Unit.MONTHS) if self.unit is Unit.NTH_OF_NEXT_MONTH else self


def due(start: datetime, span: Span, calendar: WorkingCalendar) -> datetime:
    """The last moment that is still in time for a span that begins at `start`."""
    if span.unit in _CLOCK:
        return start.astimezone(UTC) + span.amount * _CLOCK[span.unit]
    if span.unit is Unit.BUSINESS_HOURS:
        return calendar.add_working_time(start, timedelta(hours=span.amount))
    return calendar.day_end(_last_day(calendar.local_date(start), span, calendar))


def _last_day(first: date, span: Span, calendar: WorkingCalendar) -> date:
    match span.unit:
        case Unit.DAYS:
            return first + timedelta(days=span.amount)
        case Unit.WEEKS:
            return first + timedelta(weeks=span.amount)
        case Unit.MONTHS:
            return add_months(first, span.amount)
        case Unit.BUSINESS_DAYS:
            return calendar.add_business_days(first, span.amount)
        case Unit.NTH_OF_NEXT_MONTH:
            return _on_day(add_months(first, 1), span.amount)
        case Unit.WEEKDAY:
            return first + timedelta(days=(span.amount - first.isoweekday()) % 7)
        case _:
            return first


def window_start(moment: datetime, span: Span, calendar: WorkingCalendar) -> datetime:
    """The first moment of the window of that length which ends at `moment`: 'within a month', 'half a year'.

    Rolls back to the same date, whole (00:00; no such date: the month's end); minutes and hours by the clock.
    ValueError for units that have no backward sense.
    """
    if span.unit in _CLOCK:
        return moment.astimezone(UTC) - span.amount * _CLOCK[span.unit]
    today = calendar.local_date(moment)
    match span.unit:
        case Unit.DAYS | Unit.WEEKS:
            first = today - (_last_day(today, span, calendar) - today)
        case Unit.MONTHS:
            first = add_months(today, -span.amount)
        case Unit.BUSINESS_DAYS:
            first = calendar.add_business_days(today, -span.amount)
        case Unit.SAME_DAY:
            first = today
        case _:
            raise ValueError(f"unit: a window is not counted in {span.unit}; use days, weeks, months or business_days")
    return calendar.day_start(first)


def next_end(due_at: datetime, period: Span, now: datetime, calendar: WorkingCalendar) -> datetime:
    """The first moment after `now` at which what was due at `due_at` is late by a whole number of `period`s.

    24:00 belongs to the day it ends: late since Tuesday 24:00, by one day on Wednesday 24:00.
    """
    if period.unit in _CLOCK:
        length = period.amount * _CLOCK[period.unit]
        return due_at + ((now - due_at) // length + 1) * length
    begun = due_at if period.unit is Unit.BUSINESS_HOURS else due_at - timedelta.resolution
    times = 1
    while (end := due(begun, Span(times * period.amount, period.unit), calendar)) <= now:
        times += 1
    return end


def fraction_point(
    start: datetime, due_at: datetime, span: Span, fraction: float, calendar: WorkingCalendar
) -> datetime:
    """The moment at which `fraction` (0..1) of the time from `start` to `due_at` is used up, for reminders.

    Business units and same_day count working time (a reminder at night is none); the others, and a stretch without any
    working time, count by the clock.
    """
    if not 0 <= fraction <= 1:
        raise ValueError(f"fraction: must be from 0 to 1, got {fraction}")
    if span.unit in _WORKING or span.unit is Unit.SAME_DAY:
        working = calendar.working_time_between(start, due_at)
        if working:
            return calendar.add_working_time(start, working * fraction)
    begun = start.astimezone(UTC)
    return begun + (due_at.astimezone(UTC) - begun) * fraction


def resume(
    due_at: datetime, paused_at: datetime, resumed_at: datetime, span: Span, calendar: WorkingCalendar
) -> datetime:
    """The new end of a span that was paused: what was left of it at the pause, in its own unit, is left now.

    Hours keep hours, business hours keep working time. Units that end at 24:00 keep whole days: paused and resumed on
    the same day changes nothing; paused on the last day leaves the day of the resumption (business days: the next
    worked one). What was late at the pause stays as it is. ValueError when it resumes before it paused.
    """
    if resumed_at < paused_at:
        raise ValueError("resumed_at: must not be before paused_at")
    if paused_at >= due_at or resumed_at == paused_at:
        return due_at.astimezone(UTC)
    if span.unit in _CLOCK:
        moved = due_at + (resumed_at - paused_at)
    elif span.unit is Unit.BUSINESS_HOURS:
        moved = _resume_hours(due_at, paused_at, resumed_at, calendar)
    else:
        moved = _resume_days(due_at, paused_at, resumed_at, calendar, business=span.unit is Unit.BUSINESS_DAYS)
    return max(due_at, moved).astimezone(UTC)


def _resume_hours(due_at: datetime, paused_at: datetime, resumed_at: datetime, calendar: WorkingCalendar) -> datetime:
    left = calendar.working_time_between(paused_at, due_at)
    return calendar.add_working_time(resumed_at, left) if left else due_at + (resumed_at - paused_at)


def _resume_days(
    due_at: datetime, paused_at: datetime, resumed_at: datetime, calendar: WorkingCalendar, *, business: bool
) -> datetime:
    """Keeps the time of day of `due_at`: 24:00 as a rule, another for an agreed moment."""
    last = calendar.local_date(due_at - timedelta.resolution)
    paused, resumed = calendar.local_date(paused_at), calendar.local_date(resumed_at)
    if business:
        left = calendar.business_days_between(paused, last)
        new_last = calendar.add_business_days(resumed, left) if left else calendar.first_business_day(resumed)
    else:
        new_last = resumed + (last - paused)
    from_midnight = due_at - calendar.day_end(last)
    return calendar.day_end(new_last) + from_midnight


def add_months(day: date, months: int) -> date:
    """The same date `months` later (earlier, when negative); no such date: the month's end."""
    return _on_day(_first_of_month(day, months), day.day)


def _first_of_month(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, 1)


def _on_day(day: date, number: int) -> date:
    """That day of `day`'s month; no such day: the month's end."""
    return day.replace(day=min(number, gregorian.monthrange(day.year, day.month)[1]))
