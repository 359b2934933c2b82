"""Which tenants a timer looks at, and how often it looks at all of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis import clock as moments
from chassis import timers
from chassis.timers import LOOKING_SHARE, TenantQueue

NORTH, SOUTH, EAST = sorted(uuid4() for _ in range(3))


class _Clock:
    """What `time` is to the queue."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


class _Job:
    def known_tenants(self) -> list[UUID]:
        return [NORTH, SOUTH, EAST]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> _Clock:
    clock = _Clock()
    monkeypatch.setattr(timers, "time", clock)
    return clock


def _take(queue: TenantQueue) -> list[UUID]:
    job: Any = _Job()
    return list(queue.take(job))


def test_all_are_looked_at_first_and_then_every_so_many_seconds(clock: _Clock) -> None:
    queue = TenantQueue(30)
    assert _take(queue) == [NORTH, SOUTH, EAST]
    clock.now += 29
    assert _take(queue) == []
    clock.now += 1
    assert _take(queue) == [NORTH, SOUTH, EAST]


def test_who_was_told_of_is_looked_at_at_once_and_once(clock: _Clock) -> None:
    queue = TenantQueue(30)
    queue.tell(SOUTH)
    queue.tell(None)
    assert _take(queue) == [SOUTH, NORTH, EAST]
    queue.tell(EAST)
    assert _take(queue) == [EAST]
    assert _take(queue) == []


def test_a_round_never_takes_more_than_its_share_and_goes_on_where_it_stopped(clock: _Clock) -> None:
    queue = TenantQueue(5)
    assert _take(queue) == [NORTH, SOUTH, EAST]
    ticks, looked = 0, []
    while len(looked) < 6:
        clock.now += 10  # twenty ticks a look
        ticks += 1
        for tenant_id in queue.take(_Job()):  # type: ignore[arg-type]
            clock.now += 10
            looked.append(tenant_id)
    assert looked == [NORTH, SOUTH, EAST] * 2
    assert 5 * 10 / (5 * 10 + ticks * 10) <= LOOKING_SHARE  # the sixth's rest is still to come


def test_a_round_is_spread_evenly(clock: _Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    many = [uuid4() for _ in range(300)]
    monkeypatch.setattr(_Job, "known_tenants", lambda _self: many)
    queue = TenantQueue(5)
    assert _take(queue) == many
    parts = []
    while sum(parts) < len(many):
        clock.now += 1
        parts.append(0)
        for _ in queue.take(_Job()):  # type: ignore[arg-type]
            clock.now += 0.004
            parts[-1] += 1
    assert len(parts) == pytest.approx(5 + 300 * 0.004 / LOOKING_SHARE, rel=0.3)
    assert max(parts) <= 6 * LOOKING_SHARE / 0.004  # what five idle seconds left, and no more


def test_while_a_round_goes_on_who_is_told_of_comes_first(clock: _Clock) -> None:
    queue = TenantQueue(5)
    _take(queue)
    clock.now += 10
    looking = queue.take(_Job())  # type: ignore[arg-type]
    assert next(looking) == NORTH
    clock.now += 10
    assert next(looking, None) is None
    queue.tell(EAST)
    assert _take(queue) == [EAST]


def test_a_round_that_broke_off_goes_on_and_is_made_again(clock: _Clock) -> None:
    queue, job = TenantQueue(300), _Job()
    looking = queue.take(job)  # type: ignore[arg-type]
    assert next(looking) == NORTH
    looking.close()
    assert _take(queue) == [SOUTH, EAST]
    clock.now += 1
    assert _take(queue) == [NORTH, SOUTH, EAST]
    clock.now += 299
    assert _take(queue) == []


def test_who_was_told_of_is_not_forgotten_when_looking_broke_off(clock: _Clock) -> None:
    queue = TenantQueue(300)
    _take(queue)
    queue.tell(NORTH)
    queue.tell(EAST)
    looking = queue.take(_Job())  # type: ignore[arg-type]
    assert next(looking) == NORTH
    looking.close()
    clock.now += 1
    assert _take(queue) == [EAST, NORTH, SOUTH]


def test_a_tenant_is_looked_at_when_something_of_it_is_expected(clock: _Clock) -> None:
    queue = TenantQueue(300)
    _take(queue)
    for tenant_id, seconds in ((NORTH, 7), (SOUTH, 7), (SOUTH, 9), (EAST, 8)):
        queue.expect(tenant_id, moments.now() + timedelta(seconds=seconds))
    queue.expect(EAST, None)
    clock.now += 6
    assert _take(queue) == []
    clock.now += 2
    assert _take(queue) == [NORTH]
    clock.now += 2
    queue.tell(SOUTH)
    assert _take(queue) == [SOUTH]
    assert _take(queue) == []
