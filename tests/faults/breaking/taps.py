"""Listening in on the broker: every event of a service once more, and giving events to a service's queue past every
outbox."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pika

from chassis import topology
from tests.faults.site import Site

LIMIT = 30.0
Heard = Callable[[Any, str, bytes], None]
"""Gets the channel, the event's type and its body."""


def followed(service: str) -> set[str]:
    """The types of event the service has a handler for."""
    return {handler.event.type for _, handler in topology.handlers(service)}


@contextmanager
def tap(site: Site, source: str, heard: Heard) -> Iterator[None]:
    """Call `heard` for each event of `source`, in a thread; nothing is missed until the end."""
    listening, stopping = threading.Event(), threading.Event()

    def listen() -> None:
        with closing(pika.BlockingConnection(pika.URLParameters(site.amqp_uri))) as connection:
            channel = connection.channel()
            queue = channel.queue_declare("", exclusive=True).method.queue
            channel.queue_bind(queue, f"{source}.events", "#")
            listening.set()
            for method, properties, body in channel.consume(queue, auto_ack=True, inactivity_timeout=0.2):
                if properties is not None:
                    heard(channel, method.routing_key, body)
                elif stopping.is_set():
                    return

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    assert listening.wait(LIMIT)
    try:
        yield
    finally:
        stopping.set()
        thread.join(LIMIT)


def give(channel: Any, service: str, body: bytes) -> None:
    """Put an event into the service's queue."""
    channel.basic_publish("", f"evt-{service}", body, pika.BasicProperties(delivery_mode=2))
