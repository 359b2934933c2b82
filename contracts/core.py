"""How the published language is written down: operations, events, problems.

One `Operation` yields the gateway's route, its OpenAPI entry, validation on both sides, the permission table, the typed
client and the test matrices. One `Event` yields the routing key, the payload check and the golden schema. Nothing here
knows a transport.
"""

from __future__ import annotations

import builtins
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from marshmallow import Schema

from contracts.problems import ProblemType

_PATH_PARAMETER = re.compile(r"{(\w+)}")


class Audience(StrEnum):
    """Whose credential opens an operation."""

    PUBLIC = "public"  # no credential: signing in
    OPERATOR = "operator"  # the platform operator's key; no tenant
    TENANT = "tenant"  # a tenant's staff member or API key
    COMPLAINANT = "complainant"  # whoever has the link to one case's status page
    INTERNAL = "internal"  # other services only; has no HTTP route


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One call of one service.

    The request reaches the service as one flat mapping: path parameters, query parameters and body fields together (a
    contract test forbids two of them sharing a name). `If-Match` arrives as `expected_version` when `versioned`.
    """

    service: str
    name: str
    """RPC method name, and OpenAPI operationId after the service's name."""
    summary: str
    verb: str | None = None
    """GET, POST, PUT, PATCH or DELETE; None for an internal operation."""
    path: str | None = None
    """Path under the host, with `{name}` parameters: `/v1/complaints/{complaint_id}`. One that ends in `_id` is a
    UUID, another one a short name, unless `path_schema` says otherwise."""
    path_schema: type[Schema] | None = None
    query: type[Schema] | None = None
    body: type[Schema] | None = None
    reply: type[Schema] | None = None
    """None: answers 204 without a body."""
    success: int = 200
    audience: Audience = Audience.TENANT
    permission: str | None = None
    """`<service>.<verb>`; None: any credential of the audience."""
    errors: tuple[ProblemType, ...] = ()
    """Problems this operation itself can answer with, beyond the gateway's own."""
    versioned: bool = False
    """The reply's `version` becomes the ETag; a write takes If-Match."""
    description: str = ""
    upload: bool = False
    """The body is a file (multipart field `file`), handed on as base64 `content` with `filename`."""
    download: str | None = None
    """The answer is a file of this media type; `*/*`: of the one that `reply`, a `contracts.fields.Download`, names."""
    always_enabled: bool = False
    """Works whatever services the tenant enabled (the tenants service itself)."""
    reads: bool = False
    """A POST that changes nothing: what it asks is too long, or too personal, for an address."""
    guessed: str = ""
    """Field of the body that somebody could guess by trying: calls are counted per value, and hard per address."""

    @property
    def mutating(self) -> bool:
        return self.verb is not None and self.verb != "GET" and not self.reads

    @property
    def unconditional(self) -> bool:
        """Open to every credential of its audience, whatever it may and whatever services the tenant uses."""
        return self.always_enabled and self.permission is None

    @property
    def routing_key(self) -> str:
        return f"{self.service}.{self.name}"

    @property
    def path_parameters(self) -> tuple[str, ...]:
        return tuple(_PATH_PARAMETER.findall(self.path or ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A thing that happened in `service` and that others may follow.

    `aggregate` names what the event is about; events of one aggregate keep their order. Consumers ignore fields they do
    not know; a narrowing change needs a new `version`.
    """

    service: str
    type: str
    """Past tense, `<aggregate>.<happened>`: `complaint.opened`."""
    aggregate: str
    payload: builtins.type[Schema]
    version: int = 1
    partner: bool = True
    """Whether partners may subscribe to it by webhook."""
    summary: str = ""

    @property
    def exchange(self) -> str:
        return f"{self.service}.events"


@dataclass(frozen=True, slots=True)
class ServiceContract:
    """Everything one service promises."""

    name: str
    title: str
    operations: tuple[Operation, ...]
    events: tuple[Event, ...] = ()
    permissions: dict[str, str] = field(default_factory=dict)
    """Permission -> what it allows, in one line; roles of packs pick from these."""

    def operation(self, name: str) -> Operation:
        """The operation of that RPC name; KeyError when there is none."""
        for operation in self.operations:
            if operation.name == name:
                return operation
        raise KeyError(name)


def schema_of(value: type[Schema] | None) -> Schema | None:
    """An instance of `value`, cached per class: building a marshmallow schema is the dear part of using it."""
    if value is None:
        return None
    instance = _INSTANCES.get(value)
    if instance is None:
        instance = _INSTANCES[value] = value()
    return instance


_INSTANCES: dict[type[Schema], Any] = {}
