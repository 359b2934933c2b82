"""The broker gone, killed, and full."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from kefu.waiting import wait_until
from tests.faults.runs import Run

FELT_LIMIT = 30.0


@contextmanager
def stopped(run: Run) -> Iterator[None]:
    run.site.broker.stop()
    try:
        yield
    finally:
        run.site.broker.start()


@contextmanager
def killed(run: Run, *, times: int) -> Iterator[None]:
    """As by a power cut, each time under load again."""
    for number in range(times):
        run.site.broker.kill()
        try:
            if number == 0:
                yield
        finally:
            run.site.broker.start()
        run.await_answers()
        run.load.flow()


@contextmanager
def alarmed(run: Run, *, what: str) -> Iterator[None]:
    """Disk or memory nearly used up: it lets nobody publish, neither requests nor replies nor events."""
    with run.site.broker.disk_alarm() if what == "disk" else run.site.broker.memory_alarm():
        wait_until(lambda: _refused(run), limit=FELT_LIMIT, what="the alarm is felt")
        yield


def _refused(run: Run) -> bool:
    return run.company.client.get("/v1/customers").status_code == httpx.codes.SERVICE_UNAVAILABLE
