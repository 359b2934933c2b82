"""Giving an endpoint up: it gets nothing more until a person enables it, and those who can are told."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from chassis import logs, metrics
from chassis.work import Transaction
from contracts.notifications import WEBHOOK_WAS_DISABLED
from services.notifications.domain.webhooks import DisabledReason
from services.notifications.models import Webhook
from services.notifications.usecases.messages import requested

log = logs.get(__name__)


def disable(tx: Transaction, webhook: Webhook, reason: DisabledReason, roles: Sequence[str]) -> None:
    """Disable it, with a notice to the holders of `roles` and an event."""
    webhook.disabled_reason = reason
    since, shown = webhook.health.failing_since or tx.now, without_query(webhook.url)
    facts = {"webhook_id": webhook.id, "url": shown, "reason": reason, "failing_since": since, "at": tx.now}
    tx.emit(WEBHOOK_WAS_DISABLED, webhook.id, facts)
    tx.audit("webhook.disabled", "webhook", webhook.id, after={"disabled_reason": reason, "failing_since": since})
    metrics.WEBHOOKS_DISABLED.labels(reason).inc()
    log.warning("webhook disabled", webhook_id=str(webhook.id), reason=reason)
    if roles:
        requested(tx, {
            "key": "webhook.disabled", "recipients": [{"kind": "role", "role": role} for role in roles],
            "subject": {"kind": "webhook", "id": str(webhook.id)},
            "variables": {"url": shown, "since": since.isoformat()},
        })  # fmt: skip


def without_query(url: str) -> str:
    """An address to show: what stands behind the path may be a partner's secret."""
    return urlsplit(url)._replace(query="", fragment="").geturl()
