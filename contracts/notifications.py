"""What the notifications service promises: how messages are asked for, worded, sent, seen and sent again (NT-1..NT-7).

How another service asks for a message: it declares its own event with the payload `MessageRequest` (and, to take a
scheduled one back, `MessageWithdrawal`) and emits it in the transaction of its business change:

    MESSAGE_REQUESTED = Event(service="complaints", type="complaint.message_requested", aggregate="complaint",
                              payload=MessageRequest, partner=False)
    tx.emit(MESSAGE_REQUESTED, case.id, {"key": "complaint.major_reported", "urgent": True, "recipients": [...], ...})

The asker names *whom* (a role, a staff member, a person outside) and *what* (a template key and its variables), never the
wording nor the provider: those are the tenant's.
"""

from __future__ import annotations

from typing import Any

from marshmallow import RAISE, ValidationError, fields, validate, validates_schema

from contracts.core import Event, Operation, ServiceContract
from contracts.fields import Body, Flag, Id, Line, Moment, PageQuery, Reply, Slug, Text, Whole, page_of
from contracts.problems import INVALID, NOT_FOUND, STALE, ProblemType

SERVICE = "notifications"
LANGUAGES = ("zh-CN", "en")
EXTERNAL_CHANNELS = ("sms", "email", "push", "webhook")
"""Channels that leave the platform; each has the provider the tenant chose."""
CHANNELS = ("in_app", *EXTERNAL_CHANNELS)
PROVIDERS = ("smtp", "http", "file")
STATES = ("queued", "sending", "sent", "delivered", "failed", "parked", "suppressed", "cancelled")
"""`failed` waits for its next attempt, `parked` waits for a person, `suppressed` was not to be sent (see `reason`)."""

DELIVERY_STATE = ProblemType(
    "delivery_state", 409,
    "The delivery is {state}; only one that is {allowed} can be {wanted}. Read it again.",
    "该投递当前状态为 {state},仅状态为 {allowed} 的投递可执行此操作({wanted}),请重新读取。",
)  # fmt: skip
NOT_STAFF = ProblemType(
    "staff_only", 403,
    "Only a staff member has an inbox. Sign in at /v1/sessions; an API key reads /v1/deliveries instead.",
    "仅员工拥有收件箱。请通过 /v1/sessions 登录;API 密钥可查询 /v1/deliveries。",
)  # fmt: skip


def _one_of(*choices: str) -> validate.OneOf:
    return validate.OneOf(choices, error="must be one of: {choices}")


# ---- how the other services ask -------------------------------------------------------------------------------------


class Address(Reply):
    """Ways to reach a person outside the company; each may be absent."""

    phone = Line(max=32, allow_none=True)
    email = Line(max=254, allow_none=True)
    push = Line(max=200, allow_none=True, metadata={"description": "Id at the push provider, e.g. a WeChat openid."})


class Recipient(Reply):
    """Whom to tell.

    `role`: its holders in `org_unit_id`, or in the nearest unit above that has one; without `org_unit_id` the tenant's.
    `staff`: the staff member `staff_id`. `person`: somebody outside (complainant, customer) at `address`, by
    `channel` when that is possible, else by the tenant's order.
    """

    kind = fields.String(required=True, validate=_one_of("role", "staff", "person"))
    role = Slug(allow_none=True)
    org_unit_id = Id(allow_none=True)
    staff_id = Id(allow_none=True)
    customer_id = Id(allow_none=True)
    address = fields.Nested(Address, allow_none=True)
    channel = fields.String(allow_none=True, metadata={"description": "The person's own channel: sms, email, push."})
    locale = fields.String(allow_none=True, metadata={"description": "zh-CN or en; absent: the tenant's."})

    @validates_schema
    def _names_somebody(self, data: dict[str, Any], **_: Any) -> None:
        needed = {"role": "role", "staff": "staff_id", "person": "address"}.get(data.get("kind", ""))
        if needed and not data.get(needed):
            raise ValidationError({needed: [f"is needed for a recipient of kind {data['kind']}"]})


class Subject(Reply):
    """The record a message is about."""

    kind = Slug(required=True, metadata={"description": "complaint, repair, card, ..."})
    id = Id(required=True)
    number = Line(max=100, allow_none=True)


class _Variable(fields.Field[Any]):
    """A template variable's value: text, number, a moment as RFC 3339 text, money in fen, or a text per language."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, dict):
            return self._compound(value)
        if value is not None and not isinstance(value, str | int | float):
            raise ValidationError(
                'must be text, a number, {"amount": <fen>, "currency": "CNY"} or {"zh-CN": ..., "en": ...}'
            )
        return _short(value)

    def _compound(self, value: dict[str, Any]) -> dict[str, Any]:
        if set(value) == {"amount", "currency"} and isinstance(value["amount"], int):
            return value
        if value and set(value) <= set(LANGUAGES) and all(isinstance(v, str) for v in value.values()):
            return {language: _short(text) for language, text in value.items()}
        raise ValidationError('must be {"amount": <fen>, "currency": "CNY"} or {"zh-CN": ..., "en": ...}')


def _short(value: Any) -> Any:
    if isinstance(value, str) and len(value) > 2000:
        raise ValidationError("must be at most 2000 characters")
    return value


def _variables(**kwargs: Any) -> fields.Dict:
    return fields.Dict(keys=Slug(), values=_Variable(allow_none=True), **kwargs)


class MessageRequest(Reply):
    """The payload by which any service asks for one message to one or more recipients."""

    key = Slug(required=True, metadata={"description": "Template key, `<service>.<what>`."})
    urgent = Flag(
        load_default=False, metadata={"description": "Passes quiet hours and the frequency cap (AP-2, PC-3)."}
    )
    recipients = fields.List(fields.Nested(Recipient), required=True, validate=validate.Length(1, 1000))
    variables = _variables(load_default=dict)
    subject = fields.Nested(Subject, allow_none=True, load_default=None)
    not_before = Moment(allow_none=True, load_default=None, metadata={"description": "Not sent earlier (NT-6)."})
    not_after = Moment(
        allow_none=True, load_default=None, metadata={"description": "Pointless later: suppressed then."}
    )
    dedupe_key = Line(
        max=200,
        allow_none=True,
        load_default=None,
        metadata={
            "description": "One message per tenant and key: a second request with it changes nothing. Names it in a withdrawal."
        },
    )


class MessageWithdrawal(Reply):
    """The payload by which a service takes back what was not sent yet (NT-6: the card died, no birthday message).

    By `dedupe_key`, or everything about the record `subject_id`; one of the two."""

    dedupe_key = Line(max=200, allow_none=True, load_default=None)
    subject_id = Id(allow_none=True, load_default=None)

    @validates_schema
    def _names_something(self, data: dict[str, Any], **_: Any) -> None:
        if not (data.get("dedupe_key") or data.get("subject_id")):
            raise ValidationError("needs dedupe_key or subject_id")


# ---- messages and the in-app inbox ----------------------------------------------------------------------------------


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


# ---- templates ------------------------------------------------------------------------------------------------------


class TemplatePath(Body):
    key = Slug(required=True)
    language = fields.String(required=True, validate=_one_of(*LANGUAGES))
    channel = fields.String(required=True, validate=_one_of("default", *CHANNELS))


class TemplateQuery(PageQuery):
    key = Slug()
    language = fields.String(validate=_one_of(*LANGUAGES))
    channel = fields.String(validate=_one_of("default", *CHANNELS))


class TemplateBody(Body):
    """The tenant's own wording. `{name}` puts a declared variable in; `{{` and `}}` are braces."""

    title = Line(max=200, load_default="", metadata={"description": "Subject of a mail, heading of a notice."})
    body = Text(required=True, max=8000)


class Template(Reply):
    """The wording in force for one key, language and channel; channel `default` serves those without their own."""

    key = fields.String(required=True)
    language = fields.String(required=True)
    channel = fields.String(required=True)
    title = fields.String(required=True)
    body = fields.String(required=True)
    variables = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        metadata={"description": "Variables it may use, with their kind: text, number, moment, date, money, label."},
    )
    origin = fields.String(required=True, metadata={"description": "tenant, policy (the packs) or built_in."})
    version = fields.Integer(required=True, metadata={"description": "0 while the tenant has no wording of its own."})


class PreviewBody(Body):
    """Try a wording: the one in force, or the one given here."""

    title = Line(max=200)
    body = Text(max=8000)
    variables = _variables(load_default=dict)


class Preview(Reply):
    title = fields.String(required=True)
    body = fields.String(required=True)
    length = fields.Integer(required=True, metadata={"description": "Characters of the body."})
    sms_parts = fields.Integer(required=True, metadata={"description": "Short messages the body takes."})


# ---- deliveries -----------------------------------------------------------------------------------------------------


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
    state = fields.String(required=True, validate=_one_of(*STATES))
    reason = fields.String(allow_none=True, metadata={"description": "Why it waits, failed, was parked or suppressed."})
    attempts = fields.Integer(required=True)
    due_at = Moment(required=True, metadata={"description": "Not tried before this moment."})
    created_at = Moment(required=True)
    sent_at = Moment(allow_none=True)
    delivered_at = Moment(allow_none=True)
    provider_id = fields.String(allow_none=True, metadata={"description": "The provider's own id of the message."})
    version = fields.Integer(required=True)


class DeliveryDetail(Delivery):
    title = fields.String(allow_none=True, metadata={"description": "As sent; null before the first attempt."})
    body = fields.String(allow_none=True)
    tries = fields.List(fields.Nested(Attempt), required=True, metadata={"description": "Every attempt, oldest first."})


class DeliveryQuery(PageQuery):
    state = fields.String(validate=_one_of(*STATES))
    channel = fields.String(validate=_one_of(*EXTERNAL_CHANNELS))
    recipient_kind = fields.String(validate=_one_of("staff", "person"))
    subject_id = Id()


class ReceiptBody(Body):
    """A provider's word on what became of a message; names it by our id or by its own."""

    delivery_id = Id()
    provider_id = Line(max=200)
    status = fields.String(required=True, validate=_one_of("delivered", "failed"))
    at = Moment(metadata={"description": "When it happened; absent: now."})
    reason = Line(max=500, load_default="")

    @validates_schema
    def _names_one(self, data: dict[str, Any], **_: Any) -> None:
        if not (data.get("delivery_id") or data.get("provider_id")):
            raise ValidationError({"delivery_id": ["give delivery_id or provider_id"]})


# ---- channels and opt-outs ------------------------------------------------------------------------------------------


class SmtpSettings(Body):
    host = Line(required=True, max=253)
    port = Whole(load_default=587, min=1, max=65535)
    security = fields.String(load_default="starttls", validate=_one_of("none", "starttls", "tls"))
    username = Line(max=254, load_default="")
    sender = Line(
        required=True, max=254, metadata={"description": "From: address, e.g. Service <service@example.com>."}
    )
    password = Line(max=500, load_only=True, metadata={"description": "Write-only; absent keeps the stored one."})


class HttpSettings(Body):
    """A signed POST (Standard Webhooks: webhook-id, webhook-timestamp, webhook-signature) of the message as JSON."""

    url = fields.Url(required=True, schemes={"http", "https"}, require_tld=False, validate=validate.Length(max=2000))
    signing_secret = Line(
        max=200,
        load_only=True,
        metadata={
            "description": "Write-only, `whsec_` and base64 of 24-64 bytes; absent keeps the stored one or makes one."
        },
    )


class ChannelBody(Body):
    """How a channel leaves: `smtp` needs `smtp`, `http` needs `http`, `file` writes JSON lines for trials."""

    provider = fields.String(required=True, validate=_one_of(*PROVIDERS))
    enabled = Flag(load_default=True)
    smtp = fields.Nested(SmtpSettings)
    http = fields.Nested(HttpSettings)

    @validates_schema
    def _has_its_settings(self, data: dict[str, Any], **_: Any) -> None:
        for name in ("smtp", "http"):
            if (data.get("provider") == name) != (name in data):
                raise ValidationError({name: [f"is for provider {name} and needed there, not with another"]})


class ChannelPath(Body):
    channel = fields.String(required=True, validate=_one_of(*EXTERNAL_CHANNELS))


class Channel(Reply):
    channel = fields.String(required=True)
    provider = fields.String(allow_none=True, metadata={"description": "null: not set up, nothing leaves by it."})
    enabled = fields.Boolean(required=True)
    smtp = fields.Nested(SmtpSettings, allow_none=True)
    http = fields.Nested(HttpSettings, allow_none=True)
    has_secret = fields.Boolean(required=True)
    signing_secret = fields.String(metadata={"description": "Shown once, when the platform made it."})
    version = fields.Integer(required=True)


class ChannelList(Reply):
    items = fields.List(fields.Nested(Channel), required=True)


class ChannelTestBody(Body):
    to = Line(
        required=True, max=254, metadata={"description": "Phone, mail address or push id to send a trial message to."}
    )


class OptOutBody(Body):
    """Somebody who does not want messages; urgent ones still reach them."""

    channel = fields.String(required=True, validate=_one_of(*EXTERNAL_CHANNELS))
    address = Line(required=True, max=254)
    reason = Line(max=200, load_default="")


class OptOut(Reply):
    id = Id(required=True)
    channel = fields.String(required=True)
    address = fields.String(required=True, metadata={"description": "Masked."})
    reason = fields.String(required=True)
    created_at = Moment(required=True)


# ---- events ---------------------------------------------------------------------------------------------------------


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


# ---- operations -----------------------------------------------------------------------------------------------------

READ, SEND, DELIVER = "notifications.read", "notifications.send", "notifications.deliver"
TEMPLATES, SETTINGS, RECEIPTS = "notifications.templates", "notifications.channels", "notifications.receipts"
OPT_OUTS = "notifications.opt_outs"


def _op(name: str, verb: str, path: str, summary: str, **kwargs: Any) -> Operation:
    return Operation(service=SERVICE, name=name, verb=verb, path=path, summary=summary, **kwargs)


LIST_NOTIFICATIONS = _op(
    "list_notifications", "GET", "/v1/notifications", "My inbox, newest first.",
    query=NotificationQuery, reply=NotificationPage, errors=(NOT_STAFF,),
)  # fmt: skip
READ_NOTIFICATION = _op(
    "read_notification", "POST", "/v1/notifications/{notification_id}/read", "Mark one of my notices as read.",
    reply=Notification, errors=(NOT_FOUND, NOT_STAFF),
)  # fmt: skip
READ_ALL = _op(
    "read_all", "POST", "/v1/notifications/read-all", "Mark all my notices as read.",
    reply=ReadAll, errors=(NOT_STAFF,),
)  # fmt: skip

SEND_MESSAGE = _op(
    "send_message", "POST", "/v1/messages", "Send, or schedule, a message by a template.",
    body=MessageBody, reply=Message, success=201, permission=SEND, errors=(INVALID,),
)  # fmt: skip
WITHDRAW_MESSAGE = _op(
    "withdraw_message", "POST", "/v1/messages/{message_id}/withdraw", "Cancel what was not sent yet of a message.",
    reply=Withdrawn, permission=SEND, errors=(NOT_FOUND,),
)  # fmt: skip

LIST_TEMPLATES = _op(
    "list_templates", "GET", "/v1/templates", "Wordings in force, by key, language and channel.",
    query=TemplateQuery, reply=page_of(Template), permission=READ,
)  # fmt: skip
_TEMPLATE = "/v1/templates/{key}/{language}/{channel}"
GET_TEMPLATE = _op(
    "get_template", "GET", _TEMPLATE, "One wording in force.",
    path_schema=TemplatePath, reply=Template, permission=READ, versioned=True, errors=(NOT_FOUND,),
)  # fmt: skip
PUT_TEMPLATE = _op(
    "put_template", "PUT", _TEMPLATE, "Set the company's own wording.",
    path_schema=TemplatePath, body=TemplateBody, reply=Template, permission=TEMPLATES, versioned=True,
    errors=(INVALID, NOT_FOUND, STALE),
)  # fmt: skip
DELETE_TEMPLATE = _op(
    "delete_template", "DELETE", _TEMPLATE, "Drop the company's own wording; the packs' is in force again.",
    path_schema=TemplatePath, success=204, permission=TEMPLATES, errors=(NOT_FOUND,),
)  # fmt: skip
PREVIEW_TEMPLATE = _op(
    "preview_template", "POST", f"{_TEMPLATE}/preview", "See a wording with variables put in; stores nothing.",
    path_schema=TemplatePath, body=PreviewBody, reply=Preview, permission=READ, errors=(INVALID, NOT_FOUND),
)  # fmt: skip

LIST_DELIVERIES = _op(
    "list_deliveries", "GET", "/v1/deliveries", "Deliveries over external channels, newest first.",
    query=DeliveryQuery, reply=page_of(Delivery), permission=READ,
)  # fmt: skip
GET_DELIVERY = _op(
    "get_delivery", "GET", "/v1/deliveries/{delivery_id}", "One delivery with its attempts.",
    reply=DeliveryDetail, permission=READ, errors=(NOT_FOUND,),
)  # fmt: skip
RESEND_DELIVERY = _op(
    "resend_delivery", "POST", "/v1/deliveries/{delivery_id}/resend", "Send a parked, failed or suppressed one again, now.",
    reply=Delivery, permission=DELIVER, errors=(NOT_FOUND, DELIVERY_STATE),
)  # fmt: skip
CANCEL_DELIVERY = _op(
    "cancel_delivery", "POST", "/v1/deliveries/{delivery_id}/cancel", "Cancel one that was not sent yet.",
    reply=Delivery, permission=DELIVER, errors=(NOT_FOUND, DELIVERY_STATE),
)  # fmt: skip
RECORD_RECEIPT = _op(
    "record_receipt", "POST", "/v1/delivery-receipts", "A provider's receipt.",
    body=ReceiptBody, reply=Delivery, permission=RECEIPTS, errors=(NOT_FOUND,),
)  # fmt: skip

LIST_CHANNELS = _op(
    "list_channels", "GET", "/v1/channels", "External channels and their providers.",
    reply=ChannelList, permission=READ,
)  # fmt: skip
PUT_CHANNEL = _op(
    "put_channel", "PUT", "/v1/channels/{channel}", "Choose a channel's provider and its settings.",
    path_schema=ChannelPath, body=ChannelBody, reply=Channel, permission=SETTINGS, versioned=True,
    errors=(INVALID, STALE),
)  # fmt: skip
TEST_CHANNEL = _op(
    "test_channel", "POST", "/v1/channels/{channel}/test", "Send a trial message by a channel.",
    path_schema=ChannelPath, body=ChannelTestBody, reply=Delivery, success=201, permission=SETTINGS, errors=(INVALID,),
)  # fmt: skip

LIST_OPT_OUTS = _op(
    "list_opt_outs", "GET", "/v1/opt-outs", "Who does not want messages.",
    query=PageQuery, reply=page_of(OptOut), permission=READ,
)  # fmt: skip
ADD_OPT_OUT = _op(
    "add_opt_out", "POST", "/v1/opt-outs", "Note that somebody does not want messages.",
    body=OptOutBody, reply=OptOut, success=201, permission=OPT_OUTS, errors=(INVALID,),
)  # fmt: skip
REMOVE_OPT_OUT = _op(
    "remove_opt_out", "DELETE", "/v1/opt-outs/{opt_out_id}", "They want messages again.",
    success=204, permission=OPT_OUTS, errors=(NOT_FOUND,),
)  # fmt: skip

CONTRACT = ServiceContract(
    name=SERVICE,
    title="Messages to staff and customers",
    operations=(
        LIST_NOTIFICATIONS, READ_NOTIFICATION, READ_ALL, SEND_MESSAGE, WITHDRAW_MESSAGE,
        LIST_TEMPLATES, GET_TEMPLATE, PUT_TEMPLATE, DELETE_TEMPLATE, PREVIEW_TEMPLATE,
        LIST_DELIVERIES, GET_DELIVERY, RESEND_DELIVERY, CANCEL_DELIVERY, RECORD_RECEIPT,
        LIST_CHANNELS, PUT_CHANNEL, TEST_CHANNEL, LIST_OPT_OUTS, ADD_OPT_OUT, REMOVE_OPT_OUT,
    ),
    events=(DELIVERY_SENT, DELIVERY_DELIVERED, DELIVERY_PARKED),
    permissions={
        READ: "See deliveries, wordings, channels and opt-outs",
        SEND: "Send and withdraw messages",
        DELIVER: "Send deliveries again and cancel them",
        TEMPLATES: "Change wordings",
        SETTINGS: "Choose channels' providers and their settings",
        RECEIPTS: "Report delivery receipts (for providers' keys)",
        OPT_OUTS: "Keep the list of who wants no messages",
    },
)  # fmt: skip
