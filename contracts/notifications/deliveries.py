"""Deliveries over external channels, their attempts and receipts (NT-4, NT-5)."""

from __future__ import annotations

import re
from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from contracts.fields import Body, Id, Line, Moment, PageQuery, Reply
from contracts.notifications.asking import Subject
from contracts.notifications.common import EXTERNAL_CHANNELS, STATES, one_of


class Attempt(Reply):
    number = fields.Integer(required=True)
    at = Moment(required=True)
    outcome = fields.String(required=True, metadata={"description": "sent, failed or refused (no use to try again)."})
    detail = fields.String(required=True)


class Delivery(Reply):
    """One message to one address over one external channel. The address is always masked."""

    id = Id(required=True)
    message_id = Id(required=True)
    key = fields.String(required=True)
    channel = fields.String(required=True)
    recipient_kind = fields.String(required=True, metadata={"description": "staff or person."})
    staff_id = Id(allow_none=True)
    customer_id = Id(allow_none=True)
    address = fields.String(required=True, metadata={"description": "Masked: 138****8000."})
    urgent = fields.Boolean(required=True)
    subject = fields.Nested(Subject, allow_none=True)
    org_unit_id = Id(allow_none=True, metadata={"description": "The store it is about; null: the company's."})
    state = fields.String(required=True, validate=one_of(*STATES))
    reason = fields.String(allow_none=True, metadata={"description": "Why it waits, failed, was parked or suppressed."})
    attempts = fields.Integer(required=True)
    due_at = Moment(required=True, metadata={"description": "Not tried before this moment."})
    created_at = Moment(required=True)
    sent_at = Moment(allow_none=True)
    delivered_at = Moment(allow_none=True)
    provider_id = fields.String(allow_none=True, metadata={"description": "The provider's own id of the message."})
    version = fields.Integer(required=True)


_STATUS_LINK = re.compile(r"(?<=/s/)\w+")


class SentText(fields.String):
    """A text as sent, but for the secret in a link to the status page: that is the complainant's alone."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        text = super()._serialize(value, attr, obj, **kwargs)
        return None if text is None else _STATUS_LINK.sub("…", text)


class DeliveryDetail(Delivery):
    title = fields.String(allow_none=True, metadata={"description": "As sent; null before the first attempt."})
    body = SentText(allow_none=True)
    tries = fields.List(fields.Nested(Attempt), required=True, metadata={"description": "Every attempt, oldest first."})


class DeliveryQuery(PageQuery):
    state = fields.String(validate=one_of(*STATES))
    channel = fields.String(validate=one_of(*EXTERNAL_CHANNELS))
    recipient_kind = fields.String(validate=one_of("staff", "person"))
    subject_id = Id()


class ReceiptBody(Body):
    """A provider's word on what became of a message; names it by our id or by its own."""

    delivery_id = Id()
    provider_id = Line(max=200)
    status = fields.String(required=True, validate=one_of("delivered", "failed"))
    at = Moment(metadata={"description": "When it happened; absent: now."})
    reason = Line(max=500, load_default="")

    @validates_schema
    def _names_one(self, data: dict[str, Any], **_: Any) -> None:
        if not (data.get("delivery_id") or data.get("provider_id")):
            raise ValidationError({"delivery_id": ["give delivery_id or provider_id"]})
