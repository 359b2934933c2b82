"""A RabbitMQ user for every process with the rights its work needs and no more, as definitions to import.

Nothing is listed by hand: whose events a service follows stands on its event doors, what may be called stands in the
contracts. What each right is for: docs/security/rights.md.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from contracts.complaints import RESOLVE_STATUS_LINK
from contracts.core import Audience, Operation
from contracts.registry import events, operations
from contracts.tenants import CONTRACT as TENANTS
from contracts.tenants import INTROSPECT
from kefu.processes import GATEWAY, RELAY, SERVICES, Process

REPLY_KEY = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
"""Replies go by a random UUID: who was not asked cannot know it."""
RPC, DEAD = r"nameko-rpc", r"kefu\.dead"
_GATEWAYS = (INTROSPECT, RESOLVE_STATUS_LINK)
"""Internal operations that the gateway calls; the others are the services'."""


@dataclass(slots=True)
class Rights:
    """Regular expressions of names: of exchanges and queues by kind of access, and, per topic exchange, of routing keys
    (without any, RabbitMQ lets all keys of that exchange pass)."""

    configure: set[str] = field(default_factory=set)
    write: set[str] = field(default_factory=set)
    read: set[str] = field(default_factory=set)
    publish: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    bind: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def own(self, *queues: str) -> None:
        """Declare, bind, consume and delete those queues."""
        for names in (self.configure, self.write, self.read):
            names.update(queues)

    def publish_to(self, exchange: str, *keys: str) -> None:
        self.write.add(exchange)
        self.publish[exchange].update(keys)

    def bind_to(self, exchange: str, *keys: str) -> None:
        self.read.add(exchange)
        self.bind[exchange].update(keys)

    def as_permission(self) -> dict[str, str]:
        return {kind: pattern(getattr(self, kind)) for kind in ("configure", "write", "read")}

    def as_topic_permissions(self) -> list[dict[str, str]]:
        return [
            {"exchange": exchange.replace("\\", ""), "write": pattern(self.publish[exchange]),
             "read": pattern(self.bind[exchange])}
            for exchange in sorted(self.publish.keys() | self.bind.keys())
        ]  # fmt: skip


def pattern(names: Iterable[str]) -> str:
    """One expression that matches exactly these; `^$` matches nothing, because nothing has an empty name."""
    return f"^({'|'.join(sorted(names))})$" if names else "^$"


def rights_of(process: Process) -> Rights:
    """What that process may do on the broker."""
    rights = Rights()
    if process.name == GATEWAY:
        _grant_gateway(rights)
    elif process.name == RELAY:
        _grant_relay(rights)
    else:
        for service in process.services:
            _grant_service(rights, service)
    return rights


def _grant_service(rights: Rights, service: str) -> None:
    from chassis.topology import handlers

    rights.own(f"rpc-{service}", f"evt-{service}", rf"rpc\.reply-{service}-{REPLY_KEY}")
    rights.bind_to(RPC, rf"{service}\.\*", REPLY_KEY)
    rights.publish_to(RPC, REPLY_KEY, *(re.escape(op.routing_key) for op in _internal()))
    rights.publish_to(DEAD, f"evt-{service}")
    for _, handler in handlers(service):
        rights.bind_to(re.escape(handler.event.exchange), re.escape(handler.event.type))


def _internal() -> list[Operation]:
    """What services ask each other."""
    return [op for op in operations() if op.audience is Audience.INTERNAL and op not in _GATEWAYS]


def _grant_relay(rights: Rights) -> None:
    """It declares all that lasts, publishes every service's events and empties the dead-letter queues. It has no right
    on the calls: it can neither make nor answer one. The broker wants the right to read a queue of who makes it."""
    queues = [f"evt-{service}" for service in SERVICES]
    exchanges = [rf"{service}\.events" for service in SERVICES]
    rights.own(*queues, *(rf"{queue}\.dead" for queue in queues))
    rights.configure.update({RPC, DEAD, *exchanges})
    rights.write.update({DEAD, *exchanges})
    rights.read.update({DEAD, *exchanges})


def _grant_gateway(rights: Rights) -> None:
    rights.own(rf"rpc\.reply-gateway-{REPLY_KEY}", r"amq\.gen-.+")
    # short, because RabbitMQ compiles it for nearly every call: all that the services keep to themselves stays out
    refused = "|".join(re.escape(op.routing_key) for op in _internal())
    rights.publish_to(RPC, rf"(?!({refused})$)({'|'.join(SERVICES)})\.[a-z_]+")
    rights.bind_to(RPC, REPLY_KEY)
    followed = [event for event in events() if event.service == TENANTS.name]
    rights.bind_to(rf"{TENANTS.name}\.events", *(re.escape(event.type) for event in followed))


def definitions(vhost: str, processes: Iterable[Process], passwords: Mapping[str, str]) -> dict[str, Any]:
    """What `rabbitmqctl import_definitions` and `load_definitions` take: the virtual host, a user for each process and
    its rights there. `passwords` by process name; the definitions hold salted hashes of them only."""
    made: dict[str, Any] = {
        "vhosts": [{"name": vhost}], "users": [], "permissions": [], "topic_permissions": [],
    }  # fmt: skip
    for process in processes:
        who, rights = {"user": process.user, "vhost": vhost}, rights_of(process)
        made["users"].append(_user(process.user, passwords[process.name]))
        made["permissions"].append(who | rights.as_permission())
        made["topic_permissions"] += [who | topic for topic in rights.as_topic_permissions()]
    return made


def _user(name: str, password: str) -> dict[str, Any]:
    salt = secrets.token_bytes(4)
    digest = hashlib.sha256(salt + password.encode()).digest()
    return {
        "name": name, "password_hash": b64encode(salt + digest).decode(),
        "hashing_algorithm": "rabbit_password_hashing_sha256", "tags": "",
    }  # fmt: skip
