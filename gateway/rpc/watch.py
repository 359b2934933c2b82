"""Notices that a service went away while calls to it wait.

A request to a service that is down is returned at once, but one that was on its way when the service died lies in a
queue nobody reads, and is lost with it. Waiting for its deadline would be right but slow; so whenever a call has waited
for half a second, the broker is asked whether anybody still consumes from the service's queue.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from pika.adapters.select_connection import SelectConnection

WAITED_SECONDS = 0.5
LOOK_EVERY_SECONDS = 0.25


class Watch:
    """Every `LOOK_EVERY_SECONDS`, asks after the queue of each service in `waited_for()` and tells `gone(service)` when
    it is not there or has no consumer. All methods run in the I/O thread."""

    def __init__(self, waited_for: Callable[[], Collection[str]], gone: Callable[[str], None]) -> None:
        self._waited_for = waited_for
        self._gone = gone
        self._connection: Any = None
        self._asking: list[str] = []

    def attach(self, connection: SelectConnection) -> None:
        self._connection = connection
        self._open()

    def detach(self) -> None:
        self._connection = None
        self._asking = []

    def block(self, blocked: bool) -> None:
        """Asking is not publishing."""

    def _open(self) -> None:
        if self._connection is not None and self._connection.is_open:
            self._connection.channel(on_open_callback=self._opened)

    def _opened(self, channel: Any) -> None:
        channel.add_on_close_callback(self._closed)
        self._look(channel)

    def _look(self, channel: Any) -> None:
        """Ask after one service at a time, because a queue that is not there closes the channel."""
        if not channel.is_open:
            return
        self._asking = self._asking or list(self._waited_for())
        if self._asking:
            queue = f"rpc-{self._asking[0]}"
            channel.queue_declare(queue, passive=True, callback=lambda frame: self._told(channel, frame))
        else:
            self._later(lambda: self._look(channel))

    def _told(self, channel: Any, frame: Any) -> None:
        service = self._asking.pop(0)
        if frame.method.consumer_count == 0:
            self._gone(service)
        self._later(lambda: self._look(channel))

    def _closed(self, _channel: Any, _reason: object) -> None:
        if self._asking:
            self._gone(self._asking.pop(0))
        self._later(self._open)

    def _later(self, callback: Callable[[], None]) -> None:
        if self._connection is not None and self._connection.is_open:
            self._connection.ioloop.call_later(LOOK_EVERY_SECONDS, callback)
