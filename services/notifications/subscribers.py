"""Which events each company's webhooks want, remembered for moments: most companies want none of most events, and each
event of the platform asks."""

from __future__ import annotations

import time
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select

from chassis.work import Work
from contracts.context import service_context
from contracts.notifications import SERVICE
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

    def want(self, work: Work, tenant_id: UUID, event_type: str) -> bool:
        """Whether a webhook of the company's may have subscribed to events of that type."""
        wanted = self._wanted.get(tenant_id)
        if wanted is None or wanted.until < time.monotonic():
            wanted = self._wanted[tenant_id] = _Wanted(_types(work, tenant_id), time.monotonic() + SECONDS)
        return event_type in wanted.types

    def forget(self, tenant_id: UUID | None) -> None:
        """The company's webhooks changed."""
        if tenant_id is not None:
            self._wanted.pop(tenant_id, None)


def _types(work: Work, tenant_id: UUID) -> frozenset[str]:
    with work.begin(service_context(SERVICE, tenant_id), read_only=True) as tx:
        return frozenset().union(*tx.session.scalars(select(Webhook.event_types)))
