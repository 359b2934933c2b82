"""The JSON form of a working calendar, read and written; docs/operations/time.md describes it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chassis.holidays import is_known

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MAX_CLOSURE_DAYS = 366
_DAY_MINUTES = 24 * 60
_CLOCK = re.compile(r"([01]\d|2[0-4]):([0-5]\d)(?::00)?")


class CalendarError(ValueError):
    """The calendar's data is not acceptable, or it has no working time where some is needed. The text says where."""


class Minutes(NamedTuple):
    """A stretch of working time within a day, in minutes after midnight; `end` up to 1440."""

    start: int
    end: int


class Days(NamedTuple):
    """Days in a row, both included."""

    first: date
    last: date
    note: str = ""

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.first <= day <= self.last


Hours = Mapping[int, tuple[Minutes, ...]]
"""Weekday (0 Monday) -> its stretches of work in order; a weekday without work is left out."""


def read_zone(name: Any) -> ZoneInfo:
    """The time zone of that name."""
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise CalendarError(f"timezone: no time zone is called {name!r}; write a name like Asia/Shanghai") from None


def read_country(data: Mapping[str, Any]) -> str | None:
    """The country whose holidays count; none when the company lists its weekdays and so works on holidays too."""
    country = data.get("country", "CN")
    if country is None or data.get("weekdays") is not None:
        return None
    if not is_known(country):
        raise CalendarError(f"country: no holidays are known for {country!r}; write a code like CN, or null for none")
    return str(country)


def read_hours(data: Mapping[str, Any]) -> Hours:
    """The weekly hours: by weekday, or one list that stands for all `weekdays` (Monday to Friday unless given)."""
    given = data.get("hours")
    if isinstance(given, Mapping):
        by_name = given
    elif isinstance(given, (list, tuple)):
        by_name = dict.fromkeys(_weekday_names(data.get("weekdays")), given)
    else:
        raise CalendarError('hours: missing; write e.g. {"mon": [["09:00", "12:00"], ["13:00", "18:00"]]}')
    hours = {}
    for name, stretches in by_name.items():
        if name not in WEEKDAYS:
            raise CalendarError(f"hours.{name}: no such weekday; use {' '.join(WEEKDAYS)}")
        if read := _stretches(stretches, f"hours.{name}"):
            hours[WEEKDAYS.index(name)] = read
    if not hours:
        raise CalendarError("hours: no weekday has any; give at least one")
    return hours


def _weekday_names(numbers: Any) -> list[str]:
    """Names of ISO weekday numbers (1 Monday)."""
    try:
        return [WEEKDAYS[{n: n - 1 for n in range(1, 8)}[number]] for number in numbers or (1, 2, 3, 4, 5)]
    except (KeyError, TypeError):
        raise CalendarError(f"weekdays: must be numbers from 1 (Monday) to 7, got {numbers!r}") from None


def _stretches(given: Any, where: str) -> tuple[Minutes, ...]:
    if not isinstance(given, (list, tuple)):
        raise CalendarError(f'{where}: must be a list like [["09:00", "12:00"]]')
    stretches = tuple(sorted(_stretch(item, f"{where}[{n}]") for n, item in enumerate(given)))
    for before, after in itertools.pairwise(stretches):
        if after.start < before.end:
            raise CalendarError(f"{where}: {_text(after)} overlaps {_text(before)}; let one end before the next begins")
    return stretches


def _stretch(item: Any, where: str) -> Minutes:
    pair = (item.get("start"), item.get("end")) if isinstance(item, Mapping) else item
    if not isinstance(pair, (list, tuple)) or len(pair) != 2:
        raise CalendarError(f'{where}: must be a beginning and an end like ["09:00", "12:00"]')
    stretch = Minutes(_minutes(pair[0], where), _minutes(pair[1], where))
    if stretch.start >= stretch.end:
        raise CalendarError(f"{where}: {_text(stretch)} must end after it begins; a night shift is two stretches")
    return stretch


def _minutes(text: Any, where: str) -> int:
    matched = _CLOCK.fullmatch(text) if isinstance(text, str) else None
    minutes = int(matched[1]) * 60 + int(matched[2]) if matched else _DAY_MINUTES + 1
    if minutes > _DAY_MINUTES:
        raise CalendarError(f"{where}: must be a time from 00:00 to 24:00, got {text!r}")
    return minutes


def read_days(data: Mapping[str, Any], name: str) -> tuple[Days, ...]:
    """The closures or the extra days, in order: each `{from, to, note}`, or `{day, reason}` for one day."""
    given = data.get(name) or []
    if not isinstance(given, (list, tuple)):
        raise CalendarError(f'{name}: must be a list like [{{"from": "2026-02-10", "to": "2026-02-25"}}]')
    return tuple(sorted(_days(item, f"{name}[{n}]") for n, item in enumerate(given)))


def _days(item: Any, where: str) -> Days:
    if not isinstance(item, Mapping):
        raise CalendarError(f'{where}: must be like {{"from": "2026-02-10", "to": "2026-02-25", "note": "..."}}')
    first = _date(item.get("from", item.get("day")), f"{where}.from")
    last = _date(item.get("to") or first, f"{where}.to")
    if not 0 <= (last - first).days < MAX_CLOSURE_DAYS:
        raise CalendarError(f"{where}: `to` must be from {first} to {MAX_CLOSURE_DAYS - 1} days later, got {last}")
    return Days(first, last, str(item.get("note", item.get("reason")) or ""))


def _date(value: Any, where: str) -> date:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise CalendarError(f"{where}: must be a date that exists, like 2026-02-10, got {value!r}") from None


def check_apart(closures: Iterable[Days], extra_days: Iterable[Days]) -> None:
    """CalendarError when a day is both closed and extra."""
    for closure, extra in itertools.product(closures, extra_days):
        both = max(closure.first, extra.first)
        if both in closure and both in extra:
            raise CalendarError(f"extra_days: {both} is among the closures too; leave it out of one")


def dump_hours(hours: Hours) -> dict[str, list[list[str]]]:
    """`hours` by weekday name."""
    return {WEEKDAYS[day]: [[_clock(m) for m in stretch] for stretch in hours[day]] for day in sorted(hours)}


def dump_days(days: Iterable[Days]) -> list[dict[str, str]]:
    """Closures or extra days as `{from, to, note}`."""
    return [{"from": d.first.isoformat(), "to": d.last.isoformat(), "note": d.note} for d in days]


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _text(stretch: Minutes) -> str:
    return f"{_clock(stretch.start)}–{_clock(stretch.end)}"
