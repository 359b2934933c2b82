"""Which events each company's webhooks want, remembered for moments: most companies want none of most events, and each
event of the platform asks."""

from __future__ import annotations

import time
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select

from chassis.delivery import Delivery
from chassis.work import Transaction
from services.notifications.models import Webhook

SECONDS = 2.0
"""A new webhook, or a new event type of one, gets what happens this much later for sure."""


class _Wanted(NamedTuple):
    types: frozenset[str]
    until: float


class Subscribers:
    """One per process."""

    def __init__(self) -> None:
        self._wanted: dict[UUID, _Wanted] = {}

    def want(self, delivery: Delivery) -> bool:
        """Whether a webhook of the company's may have subscribed to the event."""
        tenant_id = delivery.event.tenant_id
        wanted = self._wanted.get(tenant_id)
        if wanted is None or wanted.until < time.monotonic():
            wanted = self._wanted[tenant_id] = _Wanted(_types(delivery), time.monotonic() + SECONDS)
        return delivery.event.type in wanted.types

    def forget(self, tenant_id: UUID | None) -> None:
        """The company's webhooks changed."""
        if tenant_id is not None:
            self._wanted.pop(tenant_id, None)


def _types(delivery: Delivery) -> frozenset[str]:
    if delivery.shared is not None:
        return _read(delivery.shared)
    with delivery.workplace.work.begin(delivery.ctx, read_only=True) as tx:
        return _read(tx)


def _read(tx: Transaction) -> frozenset[str]:
    return frozenset().union(*tx.session.scalars(select(Webhook.event_types)))
