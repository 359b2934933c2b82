"""Events the gateway follows, as a broadcast: each worker has a queue of its own that goes with its connection.

What happens while it is away is missed, so whoever listens is told of every new beginning, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pika.adapters.select_connection import SelectConnection

from chassis import logs
from contracts.core import Event

log = logs.get(__name__)


class Feed:
    """Calls `heard(type, body)` for each of `events` and `began` whenever listening begins (again). Both run in the I/O
    thread and must not block. `events` are of one service."""

    def __init__(
        self, events: Sequence[Event], *, heard: Callable[[str, bytes], None], began: Callable[[], None]
    ) -> None:
        self._exchange = events[0].exchange
        self._types = [event.type for event in events]
        self._heard = heard
        self._began = began

    def attach(self, connection: SelectConnection) -> None:
        connection.channel(on_open_callback=self._opened)

    def detach(self) -> None:
        """Nothing to let go: the queue is the connection's."""

    def block(self, blocked: bool) -> None:
        """A consumer is not blocked."""

    def _opened(self, channel: Any) -> None:
        channel.add_on_close_callback(self._closed)
        channel.exchange_declare(self._exchange, passive=True)  # declaring it is the relay's
        channel.queue_declare(
            "", exclusive=True, auto_delete=True, callback=lambda frame: self._declared(channel, frame)
        )

    def _declared(self, channel: Any, frame: Any) -> None:
        name = frame.method.queue
        for type_ in self._types:
            channel.queue_bind(name, self._exchange, type_)
        channel.basic_consume(name, self._delivered, auto_ack=True, callback=lambda _frame: self._began())

    def _delivered(self, _channel: Any, method: Any, _properties: Any, body: bytes) -> None:
        self._heard(method.routing_key, body)

    def _closed(self, channel: Any, reason: object) -> None:
        if channel.connection.is_open:
            log.error("the broker closed the event channel", reason=repr(reason))
            channel.connection.close()
