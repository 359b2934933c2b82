"""What webhooks are to get: an event's deliveries planned, a test event, deliveries sent again or forgotten."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import delete, func, select, update

from chassis.delivery import Received
from chassis.ids import new_id
from chassis.work import Transaction
from contracts.notifications import TEST_TYPE, WEBHOOK_BUSY, WEBHOOK_DISABLED
from services.notifications.domain.webhooks import WebhookState
from services.notifications.models import Webhook, WebhookAttempt, WebhookDelivery
from services.notifications.queries import webhooks as queries
from services.notifications.usecases.webhooks import held, require_whole_company

_UNSEEN = {"synchronize_session": False}


def plan(tx: Transaction, _data: dict[str, Any], event: Received) -> None:
    """A delivery to each webhook that subscribed to the event, with the envelope as it was published. A disabled
    webhook's wait with the others until it is enabled."""
    if queries.is_open(tx, queries.PARTNER_EVENTS[event.type]):
        subscribed = [hook for hook in tx.session.scalars(select(Webhook)) if event.type in hook.event_types]
        _add(tx, subscribed, event)


def test_webhook(tx: Transaction, data: dict[str, Any]) -> WebhookDelivery:
    """Plan a test event, in the form of a published one. Problems: `not_found`, `webhook_disabled`,
    `org_unit_out_of_scope`."""
    webhook = _awake(tx, data)
    require_whole_company(tx)
    actor = tx.ctx.actor
    envelope = {
        "id": str(new_id()), "type": TEST_TYPE, "version": 1, "occurred_at": tx.now.isoformat(),
        "tenant_id": str(tx.tenant_id), "aggregate_id": str(webhook.id),
        "actor": {"kind": actor.kind, "id": actor.id, "name": actor.name},
        "request_id": tx.ctx.request_id, "trace_id": tx.ctx.trace_id, "data": {"webhook_id": str(webhook.id)},
    }  # fmt: skip
    (row,) = _add(tx, [webhook], Received.parse(orjson.dumps(envelope)))
    return row


def resend_delivery(tx: Transaction, data: dict[str, Any]) -> WebhookDelivery:
    """Send one again now, with all its attempts and the same `webhook-id`, whatever became of it. Later events of its
    aggregate that were not delivered wait for it. Staff of a store may send again what is about it.

    Problems: `not_found`, `webhook_busy`, `webhook_disabled`, `org_unit_out_of_scope`.
    """
    found = queries.delivery(tx, data)  # told first as not there, also while the webhook is disabled
    if found.org_unit_id is None:
        require_whole_company(tx)
    _awake(tx, data)  # the webhook is locked before its deliveries, as everywhere
    row = queries.delivery(tx, data, lock=True)
    if row.state == WebhookState.SENDING:
        raise WEBHOOK_BUSY()
    tx.audit("webhook.resent", "webhook_delivery", row.id, before={"state": row.state})
    row.state, row.attempts, row.due_at, row.delivered_at = WebhookState.PENDING, 0, tx.now, None
    return row


def resend_failed(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """Send again what failed of the events that came from `since` to `until`; for staff of stores, of those about their
    stores. Problems: `not_found`, `webhook_disabled`."""
    webhook = _awake(tx, data)
    failed = update(WebhookDelivery).where(
        WebhookDelivery.webhook_id == webhook.id, WebhookDelivery.state == WebhookState.FAILED,
        WebhookDelivery.created_at >= data["since"], WebhookDelivery.created_at <= (data["until"] or tx.now),
    )  # fmt: skip
    if tx.ctx.org_unit_ids is not None:
        failed = failed.where(WebhookDelivery.org_unit_id.in_(tx.ctx.org_unit_ids))
    again = failed.values(state=WebhookState.PENDING, attempts=0, due_at=tx.now)
    result = tx.session.execute(again, execution_options=_UNSEEN)
    queued = int(getattr(result, "rowcount", 0))
    tx.audit("webhook.failed_resent", "webhook", webhook.id, after={"since": data["since"], "queued": queued})
    return {"queued": queued}


def forget_old(tx: Transaction, days: int) -> None:
    """Drop the deliveries of events that came longer ago than that, and their attempts."""
    old = WebhookDelivery.created_at < tx.now - timedelta(days=days)
    theirs = WebhookAttempt.delivery_id.in_(select(WebhookDelivery.id).where(old))
    tx.session.execute(delete(WebhookAttempt).where(theirs), execution_options=_UNSEEN)
    tx.session.execute(delete(WebhookDelivery).where(old), execution_options=_UNSEEN)


def _awake(tx: Transaction, data: dict[str, Any]) -> Webhook:
    """The webhook, which is enabled, and is not left alone any longer because it failed."""
    webhook = held(tx, data)
    if not webhook.enabled:
        raise WEBHOOK_DISABLED(webhook_id=webhook.id)
    webhook.health.rest_until = None
    return webhook


def _add(tx: Transaction, webhooks: Iterable[Webhook], event: Received) -> list[WebhookDelivery]:
    last = _last_sequences(tx, event.aggregate_id)
    rows = [
        WebhookDelivery(
            tenant_id=tx.tenant_id, id=new_id(), webhook_id=webhook.id, event_id=event.id, event_type=event.type,
            aggregate_id=event.aggregate_id, org_unit_id=_store_of(event), sequence=last.get(webhook.id, 0) + 1,
            body=event.body, state=WebhookState.PENDING, attempts=0, due_at=tx.now, created_at=tx.now,
        )
        for webhook in webhooks
    ]  # fmt: skip
    tx.session.add_all(rows)
    return rows


def _store_of(event: Received) -> UUID | None:
    """The org unit the event's data names; None for what concerns the company."""
    named = event.data.get("org_unit_id")
    return UUID(str(named)) if named else None


def _last_sequences(tx: Transaction, aggregate_id: UUID) -> dict[UUID, int]:
    of_aggregate = WebhookDelivery.aggregate_id == aggregate_id
    statement = select(WebhookDelivery.webhook_id, func.max(WebhookDelivery.sequence)).where(of_aggregate)
    return {row[0]: row[1] for row in tx.session.execute(statement.group_by(WebhookDelivery.webhook_id))}
