"""Processes killed, stopped and frozen."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from kefu.processes import GATEWAY, RELAY, SERVICES
from kefu.waiting import wait_until
from tests.faults.footprint import family
from tests.faults.runs import Run

DRAIN_LIMIT = 10.0
LIMIT = 60.0
DEATHS, DROP_SECONDS = 5, 10.0


@contextmanager
def killed_at(run: Run, *, name: str, point: str) -> Iterator[None]:
    """The process dies at one of the points of `chassis/faultpoints.py`."""
    run.site.kill_at(name, point)
    yield
    run.site.revive(name)


@contextmanager
def killed_before_its_events_left(run: Run, *, service: str) -> Iterator[None]:
    """The service dies right after a commit while the relay is down: what it told is in the outbox only."""
    run.site.platform.kill(RELAY)
    run.load.flow()
    run.site.kill_at(service, "after_commit")
    yield
    run.site.revive(service)
    run.load.flow()
    run.site.revive(RELAY)


@contextmanager
def relay_killed_after_publishing(run: Run, *, service: str) -> Iterator[None]:
    """What it published it publishes again; the subscribers drop the second. Not every event has a subscriber, so it
    dies again until one that has was published twice."""
    before, point = _dropped(run), f"after_publish.{service}"
    run.site.kill_at(RELAY, point)
    yield
    run.site.revive(RELAY)
    for _ in range(DEATHS):
        with suppress(TimeoutError):
            wait_until(lambda: _dropped(run) > before, limit=DROP_SECONDS, what="the second is dropped")
            return
        run.site.kill_at(RELAY, point)
        run.site.revive(RELAY)
    raise AssertionError("nothing that was published twice was dropped")


def _dropped(run: Run) -> int:
    return sum(run.site.handled(service, "duplicate") for service in SERVICES)


@contextmanager
def killed_at_random(run: Run, *, times: int) -> Iterator[None]:
    """Any of them, at any moment, time and again."""
    yield
    for _ in range(times):
        run.load.flow(run.chance.randrange(1, 20))
        name = run.chance.choice([*SERVICES, RELAY])
        run.site.platform.kill(name)
        run.site.revive(name)


@contextmanager
def one_of_two_killed(run: Run, *, service: str) -> Iterator[None]:
    """The second instance goes; the first answers for both."""
    with run.site.second(service) as name:
        run.load.flow()
        run.site.platform.kill(name)
        yield


@contextmanager
def gateway_worker_killed(run: Run) -> Iterator[None]:
    """gunicorn's master starts another."""
    master, *workers = family(run.site.platform.pid(GATEWAY))
    os.kill(run.chance.choice(workers), signal.SIGKILL)
    yield
    wait_until(lambda: len(family(master)) > len(workers), limit=LIMIT, what="the worker is replaced")


@contextmanager
def terminated(run: Run) -> Iterator[None]:
    """Everything at once is told to end, under load, and ends in time and in order."""
    ended = run.site.terminate_all()
    run.notes.append(f"drained in {max(seconds for seconds, _ in ended.values()):.1f} s")
    try:
        assert {name: code for name, (_, code) in ended.items() if code} == {}
        assert all(seconds <= DRAIN_LIMIT for seconds, _ in ended.values()), ended
        yield
    finally:
        run.site.start_all()


@contextmanager
def frozen(run: Run, *, name: str, seconds: float) -> Iterator[None]:
    """SIGSTOP: its connections stay open and nothing answers; then it goes on as if nothing had been."""
    pids = family(run.site.platform.pid(name))
    _signal(pids, signal.SIGSTOP)
    thaw_at = time.monotonic() + seconds
    try:
        yield
        wait_until(lambda: time.monotonic() > thaw_at, limit=seconds + LIMIT, what="it has stood long enough")
    finally:
        _signal(pids, signal.SIGCONT)


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
