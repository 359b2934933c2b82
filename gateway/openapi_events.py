"""The `webhooks` of the OpenAPI document: what a partner's endpoint gets for each event it may subscribe to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from marshmallow import fields

from contracts.core import Event, ServiceContract
from contracts.fields import Id, Moment, Reply
from contracts.json_schema import components, schema_name

_HEADERS = {
    "webhook-id": "The event's id: the same at every attempt. What you have seen already you may answer 2xx and drop.",
    "webhook-timestamp": "Unix seconds of this attempt.",
    "webhook-signature": "`v1,<base64>`, several while a secret is being changed; see Standard Webhooks.",
}


class EventActor(Reply):
    kind = fields.String(required=True, metadata={"description": "staff, key, operator or service."})
    id = fields.String(required=True)
    name = fields.String(required=True)


class EventEnvelope(Reply):
    """What every event comes in; `data` is the type's own."""

    id = Id(required=True)
    type = fields.String(required=True)
    version = fields.Integer(required=True)
    occurred_at = Moment(required=True)
    tenant_id = Id(required=True)
    aggregate_id = Id(required=True, metadata={"description": "Events about one thing come in their order."})
    actor = fields.Nested(EventActor, required=True)
    request_id = fields.String(required=True)
    trace_id = fields.String(required=True)
    data = fields.Dict(required=True)


def with_events(document: dict[str, Any], contracts: Iterable[ServiceContract]) -> dict[str, Any]:
    """`document` with an entry for each event that is published to partners."""
    events = [event for contract in contracts for event in contract.events if event.partner]
    schemas = components([EventEnvelope, *{event.payload for event in events}])
    document["components"].setdefault("schemas", {}).update(schemas)
    document["webhooks"] = {event.type: {"post": _posted(event)} for event in events}
    return document


def open_events(webhooks: Mapping[str, Any], services: set[str]) -> dict[str, Any]:
    """Those of `webhooks` that these services tell."""
    return {type_: item for type_, item in webhooks.items() if item["post"]["tags"][0] in services}


def _posted(event: Event) -> dict[str, Any]:
    own = {"type": {"const": event.type}, "data": {"$ref": f"#/components/schemas/{schema_name(event.payload)}"}}
    envelope = {"$ref": f"#/components/schemas/{schema_name(EventEnvelope)}"}
    schema = {"allOf": [envelope, {"type": "object", "properties": own}]}
    return {
        "tags": [event.service],
        "summary": event.summary,
        "security": [],
        "parameters": [
            {"name": name, "in": "header", "required": True, "description": text, "schema": {"type": "string"}}
            for name, text in _HEADERS.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {"2XX": {"description": "You have it. Any other answer, or none within 10 s, is tried again."}},
    }
