"""Who calls, for which tenant, in which language and until when: travels in the headers of every message."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any, Self
from uuid import UUID

HEADER = "nameko.kefu"
"""AMQP header that holds the context as one JSON text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts: a staff member, an API key, the operator, or a service on its own account."""

    kind: str
    """staff, key, operator, service, or complainant (the id is then the complaint's)."""
    id: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The facts a call carries. Built by the gateway from the credential only, never from a body or a client header."""

    tenant_id: UUID | None = None
    """None only for the platform operator and for services' own calls."""
    actor: Actor
    roles: frozenset[str] = frozenset()
    permissions: frozenset[str] = frozenset()
    """`complaints.read`; `complaints.*` and `*` match by prefix, see `may`."""
    org_unit_ids: frozenset[UUID] | None = None
    """Org units (with all below them, already expanded) the actor may act in; None: all of the tenant."""
    credential_id: str = ""
    """Which key or session it is; empty on services' own account."""
    locale: str = "zh-CN"
    request_id: str = ""
    trace_id: str = ""
    deadline: float | None = None
    """Unix seconds after which nobody waits for the reply any more."""
    idempotency_key: str | None = None
    source: str = ""
    """Where the call came from, for the audit: the caller's address."""

    def may(self, permission: str) -> bool:
        """Whether the actor has `permission`, directly or by a wildcard."""
        have = self.permissions
        if permission in have or "*" in have:
            return True
        return f"{permission.split('.', 1)[0]}.*" in have

    def covers(self, org_unit_id: UUID | None) -> bool:
        """Whether the actor may act in that org unit. What belongs to no unit is open to all staff of the tenant."""
        return self.org_unit_ids is None or org_unit_id is None or org_unit_id in self.org_unit_ids

    def with_(self, **changes: Any) -> Self:
        return replace(self, **changes)

    def to_json(self) -> str:
        return json.dumps(
            {
                "tenant": str(self.tenant_id) if self.tenant_id else None,
                "actor": [self.actor.kind, self.actor.id, self.actor.name],
                "roles": sorted(self.roles),
                "permissions": sorted(self.permissions),
                "units": None if self.org_unit_ids is None else sorted(map(str, self.org_unit_ids)),
                "credential": self.credential_id,
                "locale": self.locale,
                "request": self.request_id,
                "trace": self.trace_id,
                "deadline": self.deadline,
                "key": self.idempotency_key,
                "source": self.source,
            },
            ensure_ascii=False,
        )

    @classmethod
    def from_json(cls, text: str) -> Context:
        """The context a peer sent; ValueError when it is not one."""
        try:
            d = json.loads(text)
            kind, actor_id, name = d["actor"]
            return cls(
                tenant_id=UUID(d["tenant"]) if d["tenant"] else None,
                actor=Actor(kind=kind, id=actor_id, name=name),
                roles=frozenset(d["roles"]),
                permissions=frozenset(d["permissions"]),
                org_unit_ids=None if d["units"] is None else frozenset(map(UUID, d["units"])),
                credential_id=d.get("credential", ""),
                locale=d["locale"],
                request_id=d["request"],
                trace_id=d["trace"],
                deadline=d["deadline"],
                idempotency_key=d["key"],
                source=d["source"],
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a call context: {error!r}") from error


def service_context(service: str, tenant_id: UUID | None = None) -> Context:
    """The context of a service acting on its own account: timers, event handlers, snapshot calls."""
    actor = Actor(kind="service", id=service, name=service)
    return Context(tenant_id=tenant_id, actor=actor, permissions=frozenset({"*"}))


@dataclass(slots=True)
class Principal:
    """What a credential resolves to: the tenants service answers it, the gateway caches it for seconds and builds the
    Context from it."""

    credential_id: str
    audience: str
    actor: Actor
    tenant_id: UUID | None = None
    tenant_code: str = ""
    services: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    permissions: frozenset[str] = frozenset()
    org_unit_ids: frozenset[UUID] | None = None
    locale: str = "zh-CN"
    rate: str | None = None
    """The tenant's own rate limit, e.g. `600/minute`; None: the platform's default."""
    must_enrol: bool = False
    """Opens its holder's own account only, until a second factor is set up."""
    extra: dict[str, Any] = field(default_factory=dict)
