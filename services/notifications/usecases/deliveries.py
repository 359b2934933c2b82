"""What people and providers do with deliveries: send again, cancel, confirm (NT-4, NT-5)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select

from chassis import metrics
from chassis.work import Transaction
from contracts.notifications import DELIVERY_DELIVERED, DELIVERY_PARKED, DELIVERY_STATE
from contracts.problems import NOT_FOUND
from services.notifications.domain.deliveries import CANCELLABLE, CONFIRMABLE, RESENDABLE, State
from services.notifications.events import tell
from services.notifications.models import Delivery
from services.notifications.queries.scope import of_caller, require_seen


def resend_delivery(tx: Transaction, data: dict[str, Any]) -> Delivery:
    """Send a parked, failed or suppressed delivery again, now, with all its attempts. It keeps its id, and with it the
    provider's idempotency key: what did arrive unheard is not sent twice. Problems: `not_found`, `delivery_state`."""
    delivery = _locked(tx, data, RESENDABLE, "sent again")
    _move(tx, delivery, State.QUEUED, "delivery.resent")
    delivery.attempts, delivery.due_at, delivery.not_after = 0, tx.now, None
    tx.session.flush()
    return delivery


def cancel_delivery(tx: Transaction, data: dict[str, Any]) -> Delivery:
    """Cancel a delivery that did not leave. Problems: `not_found`, `delivery_state`."""
    delivery = _locked(tx, data, CANCELLABLE, "cancelled")
    _move(tx, delivery, State.CANCELLED, "delivery.cancelled")
    tx.session.flush()
    return delivery


def record_receipt(tx: Transaction, data: dict[str, Any]) -> Delivery:
    """Believe a provider's receipt. The same one again changes nothing, one that comes late never undoes `delivered`.
    Problem: `not_found`."""
    delivery = _named(tx, data)
    at = data.get("at") or tx.now
    if data["status"] == "delivered" and delivery.state in CONFIRMABLE:
        _delivered(tx, delivery, at)
    elif data["status"] == "failed" and delivery.state == State.SENT:
        delivery.state, delivery.reason = State.PARKED, data["reason"] or "the provider reports that it did not arrive"
        metrics.DELIVERIES.labels(delivery.channel, "parked").inc()
        tell(tx, DELIVERY_PARKED, delivery)
    tx.session.flush()
    return delivery


def _delivered(tx: Transaction, delivery: Delivery, at: datetime) -> None:
    if delivery.state == State.DELIVERED:
        return
    delivery.state, delivery.reason, delivery.delivered_at = State.DELIVERED, None, at
    delivery.sent_at = delivery.sent_at or at
    metrics.DELIVERIES.labels(delivery.channel, "delivered").inc()
    tell(tx, DELIVERY_DELIVERED, delivery)


def _locked(tx: Transaction, data: dict[str, Any], allowed: Collection[State], wanted: str) -> Delivery:
    delivery = tx.get(Delivery, data["delivery_id"], kind="delivery", lock=True)
    require_seen(tx, delivery.org_unit_id, "delivery")
    if delivery.state not in allowed:
        raise DELIVERY_STATE(state=delivery.state, allowed=", ".join(allowed), wanted=wanted)
    return delivery


def _move(tx: Transaction, delivery: Delivery, state: State, action: str) -> None:
    before = {"state": delivery.state, "reason": delivery.reason}
    delivery.state, delivery.reason = state, None
    tx.audit(action, "delivery", delivery.id, before=before, after={"state": state})


def _named(tx: Transaction, data: dict[str, Any]) -> Delivery:
    if data.get("delivery_id"):
        delivery = tx.get(Delivery, data["delivery_id"], kind="delivery", lock=True)
        require_seen(tx, delivery.org_unit_id, "delivery")
        return delivery
    theirs = (Delivery.provider_id == data["provider_id"], of_caller(tx, Delivery.org_unit_id))
    newest = select(Delivery).where(*theirs).order_by(Delivery.created_at.desc())
    found = tx.session.scalars(newest.limit(1).with_for_update()).first()
    if found is None:
        raise NOT_FOUND(kind="delivery")
    return found
