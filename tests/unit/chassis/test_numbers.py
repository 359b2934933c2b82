"""Numbering patterns (SPEC PL-6)."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.numbers import Pattern, PatternError

DAY = date(2026, 3, 5)


@pytest.mark.clause("PL-6")
@pytest.mark.parametrize(
    ("pattern", "serial", "expected", "period"),
    [
        ("TS-{year}{month}-{site}-{category}-{serial:4}", 12, "TS-202603-HZ01-quality-0012", "2026-03"),
        ("{year:2}{month}{serial:2}", 7, "260307", "2026-03"),
        ("{year:2}{month}{serial:2}", 107, "2603107", "2026-03"),
        ("客诉字〔{year}〕{serial}号", 3, "客诉字〔2026〕3号", "2026"),
        ("{year}{month}{day}-{serial:3}", 1, "20260305-001", "2026-03-05"),
        ("{serial:6}", 42, "000042", ""),
    ],
)
def test_render_and_period(pattern: str, serial: int, expected: str, period: str) -> None:
    parsed = Pattern.parse(pattern)
    assert parsed.render(DAY, serial, {"site": "HZ01", "category": "quality"}) == expected
    assert parsed.period(DAY) == period


def test_needs_tells_the_named_parts() -> None:
    assert Pattern.parse("{year}-{site}-{category}-{serial}").needs == {"site", "category"}


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("TS-{year}", "must hold {serial} exactly once"),
        ("{serial}-{serial}", "must hold {serial} exactly once"),
        (
            "{shop}-{serial}",
            "{shop} is unknown; use serial, year, month, day, category, department, kind, region, site",
        ),
        ("{}-{serial}", "{} is unknown"),
        ("{serial:4", "every { needs its }"),
        ("serial}", "every { needs its }"),
        ("{serial:0}", "{serial:0}: the width must be one of 1, 2,"),
        ("{serial:four}", "{serial:four}: the width must be one of"),
        ("{year:3}-{serial}", "{year:3}: the width must be one of 2, 4"),
        ("{year}{month:1}{serial}", "only serial and year take a width; write {month}"),
        ("{month}-{serial}", "{month} needs {year}"),
        ("{year}{day}-{serial}", "{day} needs {month}"),
        ("{serial!r}", "leave out !r"),
        ("{site}{serial}", "put a character between {site} and {serial}"),
        ("{serial}{site}", "put a character between {site} and {serial}"),
        ("TS {serial}", "no blanks or control characters"),
        ("TS\x00{serial}", "no blanks or control characters"),
        ("x" * 80 + "{serial}", "at most 80 characters long, not 88"),
    ],
)
def test_a_bad_pattern_is_told(pattern: str, message: str) -> None:
    with pytest.raises(PatternError) as caught:
        Pattern.parse(pattern)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("values", "message"), [({}, "needs category, site"), ({"site": "", "category": "q"}, "needs site")]
)
def test_a_missing_part_is_told(values: dict[str, str], message: str) -> None:
    with pytest.raises(PatternError, match=message):
        Pattern.parse("{site}-{category}-{serial}").render(DAY, 1, values)


def test_a_part_with_blanks_is_refused() -> None:
    with pytest.raises(PatternError, match="'site': no blanks"):
        Pattern.parse("{site}-{serial}").render(DAY, 1, {"site": "HZ 01"})


def test_other_names_can_be_allowed() -> None:
    assert Pattern.parse("{card}-{serial}", frozenset({"card"})).needs == {"card"}


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.dates(date(2000, 1, 1), date(2099, 12, 31)),
       st.integers(1, 10**6), st.integers(1, 10**6))  # fmt: skip
def test_numbers_of_a_pattern_are_unique(day: date, other: date, serial: int, second: int) -> None:
    pattern = Pattern.parse("{year:2}{month}{serial:2}")
    same = (pattern.period(day), serial) == (pattern.period(other), second)
    assert (pattern.render(day, serial, {}) == pattern.render(other, second, {})) == same
