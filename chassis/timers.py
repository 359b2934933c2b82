"""Timers: what a service does by itself. Every instance runs every timer; locks share the rows out, not a leader."""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, TypeVar
from uuid import UUID

from eventlet import Timeout
from nameko.timer import Timer
from sqlalchemy import select

from chassis import clock, deadlines, logs, metrics
from chassis.db import DatabaseUnavailable
from chassis.deadlines import Fired
from chassis.tables import TenantSetting
from chassis.work import Transaction, Work
from chassis.workplace import Workplace
from contracts.context import service_context

log = logs.get(__name__)
Method = TypeVar("Method", bound=Callable[..., Any])
FAILED_PAUSE = timedelta(minutes=1)
DISABLED_PAUSE = timedelta(minutes=5)
LOOKING_SHARE = 0.05
"""What a timer may take of the time to look through tenants that have nothing to do."""


class Job:
    """One run of a timer."""

    def __init__(self, workplace: Workplace) -> None:
        self.workplace = workplace

    @property
    def work(self) -> Work:
        return self.workplace.work

    @contextmanager
    def begin(self, tenant_id: UUID) -> Iterator[Transaction]:
        """A transaction of that tenant on the service's own account."""
        with self.work.begin(service_context(self.workplace.service, tenant_id)) as tx:
            yield tx

    def tenants(self) -> list[UUID]:
        """Tenants that have this service enabled (SPEC PL-2: timers rest for the others)."""
        service = self.workplace.service
        with self.work.database.begin(None, read_only=True, system=True) as session:
            rows = session.execute(select(TenantSetting.tenant_id, TenantSetting.document))
            return [r.tenant_id for r in rows if service in r.document["services"] and r.document["status"] == "active"]

    def known_tenants(self) -> list[UUID]:
        """All tenants this service has heard of, whether they have it enabled or not."""
        with self.work.database.begin(None, read_only=True, system=True) as session:
            return list(session.scalars(select(TenantSetting.tenant_id)))

    def tenant_revisions(self) -> dict[UUID, int]:
        """All tenants this service knows, with the revision of its copy: who keeps something in memory for each of them
        learns by it what to look at again."""
        with self.work.database.begin(None, read_only=True, system=True) as session:
            rows = session.execute(select(TenantSetting.tenant_id, TenantSetting.revision))
            return {row.tenant_id: row.revision for row in rows}

    def sweep_deadlines(self, handler: Callable[[Transaction, Fired], None], limit: int = 500) -> int:
        """Fire every deadline that is due: `handler(tx, fired)` in one transaction with the deadline's own change.

        A handler that raises fires again a minute later and does not hold up the others. Returns how many fired.
        """
        with self.work.database.begin(None, read_only=True, system=True) as session:
            due = deadlines.due_rows(session, clock.now(), limit)
        return sum(self._fire(tenant_id, row_id, handler) for tenant_id, row_id in due)

    def _fire(self, tenant_id: UUID, row_id: UUID, handler: Callable[[Transaction, Fired], None]) -> bool:
        try:
            with self.begin(tenant_id) as tx:
                row = deadlines.take(tx.session, tenant_id, row_id, tx.now)
                if row is None:
                    return False
                if self.workplace.service not in tx.tenant.services:
                    row.next_at = tx.now + DISABLED_PAUSE
                    return False
                fired = deadlines.advance(row, tx.now, tx.tenant.calendar)
                handler(tx, fired)
        except DatabaseUnavailable:
            raise
        except Exception:
            log.exception("deadline could not be fired", deadline_id=str(row_id))
            now = clock.now()
            with self.work.database.begin(tenant_id) as session:
                deadlines.touch(session, tenant_id, row_id, now, now + FAILED_PAUSE)
            return False
        metrics.DEADLINES_FIRED.labels(self.workplace.service, fired.kind, fired.what).inc()
        return True


class TenantQueue:
    """Which tenants may have work waiting, as far as this process knows: those it was told of, at once; and all of them
    in rounds, one every `seconds`, for what another process left undone. A process that starts makes its first round in
    one go. The later ones take no more than `LOOKING_SHARE` of the time, evenly: with very many tenants they take
    longer, but nobody's call waits for them."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._told: set[UUID] = set()
        self._expected: dict[UUID, float] = {}
        self._left: deque[UUID] = deque()
        """Of this round."""
        self._next_round = self._looked_at = self._rests_until = float("-inf")

    def tell(self, tenant_id: UUID | None) -> None:
        """This process has just committed work of that tenant's."""
        if tenant_id is not None:
            self._told.add(tenant_id)

    def expect(self, tenant_id: UUID, moment: datetime | None) -> None:
        """Look at the tenant at that moment at the latest; None: nothing of it is to come. The last word counts."""
        self._expected.pop(tenant_id, None)
        if moment is not None:
            self._expected[tenant_id] = time.monotonic() + (moment - clock.now()).total_seconds()

    def take(self, job: Job) -> Iterator[UUID]:
        """Tenants to look at now. Looking should be cheap: nearly all of them have nothing."""
        named = self._named()
        told = deque(sorted(named))
        try:
            yield from self._each(told)
        finally:
            self._told.update(told)
        began = time.monotonic()
        if began >= self._rests_until:
            yield from self._part(job, began, named)
            self._looked_at = time.monotonic()
            self._rests_until = began + (self._looked_at - began) / LOOKING_SHARE

    def _named(self) -> set[UUID]:
        """Those it was told of and those whose moment has come."""
        now = time.monotonic()
        come = {tenant_id for tenant_id, moment in self._expected.items() if moment <= now}
        for tenant_id in come:
            del self._expected[tenant_id]
        named, self._told = self._told | come, set()
        return named

    def _part(self, job: Job, began: float, looked_at: set[UUID]) -> Iterator[UUID]:
        """As much of the round as may be done by now."""
        if not self._left and began >= self._next_round:
            self._left.extend(tenant_id for tenant_id in job.known_tenants() if tenant_id not in looked_at)
            self._next_round = began + self._seconds
        yield from self._each(self._left, until=began + LOOKING_SHARE * (began - self._looked_at))

    def _each(self, tenants: deque[UUID], until: float = float("inf")) -> Iterator[UUID]:
        """One after the other, at least one; those who were not reached stay in `tenants`. When looking breaks off, for
        want of the database most likely, whoever it was about comes in the next round, and that begins at once."""
        while tenants and time.monotonic() <= until:
            try:
                yield tenants.popleft()
            except GeneratorExit:
                self._next_round = float("-inf")
                raise


class Every(Timer):  # type: ignore[misc]
    """nameko's timer, with the service's workplace. It waits between runs, so that a slow run is not made up for by a
    volley, and a random part of the interval first, so that services started together do not all work at once."""

    workplace = Workplace()

    def _run(self) -> None:
        pause = random.uniform(0, self.interval)  # noqa: S311  (spreads load, guards nothing)
        while not self._told_to_stop(pause):
            self.handle_timer_tick()
            self.worker_complete.wait()
            self.worker_complete.reset()
            pause = self.interval

    def _told_to_stop(self, within: float) -> bool:
        try:
            with Timeout(within):
                self.should_stop.wait()
        except Timeout:
            return False
        return True

    def handle_timer_tick(self) -> None:
        self.container.spawn_worker(self, (Job(self.workplace),), {}, handle_result=self.handle_result)


def every(seconds: float) -> Callable[[Method], Method]:
    """Mark a method to run every `seconds`, never twice at once in a process: `def sweep(self, job: Job) -> None`.
    A raise is logged and the next run comes as usual."""

    def decorate(method: Method) -> Method:
        @wraps(method)
        def door(self: Any, job: Job) -> None:
            try:
                method(self, job)
            except DatabaseUnavailable as error:
                log.warning("database unavailable, timer skipped", timer=method.__name__, error=str(error))
            except Exception:
                log.exception("timer failed", timer=method.__name__)

        return Every.decorator(seconds)(door)  # type: ignore[no-any-return]

    return decorate
