"""Telling the others what became of a delivery."""

from __future__ import annotations

from chassis.work import Transaction
from contracts.core import Event
from services.notifications.models import Delivery

_FACTS = (
    "message_id",
    "key",
    "channel",
    "recipient_kind",
    "staff_id",
    "customer_id",
    "subject",
    "org_unit_id",
    "attempts",
    "reason",
)


def tell(tx: Transaction, event: Event, delivery: Delivery) -> None:
    """Emit one of the delivery events; no address, no text in it."""
    data = {name: getattr(delivery, name) for name in _FACTS}
    tx.emit(event, delivery.id, {"delivery_id": delivery.id, "at": tx.now, **data})
