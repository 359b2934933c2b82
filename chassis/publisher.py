"""Publishing in batches with confirms: what the relay does to the broker.

pika's asynchronous connection in a thread of its own; `publish` blocks the calling thread until the broker has answered
for every message of the batch, or until it is clear that it will not. Messages of one line (an aggregate's events) go
out one after another, each when the one before it is confirmed; lines do not wait for each other.
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Hashable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

import pika
from pika.adapters.select_connection import SelectConnection

from chassis import logs

log = logs.get(__name__)
CONFIRM_TIMEOUT = 10.0


class Outcome(StrEnum):
    """What became of one message."""

    CONFIRMED = "confirmed"
    UNROUTABLE = "unroutable"  # no subscriber; confirmed as well
    REFUSED = "refused"  # the broker nacked it: a full queue
    UNKNOWN = "unknown"  # the connection broke first; it may be published again
    HELD = "held"  # not sent: an earlier one of its line was refused


DONE = frozenset({Outcome.CONFIRMED, Outcome.UNROUTABLE})
"""Outcomes after which a message need not be published again."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to publish."""

    id: str
    exchange: str
    routing_key: str
    body: bytes
    line: Hashable


class NotConnected(Exception):
    """The broker cannot be reached, or blocks publishers; nothing of the batch was settled."""


class _Batch:
    """The messages of one call, and how far each is."""

    def __init__(self, messages: Sequence[Outgoing]) -> None:
        self.messages = messages
        self.future: Future[list[Outcome]] = Future()
        self.returned: set[str] = set()
        self._outcomes: list[Outcome] = [Outcome.UNKNOWN] * len(messages)
        self._in_flight: dict[int, int] = {}
        self._lines: dict[Hashable, deque[int]] = defaultdict(deque)
        for index, message in enumerate(messages):
            self._lines[message.line].append(index)

    def heads(self) -> list[int]:
        """The first of each line: what can go out at once."""
        return [line.popleft() for line in self._lines.values()]

    def sent(self, tag: int, index: int) -> None:
        self._in_flight[tag] = index

    def answered(self, tag: int, multiple: bool, outcome: Outcome) -> list[int]:
        """Note the broker's answer; returns what can go out now."""
        tags = [t for t in self._in_flight if t <= tag] if multiple else [tag]
        followers = [self._note(self._in_flight.pop(t), outcome) for t in tags if t in self._in_flight]
        return [index for index in followers if index is not None]

    def _note(self, index: int, outcome: Outcome) -> int | None:
        message = self.messages[index]
        if outcome is Outcome.CONFIRMED and message.id in self.returned:
            outcome = Outcome.UNROUTABLE
        self._outcomes[index] = outcome
        line = self._lines[message.line]
        if outcome in DONE:
            return line.popleft() if line else None
        for waiting in line:
            self._outcomes[waiting] = Outcome.HELD
        line.clear()
        return None

    def settle(self) -> None:
        """Tell the caller: all is answered, or the connection broke."""
        if not self.future.done():
            self.future.set_result(self._outcomes)

    @property
    def complete(self) -> bool:
        return not self._in_flight and not any(self._lines.values())


class Publisher:
    """One connection for one caller at a time. Use as a context manager; a broken one is thrown away."""

    def __init__(self, amqp_uri: str) -> None:
        self._parameters = pika.URLParameters(amqp_uri)
        self._parameters.heartbeat = 30
        self._parameters.blocked_connection_timeout = 3
        self._parameters.socket_timeout = 5
        self._parameters.connection_attempts = 1
        self._ready: Future[None] = Future()
        self._channel: Any = None
        self._batch: _Batch | None = None
        self._tag = 0
        self._connection = SelectConnection(
            self._parameters, on_open_callback=self._opened, on_open_error_callback=self._failed,
            on_close_callback=self._failed,
        )  # fmt: skip
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)
        self._thread.start()
        try:
            self._ready.result(timeout=8)
        except (FutureTimeout, Exception) as error:
            self.close()
            raise NotConnected(repr(error)) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def is_open(self) -> bool:
        """Whether it can publish; once false it stays so."""
        return self._channel is not None and self._channel.is_open

    def publish(self, messages: Sequence[Outgoing]) -> list[Outcome]:
        """Publish persistently, `mandatory`, and return each message's outcome in order.

        Raises `NotConnected` when the connection is gone before all were answered and none was.
        """
        batch = _Batch(messages)
        self._connection.ioloop.add_callback_threadsafe(lambda: self._send(batch))
        try:
            return batch.future.result(timeout=CONFIRM_TIMEOUT)
        except FutureTimeout as error:
            raise NotConnected("the broker did not confirm in time") from error

    def close(self) -> None:
        """Close the connection and end its thread."""
        if self._thread.is_alive():
            self._connection.ioloop.add_callback_threadsafe(self._shut)
            self._thread.join(timeout=5)

    def _run(self) -> None:
        try:
            self._connection.ioloop.start()
        except Exception as error:  # noqa: BLE001  (the waiting thread gets it)
            self._failed(None, error)
        finally:
            self._connection.ioloop.close()

    def _shut(self) -> None:
        """Close the connection; the loop ends when it is closed, not before, or its socket would stay open."""
        if self._connection.is_closed:
            self._connection.ioloop.stop()
        elif not self._connection.is_closing:
            self._connection.close()

    def _opened(self, connection: SelectConnection) -> None:
        connection.channel(on_open_callback=self._channel_opened)

    def _channel_opened(self, channel: Any) -> None:
        self._channel = channel
        channel.add_on_return_callback(self._returned)
        channel.add_on_close_callback(lambda _c, reason: self._failed(None, reason))
        channel.confirm_delivery(ack_nack_callback=self._answered, callback=lambda _frame: self._ready.set_result(None))

    def _failed(self, _connection: Any, error: Any) -> None:
        failure = NotConnected(str(error))
        if not self._ready.done():
            self._ready.set_exception(failure)
        if self._batch is not None:
            self._batch.settle()
            self._batch = None
        self._channel = None
        self._shut()

    def _send(self, batch: _Batch) -> None:
        if self._channel is None or not self._channel.is_open:
            batch.future.set_exception(NotConnected("the channel is closed"))
            return
        self._batch = batch
        self._publish(batch, batch.heads())

    def _publish(self, batch: _Batch, indexes: Sequence[int]) -> None:
        for index in indexes:
            message = batch.messages[index]
            self._tag += 1
            batch.sent(self._tag, index)
            self._channel.basic_publish(
                message.exchange, message.routing_key, message.body, mandatory=True,
                properties=pika.BasicProperties(
                    content_type="application/json", content_encoding="utf-8", delivery_mode=2, message_id=message.id
                ),
            )  # fmt: skip

    def _returned(self, _channel: Any, _method: Any, properties: Any, _body: bytes) -> None:
        if self._batch is not None:
            self._batch.returned.add(properties.message_id)

    def _answered(self, frame: Any) -> None:
        batch, method = self._batch, frame.method
        if batch is None:
            return
        outcome = Outcome.CONFIRMED if method.NAME == "Basic.Ack" else Outcome.REFUSED
        self._publish(batch, batch.answered(method.delivery_tag, method.multiple, outcome))
        if batch.complete:
            self._batch = None
            batch.settle()
