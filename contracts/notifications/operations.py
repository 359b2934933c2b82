"""The calls of the notifications service."""

from __future__ import annotations

from typing import Any

from contracts.core import Operation
from contracts.fields import PageQuery, page_of
from contracts.notifications import webhook_operations
from contracts.notifications.channels import (
    Channel,
    ChannelBody,
    ChannelList,
    ChannelPath,
    ChannelTestBody,
    OptOut,
    OptOutBody,
)
from contracts.notifications.common import (
    DELIVERY_STATE,
    NOT_STAFF,
    SERVICE,
)
from contracts.notifications.deliveries import Delivery, DeliveryDetail, DeliveryQuery, ReceiptBody
from contracts.notifications.messages import (
    Message,
    MessageBody,
    Notification,
    NotificationPage,
    NotificationQuery,
    ReadAll,
    Withdrawn,
)
from contracts.notifications.templates import Preview, PreviewBody, Template, TemplateBody, TemplatePath, TemplateQuery
from contracts.problems import INVALID, NOT_FOUND, OUT_OF_SCOPE, STALE

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
    body=MessageBody, reply=Message, success=201, permission=SEND, errors=(INVALID, NOT_FOUND, OUT_OF_SCOPE),
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
    "resend_delivery", "POST", "/v1/deliveries/{delivery_id}/resend", "Send a parked, failed or suppressed one now.",
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

OPERATIONS = (
        LIST_NOTIFICATIONS, READ_NOTIFICATION, READ_ALL, SEND_MESSAGE, WITHDRAW_MESSAGE,
        LIST_TEMPLATES, GET_TEMPLATE, PUT_TEMPLATE, DELETE_TEMPLATE, PREVIEW_TEMPLATE,
        LIST_DELIVERIES, GET_DELIVERY, RESEND_DELIVERY, CANCEL_DELIVERY, RECORD_RECEIPT,
        LIST_CHANNELS, PUT_CHANNEL, TEST_CHANNEL, LIST_OPT_OUTS, ADD_OPT_OUT, REMOVE_OPT_OUT,
        *webhook_operations.OPERATIONS,
    )  # fmt: skip
PERMISSIONS = {
    READ: "See deliveries, wordings, channels and opt-outs",
    SEND: "Send and withdraw messages",
    DELIVER: "Send deliveries again and cancel them",
    TEMPLATES: "Change wordings",
    SETTINGS: "Choose channels' providers and their settings",
    RECEIPTS: "Report delivery receipts (for providers' keys)",
    OPT_OUTS: "Keep the list of who wants no messages",
    webhook_operations.WEBHOOKS: "Keep webhooks, see what was delivered to them, send it again",
}
