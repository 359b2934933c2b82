"""What an action accepts for each kind of field, and the windows that roll back by months."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.problems import Problem
from services.complaints.domain.values import checked
from services.complaints.domain.windows import months_back, months_since, reaches
from services.complaints.policy.specs import FieldSpec

LABELS = {"zh-CN": "值", "en": "Value"}
SHARES = (
    FieldSpec(key="department", labels=LABELS, kind="line", required=True, sums={}),
    FieldSpec(key="share", labels=LABELS, kind="percent", required=True, sums={}),
)

HALVES = [{"department": "a", "share": 60}, {"department": "b", "share": 40}]


def field(kind: str, **more: Any) -> FieldSpec:
    return FieldSpec(key="x", labels=LABELS, kind=kind, **{"sums": {}, **more})


GOOD = [
    (field("text"), "  two\nlines ", "two\nlines"),
    (field("choice", choices={"a": LABELS}), "a", "a"),
    (field("choices", choices={"a": LABELS, "b": LABELS}), ["b", "a", "b"], ["b", "a"]),
    (field("boolean"), False, False),
    (field("whole", minimum=1, maximum=3), 3, 3),
    (field("money"), {"amount": 5}, {"amount": 5, "currency": "CNY"}),
    (field("date"), "2028-02-29", "2028-02-29"),
    (field("moment"), "2026-11-22T09:00:00+08:00", "2026-11-22T01:00:00Z"),
    (field("staff"), "0199E1A0-3C1E-7BB2-9F0E-2D6A4F3E9C11", "0199e1a0-3c1e-7bb2-9f0e-2d6a4f3e9c11"),
    (field("table", columns=SHARES, sums={"share": 100}), HALVES, HALVES),
]

BAD = [
    (field("text"), 5, "invalid_type"),
    (field("text"), "   ", "blank"),
    (field("text"), "x" * 8001, "too_long"),
    (field("text"), "a\x00b", "control_character"),
    (field("line"), "two\nlines", "control_character"),
    (field("line"), "x" * 201, "too_long"),
    (field("choice", choices={"a": LABELS}), "b", "not_a_choice"),
    (field("choice", choices={"a": LABELS}), ["a"], "not_a_choice"),
    (field("choices", choices={"a": LABELS}), [], "invalid_type"),
    (field("boolean"), "true", "invalid_type"),
    (field("boolean"), 1, "invalid_type"),
    (field("whole"), 1.0, "invalid_type"),
    (field("whole"), True, "invalid_type"),
    (field("whole"), -1, "out_of_range"),
    (field("percent"), 101, "out_of_range"),
    (field("money"), {"amount": 1.5}, "invalid_type"),
    (field("money"), {"amount": "5"}, "invalid_type"),
    (field("money"), 5, "invalid_type"),
    (field("money"), {"amount": 5, "currency": "USD"}, "unknown_currency"),
    (field("money"), {"amount": 5, "cents": 1}, "invalid_type"),
    (field("money"), {"amount": 10**15 + 1}, "out_of_range"),
    (field("money", minimum=1), {"amount": 0}, "out_of_range"),
    (field("date"), "2026-02-30", "invalid_date"),
    (field("date"), "20261122", "invalid_date"),
    (field("moment"), "2026-11-22T09:00:00", "invalid_moment"),
    (field("moment"), "2026-02-30T09:00:00+08:00", "invalid_moment"),
    (field("moment"), "0001-01-01T00:00:00+14:00", "invalid_moment"),
    (field("staff"), "me", "invalid_id"),
    (field("files"), [], "invalid_type"),
    (field("table", columns=SHARES, sums={"share": 100}), [{"department": "a", "share": 99}], "wrong_sum"),
    (field("table", columns=SHARES), [{"department": "a"}], "required"),
    (field("table", columns=SHARES), [{"department": "a", "share": 1, "y": 2}], "invalid_row"),
]


@pytest.mark.parametrize(("spec", "value", "kept"), GOOD)
def test_accepts(spec: FieldSpec, value: object, kept: object) -> None:
    assert checked((spec,), {"x": value}) == {"x": kept}


@pytest.mark.parametrize(("spec", "value", "code"), BAD)
def test_refuses_and_says_why_in_both_languages(spec: FieldSpec, value: object, code: str) -> None:
    with pytest.raises(Problem) as refused:
        checked((spec,), {"x": value})
    (error,) = refused.value.errors
    assert (error["field"], error["code"]) == ("x", code)
    assert set(error["message"]) == {"en", "zh-CN"}


def test_unknown_fields_are_named_together_with_bad_ones() -> None:
    with pytest.raises(Problem) as refused:
        checked((field("boolean"),), {"x": 3, "y": 1})
    assert [(e["field"], e["code"]) for e in refused.value.errors] == [("x", "invalid_type"), ("y", "unknown_field")]


def test_nothing_given_is_nothing_kept() -> None:
    assert checked((field("text"),), {"x": None}) == {}


days = st.dates(date(2015, 1, 1), date(2040, 12, 31))


@given(today=days, back=st.integers(0, 2000))
def test_months_since_is_the_least_window_that_holds_the_date(today: date, back: int) -> None:
    then = today - timedelta(days=back)
    months = months_since(then, today)
    assert months_back(today, months) <= then
    assert months == 0 or months_back(today, months - 1) > then
    assert reaches({"amount": max(months, 1), "unit": "months"}, then, today)


def test_windows_roll_back_to_the_same_date_or_the_months_end() -> None:
    assert months_back(date(2026, 5, 31), 3) == date(2026, 2, 28)
    assert months_since(date(2026, 2, 28), date(2026, 5, 31)) == 3
    assert months_since(date(2026, 2, 27), date(2026, 5, 31)) == 4
    assert months_since(date(2026, 6, 1), date(2026, 5, 31)) == 0
    assert reaches({"amount": 2, "unit": "weeks"}, date(2026, 5, 17), date(2026, 5, 31))
    assert not reaches({"amount": 2, "unit": "weeks"}, date(2026, 5, 16), date(2026, 5, 31))
