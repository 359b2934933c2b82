"""Who may give what to whom, and when an account is locked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.context import Actor, Context
from services.tenants import domain
from services.tenants.domain import Failures, LockRule

NOW = datetime(2026, 11, 22, 1, tzinfo=UTC)
RULE = LockRule(attempts=3, window=timedelta(minutes=15))
PATTERNS = st.sampled_from(["*", "a.*", "a.read", "a.write", "b.*", "b.read"])
CONCRETE = ["a.read", "a.write", "a.other", "b.read", "b.other", "c.read"]


def opened_by(patterns: set[str]) -> set[str]:
    """What a credential with those patterns may do, as the context decides it."""
    ctx = Context(actor=Actor(kind="key", id="k"), permissions=frozenset(patterns))
    return {permission for permission in CONCRETE if ctx.may(permission)}


@given(held=st.sets(PATTERNS), wanted=st.sets(PATTERNS))
def test_what_is_covered_opens_nothing_beyond_what_is_held(held: set[str], wanted: set[str]) -> None:
    if not domain.not_covered(held, wanted):
        assert opened_by(wanted) <= opened_by(held)


@pytest.mark.parametrize(
    ("held", "wanted", "missing"),
    [
        (["complaints.read"], ["complaints.read"], []),
        (["complaints.*"], ["complaints.read", "complaints.*"], []),
        (["complaints.read"], ["complaints.*", "complaints.close"], ["complaints.*", "complaints.close"]),
        (["complaints.*", "customers.*"], ["*"], ["*"]),
        (["*"], ["*", "anything.*"], []),
        ([], ["a.b"], ["a.b"]),
    ],
)
def test_a_pattern_is_covered_by_itself_or_a_wider_one(held: list[str], wanted: list[str], missing: list[str]) -> None:
    assert domain.not_covered(held, wanted) == missing


@given(patterns=st.sets(PATTERNS))
def test_narrowing_to_services_leaves_exactly_what_concerns_them(patterns: set[str]) -> None:
    kept = domain.narrowed(patterns, ["a"])
    assert opened_by(set(kept)) == {p for p in opened_by(patterns) if p.startswith("a.")}
    assert domain.narrowed(patterns, None) == patterns


def unit(number: int) -> UUID:
    return UUID(int=number)


PATHS = {
    unit(n): [str(unit(p)) for p in path] for n, path in {1: [1], 2: [1, 2], 3: [1, 2, 3], 4: [1, 4], 5: [5]}.items()
}


def test_a_unit_opens_all_below_it_and_nothing_beside() -> None:
    assert domain.with_below([unit(2)], PATHS) == {unit(2), unit(3)}
    assert domain.with_below([unit(1)], PATHS) == {unit(n) for n in (1, 2, 3, 4)}
    assert domain.with_below([], PATHS) == frozenset()


def test_an_area_is_said_by_its_topmost_units() -> None:
    assert domain.topmost([unit(2), unit(3), unit(5)], PATHS) == [unit(2), unit(5)]
    assert domain.topmost([unit(3), unit(4)], PATHS) == [unit(3), unit(4)]


def test_a_moved_unit_takes_its_part_of_the_path_along() -> None:
    assert domain.moved_path(["a", "b", "c"], ["a", "b"], ["z", "b"]) == ["z", "b", "c"]


def failed(times: int, every: timedelta) -> Failures:
    failures = Failures()
    for number in range(times):
        failures = failures.after_another(RULE, NOW + number * every)
    return failures


def test_failures_in_the_window_lock_the_account_for_as_long() -> None:
    assert not failed(2, timedelta(minutes=1)).locked(NOW + timedelta(minutes=2))
    locked = failed(3, timedelta(minutes=1))
    assert locked.locked(NOW + timedelta(minutes=2))
    assert locked.locked(NOW + timedelta(minutes=2) + RULE.window - timedelta(seconds=1))
    assert not locked.locked(NOW + timedelta(minutes=2) + RULE.window)


def test_failures_further_apart_than_the_window_never_lock() -> None:
    assert not failed(20, timedelta(minutes=15)).locked(NOW + timedelta(minutes=15) * 20)
