"""The undertaker, part of the relay's process: what a service's queue gave up is kept as a dead letter in its database.

A message gets there when nobody could read it, or when it killed its process time and again. As rows, all dead letters
are in one place, whatever they died of: listed, shown and replayed by `kefu dead-letters`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from functools import partial
from typing import Any

import pika
from pika.exceptions import AMQPError

from chassis import logs, retries, topology
from chassis.db import Database, DatabaseUnavailable
from chassis.events import dead_queue

log = logs.get(__name__)
PREFETCH = 20
LOOK = 0.5
PAUSE = 2.0


class Undertaker(threading.Thread):
    """Empties the dead-letter queues of all services until told to stop."""

    def __init__(self, services: Sequence[str], database_url: str, amqp_uri: str) -> None:
        super().__init__(name="undertaker", daemon=True)
        self.alive_at = time.monotonic()
        self._services = services
        self._amqp_uri = amqp_uri
        self._databases = {name: Database(name, database_url, pool_size=1) for name in services}
        self._handlers = {name: _handler_names(name) for name in services}
        self._stopping = threading.Event()

    def stop(self) -> None:
        """End soon."""
        self._stopping.set()

    def run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._serve()
            except (AMQPError, OSError, DatabaseUnavailable) as error:
                log.warning("undertaker waits", error=repr(error))
            except Exception:
                log.exception("undertaker failed, starts over")
            self._stopping.wait(PAUSE)
        for database in self._databases.values():
            database.close()

    def _serve(self) -> None:
        topology.declare(self._services, self._amqp_uri)
        with closing(pika.BlockingConnection(pika.URLParameters(self._amqp_uri))) as connection:
            channel = connection.channel()
            channel.basic_qos(prefetch_count=PREFETCH)
            for service in self._services:
                channel.basic_consume(dead_queue(service).name, partial(self._bury, service))
            while not self._stopping.is_set():
                self.alive_at = time.monotonic()
                connection.process_data_events(time_limit=LOOK)

    def _bury(self, service: str, channel: Any, method: Any, properties: Any, body: bytes) -> None:
        retries.bury(self._databases[service], self._handlers[service], body, _reason(properties.headers or {}))
        channel.basic_ack(method.delivery_tag)


def _handler_names(service: str) -> dict[str, str]:
    return {handler.event.type: f"{service}.{method}" for method, handler in topology.handlers(service)}


def _reason(headers: Mapping[str, Any]) -> str:
    deaths = headers.get("x-death") or [{}]
    return f"given up by the broker: {deaths[0].get('reason', 'unknown')}"
