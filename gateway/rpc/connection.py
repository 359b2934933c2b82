"""One broker connection that mends itself, run by a thread of its own.

pika is not thread-safe: whatever touches a channel runs in that thread, brought there by `soon`. Attachments (the RPC
client, the event feed) are told when the connection comes and goes and open their channels themselves.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import pika
from pika.adapters.select_connection import SelectConnection

from chassis import logs

log = logs.get(__name__)

CONNECT_SECONDS = 3.0
BLOCKED_SECONDS = 3.0
"""A broker that blocks publishers (disk or memory alarm) for longer is left and tried again."""
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0


class Attachment(Protocol):
    """What uses the connection. All methods are called in the I/O thread."""

    def attach(self, connection: SelectConnection) -> None: ...

    def detach(self) -> None: ...

    def block(self, blocked: bool) -> None: ...


class Connection:
    """Keeps one connection to `uri` open until `stop`, with growing pauses between attempts."""

    def __init__(self, uri: str, attachments: Sequence[Attachment], *, heartbeat: int = 30) -> None:
        self._parameters = _parameters(uri, heartbeat)
        self._attachments = attachments
        self._pika: SelectConnection | None = None
        self._stopping = threading.Event()
        self._pause = FIRST_PAUSE
        self._thread = threading.Thread(target=self._run, name="broker", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, limit: float = 5.0) -> None:
        """Close the connection and end the thread, within `limit` seconds."""
        self._stopping.set()
        self.soon(self._close)
        self._thread.join(limit)

    def soon(self, callback: Callable[[], None]) -> None:
        """Run `callback` in the I/O thread; when there is no connection it is dropped."""
        connection = self._pika
        if connection is not None:
            connection.ioloop.add_callback_threadsafe(callback)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._serve_one()
            if not self._stopping.wait(self._pause * random.uniform(0.8, 1.2)):  # noqa: S311  (spreads reconnecting)
                self._pause = min(self._pause * 2, LONGEST_PAUSE)

    def _serve_one(self) -> None:
        """One connection, from its opening to its end."""
        self._pika = connection = SelectConnection(
            self._parameters,
            on_open_callback=self._opened,
            on_open_error_callback=self._ended,
            on_close_callback=self._ended,
        )
        if self._stopping.is_set():  # stopped before there was anything to close
            self._close()
        try:
            connection.ioloop.start()
        except Exception:
            log.exception("broker connection broke")
            self._detach()
        finally:
            self._pika = None
            connection.ioloop.close()

    def _opened(self, connection: SelectConnection) -> None:
        log.info("connected to the broker")
        self._pause = FIRST_PAUSE
        connection.add_on_connection_blocked_callback(lambda *_: self._block(True))
        connection.add_on_connection_unblocked_callback(lambda *_: self._block(False))
        for attachment in self._attachments:
            attachment.attach(connection)

    def _ended(self, connection: SelectConnection, reason: object) -> None:
        if not self._stopping.is_set():
            log.warning("no connection to the broker", reason=repr(reason), again_in=round(self._pause, 1))
        self._detach()
        connection.ioloop.stop()

    def _detach(self) -> None:
        for attachment in self._attachments:
            attachment.detach()

    def _block(self, blocked: bool) -> None:
        log.warning("the broker blocks publishers" if blocked else "the broker takes messages again")
        for attachment in self._attachments:
            attachment.block(blocked)

    def _close(self) -> None:
        """Closes an attempt that is still under way too: pika then gives its socket back."""
        connection = self._pika
        if connection is not None and not (connection.is_closing or connection.is_closed):
            connection.close()


def _parameters(uri: str, heartbeat: int) -> Any:
    parameters = pika.URLParameters(uri)
    parameters.heartbeat = heartbeat
    parameters.blocked_connection_timeout = BLOCKED_SECONDS
    parameters.socket_timeout = parameters.stack_timeout = CONNECT_SECONDS
    parameters.client_properties = {"connection_name": "kefu gateway"}
    return parameters
