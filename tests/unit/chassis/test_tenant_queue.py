"""Which tenants a timer looks at, and how often it looks at all of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

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


def test_looking_at_all_never_takes_more_than_its_share(clock: _Clock) -> None:
    queue, job = TenantQueue(5), _Job()
    for _ in queue.take(job):  # type: ignore[arg-type]
        clock.now += 10
    clock.now += 30 / LOOKING_SHARE - 1
    assert _take(queue) == []
    clock.now += 1
    assert _take(queue) == [NORTH, SOUTH, EAST]


def test_a_look_that_broke_off_is_made_again(clock: _Clock) -> None:
    queue, job = TenantQueue(30), _Job()
    looking = queue.take(job)  # type: ignore[arg-type]
    assert next(looking) == NORTH
    looking.close()
    assert _take(queue) == [NORTH, SOUTH, EAST]
