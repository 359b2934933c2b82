"""The timers: one that finds what is due and keeps the senders busy, one that clears the log."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from chassis import clock, logs
from chassis.db import DatabaseUnavailable
from chassis.service import Job, TenantQueue
from contracts.context import service_context
from contracts.notifications import SERVICE
from services.notifications.sending import webhooks
from services.notifications.sending.attempts import Begin, attempt_next
from services.notifications.sending.lines import Line, due_lines
from services.notifications.sending.pump import Pump
from services.notifications.sending.webhooks import Endpoint
from services.notifications.settings import NotificationsSettings
from services.notifications.usecases import webhook_deliveries

log = logs.get(__name__)

LOOK_SECONDS = 1
"""How often woken tenants are looked at."""
LOOK_AT_ALL_SECONDS = 5.0
"""How often every tenant is, while they are few: for webhooks' retries, and what a process planned but did not live to
send."""
LOOK_AGAIN = timedelta(seconds=5)
"""When a tenant for whom something is leaving is looked at again: it may have failed."""
TURN_MESSAGES = 20
TURN_SECONDS = 2.0
SENDERS = {True: 8, False: 12}
"""Lines sent from at once in one process: urgent and ordinary."""


WEBHOOK_SENDERS = 24
WEBHOOK_SHARE = 4
"""Webhooks sent to at once in one process: in all, and of one company."""
T = TypeVar("T", Line, Endpoint)


class Dispatcher:
    """One per process."""

    def __init__(self) -> None:
        self._queue = TenantQueue(LOOK_AT_ALL_SECONDS)
        self._job: Job | None = None
        self._messages: Pump[Line] = Pump(lambda line: self._turn(line, attempt_next), SENDERS)
        self._webhooks: Pump[Endpoint] = Pump(
            lambda endpoint: self._turn(endpoint, webhooks.attempt_next), {False: WEBHOOK_SENDERS},
            owner=lambda endpoint: endpoint.tenant_id, share=WEBHOOK_SHARE,
        )  # fmt: skip

    def wake(self, tenant_id: UUID | None) -> None:
        """Something may be due for the tenant: look at it next."""
        self._queue.tell(tenant_id)

    def look(self, job: Job) -> None:
        """Offer every line and every endpoint with something due to the senders."""
        self._job = job
        for tenant_id in self._queue.take(job):
            lines, endpoints, next_due = _due(job, tenant_id)
            again = clock.now() + LOOK_AGAIN if lines or endpoints else None
            self._queue.expect(tenant_id, min((m for m in (next_due, again) if m is not None), default=None))
            for line in lines:
                self._messages.offer(line, urgent=line.urgent)
            for endpoint in endpoints:
                self._webhooks.offer(endpoint, urgent=False)

    def _turn(self, line: T, attempt: Callable[[Begin, T], bool]) -> bool:
        """Send from the line for a while; whether more may be due."""
        assert self._job is not None
        end = time.monotonic() + TURN_SECONDS
        for _ in range(TURN_MESSAGES):
            if not attempt(self._job.begin, line):
                return False
            if time.monotonic() > end:
                break
        return True


def _due(job: Job, tenant_id: UUID) -> tuple[list[Line], list[Endpoint], datetime | None]:
    try:
        with job.work.begin(service_context(SERVICE, tenant_id), read_only=True) as tx:
            lines, next_due = due_lines(tx)
            return lines, webhooks.due_endpoints(tx), next_due
    except DatabaseUnavailable:
        raise
    except Exception:
        log.exception("deliveries of a tenant could not be looked at")
        return [], [], None


def forget_old(job: Job) -> None:
    """Drop what webhooks got, or waited for, longer ago than it is kept."""
    days = NotificationsSettings.load().webhook_log_days
    for tenant_id in job.tenants():
        with job.begin(tenant_id) as tx:
            webhook_deliveries.forget_old(tx, days)
