"""A little service's contract with one operation of each shape, and a tenants service that knows a few credentials."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from marshmallow import fields

from contracts.core import Audience, Operation, ServiceContract
from contracts.fields import Body, Download, Id, Line, MoneyField, PageQuery, Reply, Whole, page_of
from contracts.problems import NOT_FOUND, UNAUTHENTICATED


class MakerBody(Body):
    phone = Line(required=True, max=20)


class ToyBody(Body):
    name = Line(required=True, max=20)
    price = MoneyField()
    size = Whole(max=10)
    maker = fields.Nested(MakerBody)


class ToyReply(Reply):
    id = Id(required=True)
    name = fields.String(required=True)
    version = fields.Integer(required=True)


class ToyQuery(PageQuery):
    colour = fields.List(fields.String())
    owner_id = Id()


def _toy(name: str, verb: str, path: str, **rest: Any) -> Operation:
    return Operation(service="toys", name=name, summary=name, verb=verb, path=path, **rest)


ONE = "/v1/toys/{toy_id}"
TOYS = ServiceContract(
    name="toys",
    title="Toys",
    operations=(
        _toy("create_toy", "POST", "/v1/toys", body=ToyBody, reply=ToyReply, success=201, permission="toys.write"),
        _toy("list_toys", "GET", "/v1/toys", query=ToyQuery, reply=page_of(ToyReply), permission="toys.read"),
        _toy("get_toy", "GET", ONE, reply=ToyReply, versioned=True, permission="toys.read", errors=(NOT_FOUND,)),
        _toy("rename_toy", "PATCH", ONE, body=ToyBody, reply=ToyReply, versioned=True, permission="toys.write"),
        _toy("delete_toy", "DELETE", ONE, success=204, permission="toys.write"),
        _toy("photograph_toy", "POST", ONE + "/photos", upload=True, reply=ToyReply, permission="toys.write"),
        _toy("picture_toy", "GET", ONE + "/picture", download="*/*", reply=Download, permission="toys.read"),
        _toy("count_toys", "GET", "/v1/all-toys", reply=ToyReply, audience=Audience.OPERATOR),
        _toy("greet", "POST", "/v1/greetings", body=MakerBody, reply=ToyReply, audience=Audience.PUBLIC),
        Operation(service="toys", name="mend_toy", summary="mend", audience=Audience.INTERNAL, reply=ToyReply),
    ),
    permissions={"toys.read": "Look.", "toys.write": "Play."},
)


class Credentials:
    """What the toy tenants service knows; `introspect` is its handler."""

    def __init__(self) -> None:
        self.known: dict[str, dict[str, Any]] = {}
        self.asked = 0

    def add(self, credential: str, **changes: Any) -> dict[str, Any]:
        """A tenant's key with all permissions, but for `changes`."""
        self.known[credential] = {
            "credential_id": credential,
            "audience": "tenant",
            "actor": {"kind": "key", "id": credential, "name": "POS"},
            "tenant_id": str(uuid4()),
            "tenant_code": "north",
            "services": ["toys"],
            "roles": [],
            "permissions": ["*"],
            "org_unit_ids": None,
            "locale": "en",
            "rate": None,
            "expires_at": None,
        } | changes
        return self.known[credential]

    def introspect(self, payload: dict[str, Any], _context: str) -> dict[str, Any]:
        self.asked += 1
        if payload["credential"] not in self.known:
            raise UNAUTHENTICATED()
        return self.known[payload["credential"]]
