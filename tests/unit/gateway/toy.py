"""A service in nameko's wire protocol, as small as it can be: what the gateway's tests talk to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any, Self

import pika

from contracts.problems import Problem

Handler = Callable[[dict[str, Any], str], Any]
"""(payload, context as JSON) -> result, or raises."""


class ToyService:
    """Answers `rpc-<name>` with `handlers`, in a thread of its own, until the block ends; then its queue is gone."""

    def __init__(self, uri: str, name: str, handlers: dict[str, Handler]) -> None:
        self.name, self.handlers = name, handlers
        self.seen: list[tuple[str, dict[str, Any], pika.BasicProperties]] = []
        self._connection = pika.BlockingConnection(pika.URLParameters(uri))
        self._channel = self._connection.channel()
        self._thread = threading.Thread(target=self._channel.start_consuming, name=f"toy {name}")

    def __enter__(self) -> Self:
        self._channel.exchange_declare("nameko-rpc", "topic", durable=True)
        self._channel.queue_declare(f"rpc-{self.name}", auto_delete=True)
        self._channel.queue_bind(f"rpc-{self.name}", "nameko-rpc", f"{self.name}.*")
        self._channel.basic_consume(f"rpc-{self.name}", self._handle)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.add_callback_threadsafe(self._channel.stop_consuming)
        self._thread.join(10)
        self._connection.close()

    def _handle(self, channel: Any, method: Any, properties: pika.BasicProperties, body: bytes) -> None:
        name = method.routing_key.partition(".")[2]
        payload = json.loads(body)["args"][0]
        self.seen.append((name, payload, properties))
        answer = self._answer(name, payload, properties)
        if answer is not None:
            reply = pika.BasicProperties(correlation_id=properties.correlation_id, content_type="application/json")
            channel.basic_publish("nameko-rpc", properties.reply_to, json.dumps(answer).encode(), reply)
        channel.basic_ack(method.delivery_tag)

    def _answer(self, name: str, payload: dict[str, Any], properties: pika.BasicProperties) -> dict[str, Any] | None:
        try:
            result = self.handlers[name](payload, properties.headers["nameko.kefu"])
        except Silence:
            return None
        except Problem as problem:
            return {"result": None, "error": _error("Problem", [problem.to_wire()])}
        except Exception as error:  # noqa: BLE001  (as nameko does)
            return {"result": None, "error": _error(type(error).__name__, [str(error)])}
        return {"result": result, "error": None}


class Silence(Exception):
    """Raised by a handler that does not answer."""


def _error(kind: str, arguments: list[Any]) -> dict[str, Any]:
    return {"exc_type": kind, "exc_path": f"toy.{kind}", "exc_args": arguments, "value": str(arguments)}
