"""Channels with the provider the tenant chose, and who wants no messages (NT-1, NT-3)."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from contracts.fields import Body, Flag, Id, Line, Moment, Reply, Whole
from contracts.notifications.common import EXTERNAL_CHANNELS, PROVIDERS, one_of


class SmtpSettings(Body):
    host = Line(required=True, max=253)
    port = Whole(load_default=587, min=1, max=65535)
    security = fields.String(load_default="starttls", validate=one_of("none", "starttls", "tls"))
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
        metadata={"description": "Write-only, `whsec_` and base64 of 24-64 bytes; absent keeps the stored one."},
    )


class ChannelBody(Body):
    """How a channel leaves: `smtp` needs `smtp`, `http` needs `http`, `file` writes JSON lines for trials."""

    provider = fields.String(required=True, validate=one_of(*PROVIDERS))
    enabled = Flag(load_default=True)
    smtp = fields.Nested(SmtpSettings)
    http = fields.Nested(HttpSettings)

    @validates_schema
    def _has_its_settings(self, data: dict[str, Any], **_: Any) -> None:
        for name in ("smtp", "http"):
            if (data.get("provider") == name) != (name in data):
                raise ValidationError({name: [f"is for provider {name} and needed there, not with another"]})


class ChannelPath(Body):
    channel = fields.String(required=True, validate=one_of(*EXTERNAL_CHANNELS))


class Channel(Reply):
    channel = fields.String(required=True)
    provider = fields.String(allow_none=True, metadata={"description": "null: not set up, nothing leaves by it."})
    enabled = fields.Boolean(required=True)
    smtp = fields.Nested(SmtpSettings, allow_none=True)
    http = fields.Nested(HttpSettings, allow_none=True)
    has_secret = fields.Boolean(required=True)
    version = fields.Integer(required=True)


class ChannelList(Reply):
    items = fields.List(fields.Nested(Channel), required=True)


class ChannelTestBody(Body):
    to = Line(
        required=True, max=254, metadata={"description": "Phone, mail address or push id to send a trial message to."}
    )


class OptOutBody(Body):
    """Somebody who does not want messages; urgent ones still reach them."""

    channel = fields.String(required=True, validate=one_of(*EXTERNAL_CHANNELS))
    address = Line(required=True, max=254)
    reason = Line(max=200, load_default="")


class OptOut(Reply):
    id = Id(required=True)
    channel = fields.String(required=True)
    address = fields.String(required=True, metadata={"description": "Masked."})
    reason = fields.String(required=True)
    created_at = Moment(required=True)
