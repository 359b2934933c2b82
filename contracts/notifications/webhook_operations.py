"""The calls about webhooks."""

from __future__ import annotations

from typing import Any

from contracts.core import Operation
from contracts.fields import PageQuery, page_of
from contracts.notifications.common import SERVICE
from contracts.notifications.webhooks import (
    TOO_MANY_WEBHOOKS,
    WEBHOOK_BUSY,
    WEBHOOK_DISABLED,
    EventTypeList,
    NewWebhook,
    ResendBody,
    Resent,
    RotationBody,
    Webhook,
    WebhookBody,
    WebhookChange,
    WebhookDelivery,
    WebhookDeliveryDetail,
    WebhookDeliveryQuery,
)
from contracts.problems import INVALID, NOT_FOUND, OUT_OF_SCOPE, STALE

WEBHOOKS = "notifications.webhooks"
_ALL, _ONE = "/v1/webhooks", "/v1/webhooks/{webhook_id}"
_LOG = f"{_ONE}/deliveries"


def _op(name: str, verb: str, path: str, summary: str, **kwargs: Any) -> Operation:
    return Operation(
        service=SERVICE, name=name, verb=verb, path=path, summary=summary, permission=WEBHOOKS, **kwargs
    )  # fmt: skip


LIST_EVENT_TYPES = _op(
    "list_event_types", "GET", f"{_ALL}/event-types", "Types of events that webhooks may subscribe to.",
    reply=EventTypeList,
)  # fmt: skip
LIST_WEBHOOKS = _op(
    "list_webhooks", "GET", _ALL, "The company's webhooks, oldest first.",
    query=PageQuery, reply=page_of(Webhook),
)  # fmt: skip
CREATE_WEBHOOK = _op(
    "create_webhook", "POST", _ALL, "Make a webhook; its secret is shown this once.",
    body=WebhookBody, reply=NewWebhook, success=201, errors=(INVALID, OUT_OF_SCOPE, TOO_MANY_WEBHOOKS),
)  # fmt: skip
GET_WEBHOOK = _op(
    "get_webhook", "GET", _ONE, "One webhook and how it does.", reply=Webhook, versioned=True, errors=(NOT_FOUND,)
)
UPDATE_WEBHOOK = _op(
    "update_webhook", "PATCH", _ONE, "Change a webhook's address, event types or description.",
    body=WebhookChange, reply=Webhook, versioned=True, errors=(INVALID, NOT_FOUND, OUT_OF_SCOPE, STALE),
)  # fmt: skip
DELETE_WEBHOOK = _op(
    "delete_webhook", "DELETE", _ONE, "Delete a webhook with its log; what waits is not sent.",
    success=204, errors=(NOT_FOUND, OUT_OF_SCOPE),
)  # fmt: skip
ROTATE_WEBHOOK_SECRET = _op(
    "rotate_webhook_secret", "POST", f"{_ONE}/rotate-secret", "Make a new secret; the old one signs too for a while.",
    body=RotationBody, reply=NewWebhook, errors=(INVALID, NOT_FOUND, OUT_OF_SCOPE),
)  # fmt: skip
ENABLE_WEBHOOK = _op(
    "enable_webhook", "POST", f"{_ONE}/enable", "Send again; what waited goes out in its order.",
    reply=Webhook, errors=(NOT_FOUND, OUT_OF_SCOPE),
)  # fmt: skip
DISABLE_WEBHOOK = _op(
    "disable_webhook", "POST", f"{_ONE}/disable", "Send nothing for now; events wait, for as long as the log is kept.",
    reply=Webhook, errors=(NOT_FOUND, OUT_OF_SCOPE),
)  # fmt: skip
TEST_WEBHOOK = _op(
    "test_webhook", "POST", f"{_ONE}/test", "Send a test event, once, without retries.",
    reply=WebhookDelivery, success=201, errors=(NOT_FOUND, OUT_OF_SCOPE, WEBHOOK_DISABLED),
)  # fmt: skip
RESEND_FAILED = _op(
    "resend_failed", "POST", f"{_ONE}/resend", "Send all failed deliveries since a moment again.",
    body=ResendBody, reply=Resent, errors=(INVALID, NOT_FOUND, OUT_OF_SCOPE, WEBHOOK_DISABLED),
)  # fmt: skip
LIST_WEBHOOK_DELIVERIES = _op(
    "list_webhook_deliveries", "GET", _LOG, "What was or is to be delivered, newest first.",
    query=WebhookDeliveryQuery, reply=page_of(WebhookDelivery), errors=(NOT_FOUND,),
)  # fmt: skip
GET_WEBHOOK_DELIVERY = _op(
    "get_webhook_delivery", "GET", f"{_LOG}/{{webhook_delivery_id}}", "One delivery with its attempts.",
    reply=WebhookDeliveryDetail, errors=(NOT_FOUND,),
)  # fmt: skip
RESEND_WEBHOOK_DELIVERY = _op(
    "resend_webhook_delivery", "POST", f"{_LOG}/{{webhook_delivery_id}}/resend", "Send one delivery again, now.",
    reply=WebhookDelivery, errors=(NOT_FOUND, OUT_OF_SCOPE, WEBHOOK_BUSY, WEBHOOK_DISABLED),
)  # fmt: skip

OPERATIONS = (
    LIST_EVENT_TYPES, LIST_WEBHOOKS, CREATE_WEBHOOK, GET_WEBHOOK, UPDATE_WEBHOOK, DELETE_WEBHOOK,
    ROTATE_WEBHOOK_SECRET, ENABLE_WEBHOOK, DISABLE_WEBHOOK, TEST_WEBHOOK, RESEND_FAILED,
    LIST_WEBHOOK_DELIVERIES, GET_WEBHOOK_DELIVERY, RESEND_WEBHOOK_DELIVERY,
)  # fmt: skip
