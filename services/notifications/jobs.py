"""The timer that finds what is due and keeps the senders busy."""

from __future__ import annotations

import time
from collections.abc import Iterable
from uuid import UUID

from chassis import logs
from chassis.db import DatabaseUnavailable
from chassis.service import Job
from contracts.context import service_context
from contracts.notifications import SERVICE
from services.notifications.sending.attempts import attempt_next
from services.notifications.sending.lines import Line, due_lines
from services.notifications.sending.pump import Pump

log = logs.get(__name__)

LOOK_SECONDS = 1
"""How often woken tenants are looked at."""
LOOK_AT_ALL_SECONDS = 5.0
"""How often every tenant is: for retries, scheduled messages, and what a process planned but did not live to send."""
TURN_MESSAGES = 20
TURN_SECONDS = 2.0
SENDERS = {True: 8, False: 12}
"""Lines sent from at once in one process: urgent and ordinary."""


class Dispatcher:
    """One per process."""

    def __init__(self) -> None:
        self._woken: set[UUID] = set()
        self._looked_at_all = float("-inf")
        self._job: Job | None = None
        self._pump: Pump[Line] = Pump(self._turn, SENDERS)

    def wake(self, tenant_id: UUID | None) -> None:
        """Something may be due for the tenant: look at it next."""
        if tenant_id is not None:
            self._woken.add(tenant_id)

    def look(self, job: Job) -> None:
        """Offer every line with something due to the senders."""
        self._job = job
        for tenant_id in self._tenants(job):
            for line in _due(job, tenant_id):
                self._pump.offer(line, urgent=line.urgent)

    def _tenants(self, job: Job) -> Iterable[UUID]:
        woken, self._woken = self._woken, set()
        if time.monotonic() - self._looked_at_all < LOOK_AT_ALL_SECONDS:
            return woken
        self._looked_at_all = time.monotonic()
        return job.tenants()

    def _turn(self, line: Line) -> bool:
        """Send from the line for a while; whether more may be due."""
        assert self._job is not None
        end = time.monotonic() + TURN_SECONDS
        for _ in range(TURN_MESSAGES):
            if not attempt_next(self._job.begin, line):
                return False
            if time.monotonic() > end:
                break
        return True


def _due(job: Job, tenant_id: UUID) -> list[Line]:
    try:
        with job.work.begin(service_context(SERVICE, tenant_id), read_only=True) as tx:
            return due_lines(tx)
    except DatabaseUnavailable:
        raise
    except Exception:
        log.exception("deliveries of a tenant could not be looked at")
        return []
