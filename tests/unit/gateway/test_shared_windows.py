"""Rate limits counted for several processes together."""

from __future__ import annotations

import multiprocessing
from uuid import uuid4

import limits
import pytest
import time_machine
from limits.storage import storage_from_string
from limits.strategies import SlidingWindowCounterRateLimiter

from gateway import shared_windows  # noqa: F401  (registers shared://)

TEN = limits.parse("10/minute")


@pytest.fixture
def limiter() -> SlidingWindowCounterRateLimiter:
    return SlidingWindowCounterRateLimiter(storage_from_string("shared://"))


@pytest.fixture
def who() -> str:
    return uuid4().hex


def test_as_many_as_allowed_and_no_more(limiter: SlidingWindowCounterRateLimiter, who: str) -> None:
    assert [limiter.hit(TEN, who) for _ in range(12)] == [True] * 10 + [False] * 2
    assert limiter.hit(TEN, who + "another")
    assert limiter.get_window_stats(TEN, who).remaining == 0
    assert not limiter.test(TEN, who)


def test_room_comes_back_as_the_window_slides(limiter: SlidingWindowCounterRateLimiter, who: str) -> None:
    with time_machine.travel(6_000_000.0, tick=False) as moment:
        assert all(limiter.hit(TEN, who) for _ in range(10))
        moment.shift(60)
        assert not limiter.hit(TEN, who)
        moment.shift(30)
        assert [limiter.hit(TEN, who) for _ in range(6)] == [True] * 5 + [False]
        moment.shift(120)
        assert limiter.get_window_stats(TEN, who).remaining == 10


def test_a_key_can_be_cleared(limiter: SlidingWindowCounterRateLimiter, who: str) -> None:
    assert all(limiter.hit(TEN, who) for _ in range(10))
    limiter.clear(TEN, who)
    assert limiter.hit(TEN, who)


def _hits(who: str) -> int:
    limiter = SlidingWindowCounterRateLimiter(storage_from_string("shared://"))
    return sum(limiter.hit(limits.parse("100/day"), who) for _ in range(80))


def test_forked_processes_share_one_count(who: str) -> None:
    with multiprocessing.get_context("fork").Pool(4) as pool:
        assert sum(pool.map(_hits, [who] * 4, chunksize=1)) == 100
