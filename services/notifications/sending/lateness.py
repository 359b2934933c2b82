"""How late webhooks' events are, over all companies: for those who run the platform."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, and_, func, select

from chassis import clock, metrics
from chassis.service import Job
from chassis.timers import TenantQueue
from chassis.work import Transaction
from contracts.context import service_context
from contracts.notifications import SERVICE
from services.notifications.models import Webhook, WebhookDelivery, WebhookHealth
from services.notifications.sending.webhooks import is_unfinished, may_leave, rested

LOOK_SECONDS = 30.0
WORKING, FAILING = "working", "failing"


class Waiting(NamedTuple):
    """What waits in one company, for webhooks that are enabled: moments, or None where nothing does."""

    working: datetime | None
    """When the oldest event came that a working endpoint has not got."""
    failing: datetime | None
    """The same, of endpoints whose last attempt failed."""
    due: datetime | None
    """Since when the delivery that is due longest could have left."""


NOTHING = Waiting(None, None, None)


class Lateness:
    """Sets the gauges. One per process; all say the same."""

    def __init__(self) -> None:
        self._queue = TenantQueue(LOOK_SECONDS)
        self._found: dict[UUID, Waiting] = {}
        """What waited in each company when it was last looked at; only of those where something did."""

    def look(self, job: Job) -> None:
        """Look at the companies whose turn it is."""
        for tenant_id in self._queue.take(job):
            with job.work.begin(service_context(SERVICE, tenant_id), read_only=True) as tx:
                found = waiting(tx)
            self._found.pop(tenant_id, None)
            if found != NOTHING:
                self._found[tenant_id] = found
        metrics.WEBHOOK_OLDEST.labels(WORKING).set(_age(one.working for one in self._found.values()))
        metrics.WEBHOOK_OLDEST.labels(FAILING).set(_age(one.failing for one in self._found.values()))
        metrics.WEBHOOK_OVERDUE.set(_age(one.due for one in self._found.values()))


def waiting(tx: Transaction) -> Waiting:
    """What waits in this transaction's company; nothing where it does not use the service."""
    if SERVICE not in tx.tenant.services:
        return NOTHING
    failing = WebhookHealth.failing_since.is_not(None)
    oldest = _of_enabled(tx, failing, func.min(WebhookDelivery.created_at)).group_by(failing)
    by_failing = {bool(row[0]): row[1] for row in tx.session.execute(oldest)}
    due = _of_enabled(tx, func.min(WebhookDelivery.due_at)).where(rested(tx), may_leave(tx))
    return Waiting(by_failing.get(False), by_failing.get(True), tx.session.scalar(due))


def _of_enabled(tx: Transaction, *columns: Any) -> Select[Any]:
    hook = and_(Webhook.tenant_id == WebhookDelivery.tenant_id, Webhook.id == WebhookDelivery.webhook_id)
    health = and_(WebhookHealth.tenant_id == Webhook.tenant_id, WebhookHealth.webhook_id == Webhook.id)
    statement = select(*columns).select_from(WebhookDelivery).join(Webhook, hook).join(WebhookHealth, health)
    return statement.where(Webhook.disabled_reason.is_(None), is_unfinished(tx))


def _age(moments: Iterable[datetime | None]) -> float:
    """Seconds since the earliest; 0 where there is none."""
    known = [moment for moment in moments if moment]
    return max((clock.now() - min(known)).total_seconds(), 0.0) if known else 0.0
