"""Periods of reports: day, week from Monday on, month, half a year, year; each has a name that sorts by time."""

from __future__ import annotations

import re
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple, Self


class Kind(StrEnum):
    """What one report covers."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    HALF_YEAR = "half_year"
    YEAR = "year"


_HALF = 6
"""Months of half a year."""
_NAMES = {
    Kind.DAY: re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})"),
    Kind.WEEK: re.compile(r"([0-9]{4}-W[0-9]{2})"),
    Kind.MONTH: re.compile(r"([0-9]{4}-[0-9]{2})"),
    Kind.HALF_YEAR: re.compile(r"([0-9]{4})-H([12])"),
    Kind.YEAR: re.compile(r"([0-9]{4})"),
}
EXAMPLES = {
    Kind.DAY: "2026-11-22", Kind.WEEK: "2026-W47", Kind.MONTH: "2026-11", Kind.HALF_YEAR: "2026-H2", Kind.YEAR: "2026",
}  # fmt: skip


class Period(NamedTuple):
    """From the first day up to, not including, `after`."""

    kind: Kind
    first: date
    after: date

    @classmethod
    def holding(cls, kind: Kind, day: date) -> Self:
        """The period of that kind in which `day` lies."""
        match kind:
            case Kind.DAY:
                first = day
            case Kind.WEEK:
                first = day - timedelta(days=day.weekday())
            case Kind.MONTH:
                first = day.replace(day=1)
            case Kind.HALF_YEAR:
                first = date(day.year, 1 if day.month <= _HALF else 1 + _HALF, 1)
            case Kind.YEAR:
                first = date(day.year, 1, 1)
        return cls(kind, first, _after(kind, first))

    @classmethod
    def named(cls, kind: Kind, name: str) -> Self:
        """The period called so; ValueError when no period of that kind is."""
        found = _NAMES[kind].fullmatch(name)
        if found is None:
            raise ValueError(f"{name!r} is no {kind}")
        match kind:
            case Kind.MONTH:
                first = date.fromisoformat(f"{name}-01")
            case Kind.HALF_YEAR:
                first = date(int(found[1]), 1 if found[2] == "1" else 1 + _HALF, 1)
            case Kind.YEAR:
                first = date(int(name), 1, 1)
            case _:
                first = date.fromisoformat(name)
        return cls.holding(kind, first)

    @property
    def name(self) -> str:
        match self.kind:
            case Kind.WEEK:
                return self.first.strftime("%G-W%V")
            case Kind.MONTH:
                return self.first.isoformat()[:7]
            case Kind.HALF_YEAR:
                return f"{self.first.year}-H{1 if self.first.month == 1 else 2}"
            case Kind.YEAR:
                return str(self.first.year)
            case _:
                return self.first.isoformat()

    def next(self) -> Period:
        return Period.holding(self.kind, self.after)


def _after(kind: Kind, first: date) -> date:
    if kind in {Kind.DAY, Kind.WEEK}:
        return first + timedelta(days=1 if kind is Kind.DAY else 7)
    months = {Kind.MONTH: 1, Kind.HALF_YEAR: _HALF, Kind.YEAR: 12}[kind]
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, 1)
