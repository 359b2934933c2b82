"""Clocks that are wrong, and years that nobody has published yet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from kefu.waiting import wait_until
from tests.faults.runs import Run

LIMIT = 60.0


@contextmanager
def wrong(run: Run, *, by: float) -> Iterator[None]:
    """All clocks are set ahead by so many seconds, then as far behind, then right."""
    try:
        run.site.platform.move_clock(by)
        yield
        run.load.flow()
        run.site.platform.move_clock(-by)
        run.load.flow()
    finally:
        run.site.platform.move_clock(0)


@contextmanager
def in_another_zone(run: Run, *, service: str, zone: str) -> Iterator[None]:
    """The process is started on a machine whose clock shows another zone."""
    run.site.platform.stop(service)
    run.site.revive(service, TZ=zone)
    yield
    run.load.flow()
    run.site.platform.restart(service)


@contextmanager
def year_without_calendar(run: Run, *, year: int) -> Iterator[None]:
    """New Year, and China's notice of its make-up working days has not found its way here: deadlines are reckoned by
    weekdays and the statutory holidays, and the metric behind the alert says so."""
    ahead = (datetime(year, 1, 4, 2, tzinfo=UTC) - datetime.now(UTC)).total_seconds()
    run.site.platform.move_clock(ahead)
    try:
        yield
        run.load.flow(40)
        wait_until(
            lambda: run.site.metric("complaints", "kefu_calendar_fallback_total"), limit=LIMIT, what="it is told"
        )
    finally:
        run.site.platform.move_clock(0)
