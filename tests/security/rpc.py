"""Calls past the gateway, on the wire: what the services' own doors refuse when the gateway's are open."""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from contracts.context import Actor, Context
from contracts.core import Operation
from contracts.problems import Problem
from tests.clauses.driver import Json
from tests.security.calls import NAMES, request
from tests.security.sides import Side
from tests.service.chassis.toy.client import Client


def staff_context(side: Side, *permissions: str) -> Context:
    """The context the gateway would make of a staff member of that company."""
    return Context(
        tenant_id=UUID(side.id), actor=Actor(kind="staff", id=side.boss.id, name="boss"),
        permissions=frozenset(permissions or ("*",)), locale="en", request_id=uuid4().hex,
        idempotency_key=uuid4().hex, deadline=time.time() + 10,
    )  # fmt: skip


def payload(operation: Operation, path_ids: Mapping[str, str], ids: Mapping[str, str]) -> Json:
    """A sound request as the gateway hands it on: path, query and body in one."""
    sound = request(operation, ids)
    known = {**NAMES, **path_ids}
    flat = {name: known[name] for name in operation.path_parameters}
    flat |= sound.get("params", {}) | sound.get("json", {})
    if "files" in sound:
        filename, content = sound["files"]["file"]
        flat |= {"filename": filename, "content": base64.b64encode(content).decode()}
    return flat


def problem_of(client: Client, routing_key: str, data: Mapping[str, Any], ctx: Context) -> str:
    """The code of the problem the call is refused with; `none` when it is not refused."""
    try:
        client.call(routing_key, data, ctx)
    except Problem as problem:
        return problem.code
    return "none"
