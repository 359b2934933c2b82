"""One event on its way into one handler: applied once, in the transaction of its inbox row, or put on the retry ladder.

A handler that raises does not spin the queue: the message becomes a row, is tried again after longer and longer waits,
and is a dead letter after the last. Later events of the same aggregate wait behind it, whichever handler they are for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select

from chassis import clock, faultpoints, logs, metrics
from chassis.db import DatabaseUnavailable
from chassis.ids import made_at, new_id
from chassis.later import insert_into
from chassis.tables import EventRetry, Inbox
from chassis.work import Transaction
from chassis.workplace import Workplace
from contracts.context import Context, service_context
from contracts.problems import Problem

log = logs.get(__name__)
UseCase = Callable[..., Any]

LADDER = tuple(timedelta(seconds=s) for s in (1, 5, 30, 120, 600, 3600, 3 * 3600))
"""Waits before the second, third, ... try; after the last the message is dead."""
WAITING, DEAD = "waiting", "dead"
APPLIED, DUPLICATE, NOT_ENABLED, IGNORED, RETRY = "applied", "duplicate", "not_enabled", "ignored", "retry"
"""Outcomes of a delivery."""


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


class Behind(Exception):
    """An earlier event of the aggregate waits to be tried again; this one queues up behind it."""


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
        self.shared: Transaction | None = None
        """The transaction of the batch this delivery is a part of; its inbox row is in it already."""
        self._then: list[Callable[[], None]] = []

    @cached_property
    def ctx(self) -> Context:
        """The service's own context for the event's tenant, with the ids of the call that caused the event."""
        ctx = service_context(self.workplace.service, self.event.tenant_id)
        return ctx.with_(request_id=self.event.request_id, trace_id=self.event.trace_id)

    def apply(self, usecase: UseCase, *args: Any) -> None:
        """`usecase(tx, data, *args)` with `data` the event's payload, in one transaction with the inbox row: once,
        however often the event comes. Does nothing for a tenant that did not enable this service (SPEC PL-2).

        The transaction may be shared with other events of the tenant (`chassis.batches`): it has not committed when
        this returns. What is to happen after the commit goes to `then`.
        """
        if self.shared is not None:
            usecase(self.shared, dict(self.event.data), *args)
            self.outcome = APPLIED
        else:
            self.workplace.knowing_tenant(lambda: self._apply_alone(usecase, args))

    def then(self, callback: Callable[[], None]) -> None:
        """Have `callback` called when the effect is committed."""
        self._then.append(callback)

    def _apply_alone(self, usecase: UseCase, args: tuple[Any, ...]) -> None:
        with self.workplace.work.begin(self.ctx) as tx:
            if not (self.always or is_enabled(tx, self.workplace.service)):
                self.outcome = NOT_ENABLED
                return
            if not enter(tx, [self]):
                self.outcome = DUPLICATE
                return
            usecase(tx, dict(self.event.data), *args)
        self.outcome = APPLIED

    def forget(self) -> None:
        """As if it had not been tried: the transaction it was in is undone."""
        self.outcome, self.shared = IGNORED, None
        self._then.clear()

    def settled(self) -> None:
        """What follows when its effect, or its row on the ladder, is committed."""
        service, event = self.workplace.service, self.event
        metrics.EVENTS.labels(service, event.type, self.outcome).inc()
        if self.outcome != APPLIED:
            return
        faultpoints.reach("after_event_commit")
        metrics.EVENT_LAG.labels(service).observe(max(0.0, time.time() - made_at(event.id)))
        for callback in self._then:
            callback()


def is_enabled(tx: Transaction, service: str) -> bool:
    return service in tx.tenant.services


def enter(tx: Transaction, deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Enter these events of one tenant into the inbox; returns those that were not in it yet. `Behind` when an earlier
    event of one of their aggregates waits to be tried again (retries themselves do not mind).

    One statement of plain SQL: every event pays for it.
    """
    connection = tx.session.connection()
    inbox, retries = insert_into(Inbox, connection), insert_into(EventRetry, connection)
    rows = [
        inbox.values({"tenant_id": tx.tenant_id, "handler": d.handler, "message_id": d.event.id, "applied_at": tx.now})
        for d in deliveries
    ]
    aggregates = [retries.convert("aggregate_id", a) for a in {d.event.aggregate_id for d in deliveries}]
    mark = inbox.mark
    statement = (
        f"{inbox.head}{', '.join([inbox.marks] * len(rows))} ON CONFLICT DO NOTHING RETURNING handler, message_id, "  # noqa: S608
        f"EXISTS (SELECT 1 FROM event_retries WHERE tenant_id = {mark} AND state = {mark} "
        f"AND aggregate_id IN ({', '.join([mark] * len(aggregates))}))"
    )
    values = [value for row in rows for value in row]
    waiting = (retries.convert("tenant_id", tx.tenant_id), WAITING, *aggregates)
    entered = connection.exec_driver_sql(statement, (*values, *waiting)).all()
    if any(behind for _, _, behind in entered) and not any(d.retry for d in deliveries):
        raise Behind
    new = {(handler, UUID(str(message_id))) for handler, message_id, _ in entered}
    return [d for d in deliveries if _take(new, (d.handler, d.event.id))]


def _take(new: set[tuple[str, UUID]], key: tuple[str, UUID]) -> bool:
    """Whether `key` is in the set; it is not afterwards, so that of two copies in one batch the first is applied."""
    if key not in new:
        return False
    new.remove(key)
    return True


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
    delivery.settled()


def described(error: Exception) -> str:
    """What a person reads of a failed handler."""
    return str(error) if isinstance(error, Problem) else f"{type(error).__name__}: {error}"


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
