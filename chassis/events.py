"""The event door: a service's one queue of other services' events, each applied once and in order.

One quorum queue a service, one active consumer at a time, so that order holds with any number of instances: one that
ends finishes what it applies, then gives back the rest and its place in one step, by closing its channel. Inside the
process, events of one tenant run one after another, in batches, and different tenants side by side. How one is applied,
and what becomes of one that fails: `chassis.delivery`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeVar
from uuid import UUID

import eventlet
from kombu import Exchange, Queue, binding
from kombu.message import Message
from nameko.extensions import Entrypoint

from chassis import logs, metrics
from chassis.batches import BATCH, Batch, Parcel
from chassis.db import DatabaseUnavailable
from chassis.delivery import IGNORED, Delivery, Received
from chassis.link import Door
from chassis.workplace import Workplace
from contracts.core import Event

log = logs.get(__name__)
Method = TypeVar("Method", bound=Callable[..., Any])

DEAD_EXCHANGE = "kefu.dead"
DELIVERY_LIMIT = 20
"""Deliveries after which the broker takes a message away: only a message that kills its process gets there."""
DATABASE_PAUSE = 1.0
WAITS = object()
"""What a worker returns whose batch could not be delivered for want of a database."""


class EventDoor(Door):
    """The service's event queue."""

    workplace = Workplace()
    in_order = True
    prefetch = 1
    """At the start. A message that kills its process counts a delivery for all that were in hand with it, and after the
    limit all of them would be given up: so each that has been delivered before is taken alone."""

    def __init__(self) -> None:
        super().__init__()
        self.handlers: dict[str, EventHandler] = {}
        """Per event type."""
        self._lines: dict[UUID, deque[Parcel]] = {}
        """Per tenant, what arrived while a batch of the tenant's is being applied."""

    def consumed_queue(self) -> Queue:
        return event_queue(self.container.service_name, [p.event for p in self._providers])

    def register_provider(self, provider: EventHandler) -> None:
        super().register_provider(provider)
        assert provider.event.type not in self.handlers, f"two handlers of {provider.event.type}"
        self.handlers[provider.event.type] = provider

    def handle_message(self, message: Message) -> None:
        try:
            event = Received.parse(message.body)
        except ValueError:
            log.exception("unreadable event put aside")
            self._count("unreadable", "dead")
            self.link.settle(message, requeue=False)
            return
        handler = self.handlers.get(event.type)
        if handler is None:
            # a binding of an earlier release: this one has no use for the event
            log.warning("event without a handler let go", type=event.type, event_id=str(event.id))
            self._count("unknown", IGNORED)
            self.link.settle(message)
            return
        delivery = Delivery(self.workplace, handler.name, event, always=handler.always)
        self._queue_up(event.tenant_id, Parcel(handler, delivery, message))

    def finish(self) -> None:
        while self._lines:
            eventlet.sleep(0.01)

    def _count(self, type_: str, outcome: str) -> None:
        metrics.EVENTS.labels(self.container.service_name, type_, outcome).inc()

    def _queue_up(self, tenant_id: UUID, parcel: Parcel) -> None:
        idle = tenant_id not in self._lines
        self._lines.setdefault(tenant_id, deque()).append(parcel)
        if idle:
            self._next(tenant_id)

    def _next(self, tenant_id: UUID) -> None:
        line = self._lines[tenant_id]
        if line and not self.stopping:
            self._start(tenant_id, Batch.next_of(line))
        else:
            del self._lines[tenant_id]

    def _start(self, tenant_id: UUID, batch: Batch) -> None:
        messages = [parcel.message for parcel in batch.parcels]

        def done(_worker: Any, result: Any, exc_info: Any) -> tuple[None, None]:
            if result is WAITS:
                self.container.spawn_managed_thread(again, identifier="event")
                return None, None
            # neither an effect nor its row could be stored: back to the queue, which gives it up after its limit
            self._settle(messages, requeue=True if exc_info else None)
            self._next(tenant_id)
            return None, None

        def again() -> None:
            eventlet.sleep(DATABASE_PAUSE)
            if self.stopping:
                del self._lines[tenant_id]
            else:
                run()

        def run() -> None:
            # the worker runs a method of the service: any of the batch's handlers lends its own
            self.spawn(batch.parcels[0].handler, batch, messages, done)

        run()

    def _settle(self, messages: Sequence[Message], requeue: bool | None) -> None:
        if self.prefetch == 1 and requeue is None and not messages[0].delivery_info["redelivered"]:
            self.prefetch = 2 * BATCH
            # It is applied and not yet acknowledged: whoever consumes meanwhile gets what comes after it.
            self.link.soon(lambda: self._take_many(messages))
        else:
            self._settle_each(messages, requeue)

    def _take_many(self, messages: Sequence[Message]) -> None:
        if not self.stopping:
            self.link.hold(self, self.prefetch)
        self._settle_each(messages, None)

    def _settle_each(self, messages: Sequence[Message], requeue: bool | None) -> None:
        for message in messages:
            self.link.settle(message, requeue=requeue)


class EventHandler(Entrypoint):  # type: ignore[misc]
    """Binds one event of another service to one method."""

    door = EventDoor()

    def __init__(self, event: Event, always: bool = False, **kwargs: Any) -> None:
        self.event = event
        self.always = always
        super().__init__(**kwargs)

    @property
    def name(self) -> str:
        return f"{self.container.service_name}.{self.method_name}"

    @property
    def plain(self) -> Callable[[Any, Delivery], None]:
        """The service's method itself."""
        method: Callable[[Any, Delivery], None] = getattr(self.container.service_cls, self.method_name).plain
        return method

    def setup(self) -> None:
        self.door.register_provider(self)

    def stop(self) -> None:
        self.door.unregister_provider(self)


def on(*events: Event, always: bool = False) -> Callable[[Method], Method]:
    """Mark a method as this service's handler of `events`: `def staff_left(self, delivery: Delivery) -> None`.

    One handler an event. `always` also takes events of tenants that did not enable the service (the platform's own
    copies).
    """

    def decorate(method: Method) -> Method:
        @wraps(method)
        def door(self: Any, batch: Batch) -> object:
            try:
                batch.deliver(self)
            except DatabaseUnavailable:  # which was logged; nameko would add a traceback for each try
                return WAITS
            return None

        door.plain = method  # type: ignore[attr-defined]  # what a batch and the retry ladder call
        for event in events:
            EventHandler.decorator(event, always)(door)
        return door  # type: ignore[return-value]

    return decorate


def event_queue(service: str, events: list[Event]) -> Queue:
    """The queue of a service's subscriptions, with its dead-letter route."""
    name = f"evt-{service}"
    return Queue(
        name,
        bindings=[binding(Exchange(e.exchange, no_declare=True), routing_key=e.type) for e in events],
        durable=True,
        queue_arguments={
            "x-queue-type": "quorum",
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-single-active-consumer": True,
            "x-dead-letter-exchange": DEAD_EXCHANGE,
            "x-dead-letter-routing-key": name,
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        },
    )


def dead_queue(service: str) -> Queue:
    """Where the broker puts what this service's queue gave up. The relay turns it into dead-letter rows."""
    return Queue(
        f"evt-{service}.dead", exchange=Exchange(DEAD_EXCHANGE, type="topic", durable=True),
        routing_key=f"evt-{service}", durable=True, queue_arguments={"x-queue-type": "quorum"},
    )  # fmt: skip
