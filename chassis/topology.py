"""What stands on the broker: every service's event exchange, its queue of subscriptions and its dead-letter queue.

Declared by `kefu migrate` and again whenever the relay connects, so that no event is published before the queues of its
subscribers are there, not even to a broker that lost everything.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

from kombu import Connection, Exchange

from chassis.events import DEAD_EXCHANGE, EventHandler, dead_queue, event_queue
from chassis.link import RPC_EXCHANGE

CONNECT_TIMEOUT = 5.0


def declare(services: Sequence[str], amqp_uri: str, *, connect_timeout: float = CONNECT_TIMEOUT) -> None:
    """Declare everything of these services; changes nothing that is there."""
    with Connection(amqp_uri, connect_timeout=connect_timeout) as connection:
        channel = connection.default_channel
        followed = {service: [handler.event for _, handler in handlers(service)] for service in services}
        exchanges = {event.exchange for events in followed.values() for event in events}
        exchanges |= {RPC_EXCHANGE.name, DEAD_EXCHANGE, *(f"{service}.events" for service in services)}
        for name in sorted(exchanges):
            Exchange(name, type="topic", durable=True).declare(channel=channel)
        for service, events in followed.items():
            dead_queue(service)(channel).declare()
            event_queue(service, events)(channel).declare()


def handlers(service: str) -> list[tuple[str, EventHandler]]:
    """(method name, entrypoint) of every event door of the service class."""
    service_class = service_class_of(service)
    methods = [(name, getattr(service_class, name)) for name in dir(service_class)]
    return [
        (name, entrypoint)
        for name, method in methods
        for entrypoint in getattr(method, "nameko_entrypoints", ())
        if isinstance(entrypoint, EventHandler)
    ]


def service_class_of(service: str) -> Any:
    """`services/<x>/service.py` holds one class with that name."""
    module = importlib.import_module(f"services.{service}.service")
    return next(c for c in vars(module).values() if isinstance(c, type) and getattr(c, "name", None) == service)
