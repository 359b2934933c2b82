"""Calls to the toy on the wire, as the gateway makes them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Self
from uuid import UUID, uuid4

import orjson
import pika

from contracts.context import HEADER, Actor, Context
from contracts.problems import Problem

TIMEOUT = 20.0


class Client:
    """One connection. `call` waits for the answer; `send` and `collect` keep many calls in flight."""

    def __init__(self, uri: str) -> None:
        self._connection = pika.BlockingConnection(pika.URLParameters(uri))
        self._channel = self._connection.channel()
        self._queue = self._channel.queue_declare("", exclusive=True).method.queue
        self._key = str(uuid4())
        self._channel.exchange_declare("nameko-rpc", "topic", durable=True)
        self._channel.queue_bind(self._queue, "nameko-rpc", self._key)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def call(self, routing_key: str, payload: Mapping[str, Any], ctx: Context, timeout: float = TIMEOUT) -> Any:
        """The result. Raises the service's Problem, or TimeoutError."""
        sent = self.send(routing_key, payload, ctx)
        return result_of(self.collect([sent], timeout)[sent])

    def send(self, routing_key: str, payload: Mapping[str, Any], ctx: Context) -> str:
        return self.send_raw(routing_key, orjson.dumps({"args": [payload], "kwargs": {}}), {HEADER: ctx.to_json()})

    def send_raw(self, routing_key: str, body: bytes, headers: Mapping[str, Any], **properties: Any) -> str:
        correlation_id = str(uuid4())
        given = {"reply_to": self._key, "correlation_id": correlation_id, "headers": dict(headers), **properties}
        self._channel.basic_publish("nameko-rpc", routing_key, body, pika.BasicProperties(**given))
        return correlation_id

    def collect(self, sent: list[str], timeout: float = TIMEOUT) -> dict[str, dict[str, Any]]:
        """The raw answers by correlation id, when all are there."""
        answers: dict[str, dict[str, Any]] = {}
        end = time.monotonic() + timeout
        for _method, properties, body in self._channel.consume(self._queue, auto_ack=True, inactivity_timeout=0.2):
            if properties is not None and properties.correlation_id in sent:
                answers[properties.correlation_id] = orjson.loads(body)
            if len(answers) == len(sent):
                return answers
            if time.monotonic() > end:
                break
        raise TimeoutError(f"{len(sent) - len(answers)} of {len(sent)} calls got no answer within {timeout:g} s")


def result_of(answer: Mapping[str, Any]) -> Any:
    """The result in an answer, or the Problem in it, raised."""
    error = answer["error"]
    if error is None:
        return answer["result"]
    if error["exc_type"] == "Problem":
        raise Problem.from_wire(error["exc_args"][0])
    raise RuntimeError(f"{error['exc_type']}: {error['value']}")


def context(tenant_id: UUID, key: str | None = None, *, actor: str = "s1", permissions: str = "*") -> Context:
    return Context(
        tenant_id=tenant_id,
        actor=Actor(kind="staff", id=actor, name="Li"),
        permissions=frozenset({permissions}),
        locale="en",
        request_id=str(uuid4()),
        idempotency_key=key,
        deadline=time.time() + TIMEOUT,
    )
