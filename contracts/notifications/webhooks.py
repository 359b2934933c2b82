"""Webhooks: a partner's own endpoints, and the log of what was delivered to them (PL-12, UX-14)."""

from __future__ import annotations

from marshmallow import fields, validate

from contracts.core import Event
from contracts.fields import Body, Id, Line, Moment, PageQuery, Reply, Whole
from contracts.notifications.common import SERVICE, one_of
from contracts.problems import ProblemType

WEBHOOK_STATES = ("pending", "sending", "delivered", "failed")
"""`pending` waits for its first or next attempt, `failed` was given up and waits for a person."""
DISABLED_REASONS = ("failing", "gone", "person")
TEST_TYPE = "webhook.test"
"""Type of the event that the test action sends; nobody subscribes to it."""
MAX_WEBHOOKS = 20
MAX_OVERLAP_HOURS = 168

WEBHOOK_DISABLED = ProblemType(
    "webhook_disabled", 409,
    "The webhook is disabled: nothing is sent to it. Enable it first at /v1/webhooks/{webhook_id}/enable.",
    "该 webhook 已停用,不会向其发送。请先调用 /v1/webhooks/{webhook_id}/enable 启用。",
)  # fmt: skip
WEBHOOK_BUSY = ProblemType(
    "webhook_busy", 409,
    "The delivery is being sent at this moment. Look at its result, then decide again.",
    "该投递正在发送,请稍后查看结果再决定。",
    retry_after=5,
)  # fmt: skip
TOO_MANY_WEBHOOKS = ProblemType(
    "too_many_webhooks", 409,
    "Your company has {limit} webhooks, which is the most there can be. Change or delete one of them.",
    "贵公司已有 {limit} 个 webhook,达到上限。请修改或删除现有的 webhook。",
)  # fmt: skip


class _Address(fields.Url):
    """Where to send to. What the platform itself allows is checked by the service."""

    def __init__(self, *, required: bool = False) -> None:
        text = "Public https address. No user or password in it; the port must be one that the platform allows."
        super().__init__(
            required=required, schemes={"http", "https"}, require_tld=False, validate=validate.Length(max=2000),
            metadata={"description": text},
        )  # fmt: skip


class _EventTypes(fields.List[str]):
    """Each type once."""

    def __init__(self, *, required: bool = False) -> None:
        text = "Of /v1/webhooks/event-types; each needs the read permission of its service."
        super().__init__(
            fields.String(validate=validate.Length(1, 100)), required=required, validate=validate.Length(1, 200),
            metadata={"description": text},
        )  # fmt: skip


class WebhookBody(Body):
    """An endpoint that gets a signed POST for each event of these types, for all of the company."""

    url = _Address(required=True)
    event_types = _EventTypes(required=True)
    description = Line(max=200, load_default="")


class WebhookChange(Body):
    """New values; what is left out stays. Deliveries that still wait go to the new address."""

    url = _Address()
    event_types = _EventTypes()
    description = Line(max=200)


class Webhook(Reply):
    id = Id(required=True)
    url = fields.String(required=True)
    event_types = fields.List(fields.String(), required=True)
    description = fields.String(required=True)
    enabled = fields.Boolean(required=True)
    disabled_reason = fields.String(
        allow_none=True,
        validate=one_of(*DISABLED_REASONS),
        metadata={"description": "failing: too long without success; gone: it answered 410; person: by hand."},
    )
    failing_since = Moment(allow_none=True, metadata={"description": "null: the last attempt went well."})
    last_delivered_at = Moment(allow_none=True)
    old_secret_until = Moment(allow_none=True, metadata={"description": "Until then the old secret signs as well."})
    created_at = Moment(required=True)
    version = fields.Integer(required=True)


class NewWebhook(Webhook):
    secret = fields.String(
        required=True, metadata={"description": "`whsec_…`, to verify signatures with. Shown this once; keep it."}
    )


class RotationBody(Body):
    overlap_hours = Whole(
        load_default=24, max=MAX_OVERLAP_HOURS,
        metadata={"description": "So long both secrets sign, so that receivers change over without a gap; 0: at once."},
    )  # fmt: skip


class EventType(Reply):
    type = fields.String(required=True)
    service = fields.String(required=True)
    version = fields.Integer(required=True)
    summary = fields.String(required=True)


class EventTypeList(Reply):
    items = fields.List(fields.Nested(EventType), required=True)


class WebhookAttempt(Reply):
    number = fields.Integer(required=True)
    at = Moment(required=True)
    outcome = fields.String(required=True, metadata={"description": "delivered, failed or lost (our sender died)."})
    status = fields.Integer(allow_none=True, metadata={"description": "Your answer's status; null: no answer."})
    duration_ms = fields.Integer(allow_none=True)
    error = fields.String(allow_none=True, metadata={"description": "Why there was no answer."})
    response = fields.String(allow_none=True, metadata={"description": "The first 1,024 bytes of your answer."})


class WebhookDelivery(Reply):
    """One event on its way to one webhook. `event_id` is the `webhook-id` of every attempt."""

    id = Id(required=True)
    webhook_id = Id(required=True)
    event_id = Id(required=True)
    event_type = fields.String(required=True)
    aggregate_id = Id(required=True, metadata={"description": "Events of one aggregate arrive in their order."})
    org_unit_id = Id(allow_none=True, metadata={"description": "The store it is about; null: the company's."})
    state = fields.String(required=True, validate=one_of(*WEBHOOK_STATES))
    attempts = fields.Integer(required=True, metadata={"description": "Since it was first sent, or sent again."})
    status = fields.Integer(allow_none=True, metadata={"description": "Status of your last answer."})
    due_at = Moment(required=True, metadata={"description": "Not tried before this moment."})
    created_at = Moment(required=True)
    delivered_at = Moment(allow_none=True)


class WebhookDeliveryDetail(WebhookDelivery):
    tries = fields.List(fields.Nested(WebhookAttempt), required=True, metadata={"description": "Oldest first."})


class WebhookDeliveryQuery(PageQuery):
    state = fields.String(validate=one_of(*WEBHOOK_STATES))
    event_type = fields.String(validate=validate.Length(max=100))
    aggregate_id = Id()


class ResendBody(Body):
    """Which failed deliveries to send again: those of events that came since then."""

    since = Moment(required=True)
    until = Moment(load_default=None, allow_none=True)


class Resent(Reply):
    queued = fields.Integer(required=True, metadata={"description": "Deliveries that will be sent again."})


class WebhookFact(Reply):
    webhook_id = Id(required=True)
    url = fields.String(required=True)
    reason = fields.String(required=True)
    failing_since = Moment(allow_none=True)
    at = Moment(required=True)


WEBHOOK_WAS_DISABLED = Event(
    service=SERVICE, type="webhook.disabled", aggregate="webhook", payload=WebhookFact,
    summary="A webhook was disabled because it failed for too long, or is gone.",
)  # fmt: skip
