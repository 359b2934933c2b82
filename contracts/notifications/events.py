"""What happened to deliveries and webhooks, for the other services and for partners."""

from __future__ import annotations

from marshmallow import fields

from contracts.core import Event
from contracts.fields import Id, Moment, Reply
from contracts.notifications.asking import Subject
from contracts.notifications.common import SERVICE
from contracts.notifications.webhooks import WEBHOOK_WAS_DISABLED


class DeliveryFact(Reply):
    """Payload of the delivery events; no address in it."""

    delivery_id = Id(required=True)
    message_id = Id(required=True)
    key = fields.String(required=True)
    channel = fields.String(required=True)
    recipient_kind = fields.String(required=True)
    staff_id = Id(allow_none=True)
    customer_id = Id(allow_none=True)
    subject = fields.Nested(Subject, allow_none=True)
    org_unit_id = Id(allow_none=True)
    attempts = fields.Integer(required=True)
    reason = fields.String(allow_none=True)
    at = Moment(required=True)


def _event(happened: str, summary: str) -> Event:
    return Event(
        service=SERVICE, type=f"delivery.{happened}", aggregate="delivery", payload=DeliveryFact, summary=summary
    )


DELIVERY_SENT = _event("sent", "A provider accepted a message.")
DELIVERY_DELIVERED = _event("delivered", "A provider reports that a message reached its recipient.")
DELIVERY_PARKED = _event("parked", "A message could not be sent and waits for a person.")

EVENTS = (DELIVERY_SENT, DELIVERY_DELIVERED, DELIVERY_PARKED, WEBHOOK_WAS_DISABLED)
