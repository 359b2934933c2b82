"""The countries' public holidays and make-up working days, from the `holidays` package.

Some countries (China) move working days to weekends by a notice that comes out year by year. A year whose notice the
package does not hold yet is reckoned by weekdays and public holidays, and that is told to `on_fallback`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from types import ModuleType
from typing import TYPE_CHECKING

from chassis import logs, metrics

if TYPE_CHECKING:
    from holidays import HolidayBase

_log = logs.get(__name__)
_MOVED_DAY = 4
"""Length of the package's entries that move a day: (month, day off, month, day worked)."""


@dataclass(frozen=True, slots=True)
class CountryYear:
    """One year of one country."""

    off: Mapping[date, str]
    """Days off by law or by notice, with their names."""
    made_up: frozenset[date]
    """Weekend days worked in exchange."""
    published: bool
    """Whether the year's make-up working days are known (or the country has none)."""


def _tell(country: str, year: int) -> None:
    metrics.CALENDAR_FALLBACK.inc()
    _log.warning("make-up working days not published, weekdays and holidays are used", country=country, year=year)


on_fallback: Callable[[str, int], None] = _tell
"""Called once a process for every country and year that falls back. Tests replace it."""


def _package() -> ModuleType:
    """Imported when a calendar is first asked for: 4 MB that half of the services never need."""
    import holidays

    return holidays


def is_known(country: object) -> bool:
    """Whether there is a holiday calendar for that country code."""
    return isinstance(country, str) and country in _package().list_supported_countries()


@lru_cache(maxsize=512)
def country_year(country: str, year: int) -> CountryYear:
    """The country's year."""
    table = _package().country_holidays(country, years=year)
    years = _published_years(table)
    published = not years or year <= max(years)
    if not published:
        on_fallback(country, year)
    return CountryYear(
        off={day: name for day, name in table.items() if day.year == year},
        made_up=frozenset(day for day in table.weekend_workdays if day.year == year),
        published=published,
    )


def _published_years(table: HolidayBase) -> set[int]:
    """Years for which the package holds moved days; empty when the country moves none."""
    entries: Mapping[int, object] = getattr(table, "special_public_holidays", {})
    return {year for year, days in entries.items() if _moves(days)}


def _moves(days: object) -> bool:
    if not isinstance(days, tuple) or not days:
        return False
    return any(len(day) == _MOVED_DAY for day in (days if isinstance(days[0], tuple) else (days,)))
