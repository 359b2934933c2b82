"""Periods of reports: what they cover, what they are called, and how they follow one another."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.complaints.domain.periods import EXAMPLES, Kind, Period

DAYS = st.dates(date(1950, 1, 1), date(2090, 12, 31))


@pytest.mark.parametrize(
    ("kind", "name", "first", "after"),
    [
        (Kind.DAY, "2026-11-22", date(2026, 11, 22), date(2026, 11, 23)),
        (Kind.WEEK, "2026-W47", date(2026, 11, 16), date(2026, 11, 23)),
        (Kind.WEEK, "2026-W53", date(2026, 12, 28), date(2027, 1, 4)),
        (Kind.MONTH, "2026-12", date(2026, 12, 1), date(2027, 1, 1)),
        (Kind.HALF_YEAR, "2026-H1", date(2026, 1, 1), date(2026, 7, 1)),
        (Kind.HALF_YEAR, "2026-H2", date(2026, 7, 1), date(2027, 1, 1)),
        (Kind.YEAR, "2026", date(2026, 1, 1), date(2027, 1, 1)),
    ],
)
def test_what_a_period_covers(kind: Kind, name: str, first: date, after: date) -> None:
    assert Period.named(kind, name) == (kind, first, after)
    assert Period.holding(kind, after - timedelta(days=1)) == (kind, first, after)


@given(st.sampled_from(Kind), DAYS)
def test_every_day_lies_in_one_period_and_its_name_finds_it(kind: Kind, day: date) -> None:
    period = Period.holding(kind, day)
    assert period.first <= day < period.after
    assert Period.named(kind, period.name) == period
    assert period.next().first == period.after
    assert period.next().name > period.name, "names sort by time"


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("name", ["", "2026-13", "2026-W54", "2026-H3", "26", "2026-02-30", "2026-11-22 ", "２０２６"])
def test_what_is_no_period_is_refused(kind: Kind, name: str) -> None:
    with pytest.raises(ValueError):
        Period.named(kind, name)
    assert Period.named(kind, EXAMPLES[kind]).name == EXAMPLES[kind]
