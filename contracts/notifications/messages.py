"""Messages asked for over HTTP, and the in-app inbox of staff."""

from __future__ import annotations

from marshmallow import RAISE, fields, validate

from contracts.fields import Flag, Id, Moment, PageQuery, Reply, page_of
from contracts.notifications.asking import Address, MessageRequest, Recipient, Subject


class RecipientBody(Recipient):
    """A recipient as a partner writes it: unknown fields are refused."""

    address = fields.Nested(Address, allow_none=True, unknown=RAISE)

    class Meta:
        unknown = RAISE


class MessageBody(MessageRequest):
    """Ask for a message over HTTP, for a partner or a campaign; the same fields as the event, unknown ones refused."""

    recipients = fields.List(fields.Nested(RecipientBody), required=True, validate=validate.Length(1, 1000))
    subject = fields.Nested(Subject, allow_none=True, load_default=None, unknown=RAISE)

    class Meta:
        unknown = RAISE


class Message(Reply):
    id = Id(required=True)
    key = fields.String(required=True)
    urgent = fields.Boolean(required=True)
    subject = fields.Nested(Subject, allow_none=True)
    not_before = Moment(allow_none=True)
    created_at = Moment(required=True)
    notifications = fields.Integer(required=True, metadata={"description": "In-app notices made."})
    deliveries = fields.Integer(required=True, metadata={"description": "Deliveries planned over external channels."})


class Withdrawn(Reply):
    cancelled = fields.Integer(required=True, metadata={"description": "Deliveries that will not be sent."})


class Notification(Reply):
    """One notice in a staff member's inbox."""

    id = Id(required=True)
    key = fields.String(required=True)
    title = fields.String(required=True)
    body = fields.String(required=True)
    urgent = fields.Boolean(required=True)
    subject = fields.Nested(Subject, allow_none=True)
    created_at = Moment(required=True)
    read_at = Moment(allow_none=True)


class NotificationQuery(PageQuery):
    unread = Flag(metadata={"description": "true: unread only; false: read only; absent: all."})


class NotificationPage(page_of(Notification)):  # type: ignore[misc]
    unread_count = fields.Integer(required=True, metadata={"description": "Unread notices of this reader."})


class ReadAll(Reply):
    read = fields.Integer(required=True, metadata={"description": "Notices that were unread."})
