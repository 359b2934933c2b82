"""The event door: a service's one queue of other services' events, each applied once and in order.

One quorum queue a service, one active consumer at a time, so that order holds with any number of instances; inside the
process, events of one aggregate run one after another and different aggregates side by side. The inbox row is written
in the transaction of the effect. A handler that raises does not spin the queue: the message becomes a row, is tried
again after longer and longer waits, and is a dead letter after the last. Later events of the same aggregate wait behind
it, whichever handler they are for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, wraps
from typing import Any, TypeVar
from uuid import UUID

import eventlet
import orjson
from kombu import Exchange, Queue, binding
from kombu.message import Message
from nameko.extensions import Entrypoint
from sqlalchemy import select

from chassis import clock, faultpoints, logs, metrics
from chassis.db import DatabaseUnavailable
from chassis.ids import new_id
from chassis.later import insert_into
from chassis.link import Door
from chassis.tables import EventRetry, Inbox
from chassis.work import Transaction
from chassis.workplace import Workplace
from contracts.context import Context, service_context
from contracts.core import Event
from contracts.problems import Problem

log = logs.get(__name__)
Method = TypeVar("Method", bound=Callable[..., Any])
UseCase = Callable[..., Any]

DEAD_EXCHANGE = "kefu.dead"
DELIVERY_LIMIT = 20
"""Deliveries after which the broker takes a message away: only a message that kills its process gets there."""
LADDER = tuple(timedelta(seconds=s) for s in (1, 5, 30, 120, 600, 3600, 3 * 3600))
"""Waits before the second, third, ... try; after the last the message is dead."""
WAITING, DEAD = "waiting", "dead"
APPLIED, DUPLICATE, NOT_ENABLED, IGNORED, RETRY = "applied", "duplicate", "not_enabled", "ignored", "retry"
FRESH, BEHIND = "fresh", "behind"
"""Outcomes of a delivery."""
DATABASE_PAUSE = 1.0


@dataclass(frozen=True, slots=True)
class Received:
    """An event as it came over the wire."""

    id: UUID
    type: str
    tenant_id: UUID
    aggregate_id: UUID
    occurred_at: datetime
    data: Mapping[str, Any]
    actor: Mapping[str, str]
    request_id: str
    trace_id: str
    body: str

    @classmethod
    def parse(cls, raw: bytes | str) -> Received:
        """The event in `raw`; ValueError when it is none."""
        body = raw if isinstance(raw, str) else bytes(raw).decode()
        try:
            d = orjson.loads(body)
            return cls(
                UUID(d["id"]), d["type"], UUID(d["tenant_id"]), UUID(d["aggregate_id"]),
                datetime.fromisoformat(d["occurred_at"]), dict(d["data"]), dict(d.get("actor") or {}),
                d.get("request_id") or "", d.get("trace_id") or "", body,
            )  # fmt: skip
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not an event: {error!r}") from error


class Delivery:
    """One event on its way into one handler of this service."""

    def __init__(
        self, workplace: Workplace, handler: str, event: Received, *, always: bool = False, retry: bool = False
    ) -> None:
        self.workplace = workplace
        self.handler = handler
        self.event = event
        self.always = always
        self.retry = retry
        self.outcome = IGNORED

    @cached_property
    def ctx(self) -> Context:
        """The service's own context for the event's tenant, with the ids of the call that caused the event."""
        ctx = service_context(self.workplace.service, self.event.tenant_id)
        return ctx.with_(request_id=self.event.request_id, trace_id=self.event.trace_id)

    def apply(self, usecase: UseCase, *args: Any) -> None:
        """`usecase(tx, data, *args)` with `data` the event's payload, in one transaction with the inbox row: once,
        however often the event comes. Does nothing for a tenant that did not enable this service (SPEC PL-2)."""
        self.workplace.knowing_tenant(lambda: self._apply(usecase, args))

    def _apply(self, usecase: UseCase, args: tuple[Any, ...]) -> None:
        with self.workplace.work.begin(self.ctx) as tx:
            if not self.always and self.workplace.service not in tx.tenant.services:
                self.outcome = NOT_ENABLED
                return
            standing = _standing(tx, self.handler, self.event)
            if standing == DUPLICATE:
                self.outcome = DUPLICATE
                return
            if standing == BEHIND and not self.retry:
                raise Behind
            usecase(tx, dict(self.event.data), *args)
        self.outcome = APPLIED
        faultpoints.reach("after_event_commit")


class Behind(Exception):
    """An earlier event of the aggregate waits to be tried again; this one queues up behind it."""


def _standing(tx: Transaction, handler: str, event: Received) -> str:
    """Enter the event into the inbox and say how it stands: FRESH, DUPLICATE, or BEHIND an earlier event of its
    aggregate that waits to be tried again. One statement of plain SQL: every event pays for it."""
    connection = tx.session.connection()
    inbox, retries = insert_into(Inbox, connection), insert_into(EventRetry, connection)
    mark = inbox.mark
    statement = (
        f"{inbox.head}{inbox.marks} ON CONFLICT DO NOTHING RETURNING EXISTS (SELECT 1 FROM event_retries "  # noqa: S608
        f"WHERE tenant_id = {mark} AND aggregate_id = {mark} AND state = {mark})"
    )
    row = {"tenant_id": tx.tenant_id, "handler": handler, "message_id": event.id, "applied_at": tx.now}
    waiting = (retries.convert("tenant_id", tx.tenant_id), retries.convert("aggregate_id", event.aggregate_id), WAITING)
    found = connection.exec_driver_sql(statement, (*inbox.values(row), *waiting)).first()
    if found is None:
        return DUPLICATE
    return BEHIND if found[0] else FRESH


class EventDoor(Door):
    """The service's event queue."""

    workplace = Workplace()

    def __init__(self) -> None:
        super().__init__()
        self.handlers: dict[str, EventHandler] = {}
        """Per event type."""
        self._lines: dict[UUID, deque[Callable[[], None]]] = {}

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
        self._queue_up(event.aggregate_id, lambda: self._start(handler, event, message))

    def _count(self, type_: str, outcome: str) -> None:
        metrics.EVENTS.labels(self.container.service_name, type_, outcome).inc()

    def _queue_up(self, aggregate_id: UUID, start: Callable[[], None]) -> None:
        line = self._lines.get(aggregate_id)
        if line is None:
            self._lines[aggregate_id] = deque()
            start()
        else:
            line.append(start)

    def _next(self, aggregate_id: UUID) -> None:
        line = self._lines[aggregate_id]
        if line and not self.stopping:
            line.popleft()()
        else:
            del self._lines[aggregate_id]

    def _start(self, handler: EventHandler, event: Received, message: Message) -> None:
        delivery = Delivery(self.workplace, handler.name, event, always=handler.always)

        def done(_worker: Any, _result: Any, exc_info: Any) -> tuple[None, None]:
            error = exc_info[1] if exc_info else None
            if isinstance(error, DatabaseUnavailable):
                self.container.spawn_managed_thread(again, identifier="event")
                return None, None
            # neither its effect nor its row could be stored: back to the queue, which gives it up after its limit
            self.link.settle(message, requeue=True if error else None)
            self._next(event.aggregate_id)
            return None, None

        def again() -> None:
            eventlet.sleep(DATABASE_PAUSE)
            if not self.stopping:
                self.spawn(handler, delivery, message, done)

        self.spawn(handler, delivery, message, done)


class EventHandler(Entrypoint):  # type: ignore[misc]
    """Binds one event of another service to one method."""

    door = EventDoor()
    expected_exceptions = (DatabaseUnavailable,)

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
        def door(self: Any, delivery: Delivery) -> None:
            deliver(delivery, lambda: method(self, delivery))

        door.plain = method  # type: ignore[attr-defined]  # for the retry ladder, which keeps its own account of failures
        for event in events:
            EventHandler.decorator(event, always)(door)
        return door  # type: ignore[return-value]

    return decorate


def deliver(delivery: Delivery, method: Callable[[], None]) -> None:
    """Run the handler until its effect, or its row on the retry ladder, is committed. Raises `DatabaseUnavailable`,
    after which it is to be delivered again; the worker is free meanwhile for callers who need to hear of it."""
    with logs.bound(delivery.ctx, event_id=str(delivery.event.id), handler=delivery.handler):
        try:
            method()
        except DatabaseUnavailable as error:
            log.warning("database unavailable, event waits", error=str(error))
            raise
        except Behind:
            park(delivery, "waits behind an earlier event of the same aggregate", attempts=0)
        except Exception as error:
            log.exception("event handler failed")
            park(delivery, described(error), attempts=1)
    _measure(delivery)


def described(error: Exception) -> str:
    """What a person reads of a failed handler."""
    return str(error) if isinstance(error, Problem) else f"{type(error).__name__}: {error}"


def _measure(delivery: Delivery) -> None:
    service, event = delivery.workplace.service, delivery.event
    metrics.EVENTS.labels(service, event.type, delivery.outcome).inc()
    if delivery.outcome == APPLIED:
        lag = (clock.now() - event.occurred_at).total_seconds()
        metrics.EVENT_LAG.labels(service).observe(max(0.0, lag))


def park(delivery: Delivery, error: str, *, attempts: int) -> None:
    """Put the event on the retry ladder, once."""
    event, now = delivery.event, clock.now()
    delivery.outcome = RETRY
    with delivery.workplace.work.database.begin(event.tenant_id) as session:
        known = select(EventRetry.id).where(
            EventRetry.handler == delivery.handler, EventRetry.message_id == event.id, EventRetry.state == WAITING
        )
        if session.scalar(known) is not None:
            return
        session.add(
            EventRetry(
                tenant_id=event.tenant_id, id=new_id(), handler=delivery.handler, message_id=event.id,
                aggregate_id=event.aggregate_id, type=event.type, body=event.body, state=WAITING, attempts=attempts,
                next_at=now + LADDER[0], created_at=now, error=error[:2000],
            )
        )  # fmt: skip


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
