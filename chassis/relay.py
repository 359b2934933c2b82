"""The relay: takes committed events out of every service's outbox and gives them to the broker (SPEC PL-12).

A process of its own with real threads, one per service. A row is deleted only after the broker confirmed it; killed in
between, the relay publishes it again and the subscribers' inboxes drop the second. Order holds per aggregate: rows go
out in order of commit, and a refused one keeps the later ones of its aggregate back, but nobody else's.
"""

from __future__ import annotations

import signal
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import timedelta
from functools import partial
from types import FrameType
from typing import Any
from uuid import UUID

from amqp.exceptions import AMQPError
from kombu.exceptions import OperationalError
from sqlalchemy import delete, func, literal_column, select, tuple_, update
from sqlalchemy.engine import Connection

from chassis import clock, faultpoints, health, logs, metrics, topology
from chassis.config import ServiceSettings
from chassis.db import Database, DatabaseUnavailable
from chassis.publisher import NotConnected, Outcome, Outgoing, Publisher
from chassis.tables import Outbox
from chassis.undertaker import Undertaker
from chassis.wakeups import Wakeups, wakeups_of

log = logs.get(__name__)

BATCH = 500
IDLE_WAIT = 1.0
"""How long to wait for a wake-up before looking anyway: the net under a lost notification."""
ALIVE_SECONDS = 15
STOP_SECONDS = 8
MEASURE_SECONDS = 2
SHORT_PAUSE, LONG_PAUSE = 0.2, 5.0
MAX_BACKOFF = timedelta(hours=1)


class ServiceRelay(threading.Thread):
    """Empties one service's outbox until told to stop."""

    def __init__(self, service: str, database_url: str, amqp_uri: str, services: Sequence[str]) -> None:
        super().__init__(name=f"relay-{service}", daemon=True)
        self.service = service
        self.alive_at = time.monotonic()
        self._services = services
        self._amqp_uri = amqp_uri
        self._database = Database(service, database_url, pool_size=2)
        self._stopping = threading.Event()
        self._measured_at = float("-inf")

    def stop(self) -> None:
        """Finish the batch in hand and end."""
        self._stopping.set()

    def run(self) -> None:
        pause = SHORT_PAUSE
        while not self._stopping.is_set():
            try:
                with self._connected() as (publisher, wakeups):
                    pause = SHORT_PAUSE
                    self._serve(publisher, wakeups)
            except (NotConnected, DatabaseUnavailable) as error:
                log.warning("relay waits", service=self.service, error=str(error), seconds=pause)
            except Exception:
                log.exception("relay failed, starts over", service=self.service)
            self._measure_unconnected()
            self._stopping.wait(pause)
            pause = min(pause * 2, LONG_PAUSE)
        self._database.close()

    @contextmanager
    def _connected(self) -> Iterator[tuple[Publisher, Wakeups]]:
        try:
            topology.declare(self._services, self._amqp_uri)
        except (OSError, OperationalError, AMQPError) as error:
            raise NotConnected(repr(error)) from error
        with Publisher(self._amqp_uri) as publisher, closing(wakeups_of(self._database)) as wakeups:
            yield publisher, wakeups

    def _serve(self, publisher: Publisher, wakeups: Wakeups) -> None:
        while not self._stopping.is_set():
            self.alive_at = time.monotonic()
            if time.monotonic() - self._measured_at > MEASURE_SECONDS:
                self._measure()
            if not (wakeups.leads() and self._pump(publisher)):
                wakeups.wait(IDLE_WAIT, self._stopping)

    def _pump(self, publisher: Publisher) -> int:
        """Publish one batch. Returns how many rows were dealt with."""
        with self._database.begin(None, read_only=True, system=True) as session:
            rows = _ready(session.connection(), self._database.sqlite)
        outcomes: list[tuple[Any, Outcome]] = []
        kept_back: set[tuple[UUID, UUID]] = set()
        for wave in _waves(rows):
            ready = [row for row in wave if (row.tenant_id, row.aggregate_id) not in kept_back]
            answers = publisher.publish(
                [Outgoing(str(r.id), r.exchange, r.routing_key, r.body.encode()) for r in ready]
            )
            outcomes += zip(ready, answers, strict=True)
            kept_back |= {(r.tenant_id, r.aggregate_id) for r, o in zip(ready, answers, strict=True) if o not in _DONE}
            if Outcome.UNKNOWN in answers:
                break
        if outcomes:
            faultpoints.reach("after_publish")
            self._record([row for row, _ in outcomes], [outcome for _, outcome in outcomes])
        if any(outcome is Outcome.UNKNOWN for _, outcome in outcomes):
            raise NotConnected("the connection broke within a batch")
        return len(outcomes)

    def _record(self, rows: Sequence[Any], outcomes: Sequence[Outcome]) -> None:
        done = [(r.tenant_id, r.id) for r, o in zip(rows, outcomes, strict=True) if o in _DONE]
        refused = [r for r, o in zip(rows, outcomes, strict=True) if o is Outcome.REFUSED]
        with self._database.begin(None, system=True) as session:
            if done:
                session.execute(delete(Outbox).where(tuple_(Outbox.tenant_id, Outbox.id).in_(done)))
            for row in refused:
                wait = min(timedelta(seconds=2**row.attempts), MAX_BACKOFF)
                session.execute(
                    update(Outbox)
                    .where(Outbox.tenant_id == row.tenant_id, Outbox.id == row.id)
                    .values(attempts=Outbox.attempts + 1, due_at=clock.now() + wait)
                )
        for outcome in outcomes:
            metrics.RELAY_PUBLISHED.labels(self.service, outcome.value).inc()

    def _measure(self) -> None:
        with self._database.begin(None, read_only=True, system=True) as session:
            count, oldest = session.execute(select(func.count(), func.min(Outbox.created_at))).one()
        metrics.OUTBOX_PENDING.labels(self.service).set(count)
        age = (clock.now() - oldest).total_seconds() if count else 0.0
        metrics.OUTBOX_OLDEST.labels(self.service).set(max(0.0, age))
        self._measured_at = time.monotonic()

    def _measure_unconnected(self) -> None:
        """While the broker is away the outbox grows: that is when its size matters."""
        try:
            self._measure()
        except DatabaseUnavailable as error:
            log.warning("outbox not measured", service=self.service, error=str(error))


_DONE = (Outcome.CONFIRMED, Outcome.UNROUTABLE)


def _waves(rows: Sequence[Any]) -> Iterator[list[Any]]:
    """The rows in rounds that hold one of each aggregate: the next of an aggregate goes out when the one before it is
    confirmed. Most batches are one round."""
    lines: dict[tuple[UUID, UUID], deque[Any]] = defaultdict(deque)
    for row in rows:
        lines[row.tenant_id, row.aggregate_id].append(row)
    while lines:
        yield [line.popleft() for line in lines.values()]
        lines = {key: line for key, line in lines.items() if line}


def _ready(connection: Connection, sqlite: bool) -> list[Any]:
    """The next batch in order of commit, without the aggregates that wait for an earlier row."""
    position = literal_column("rowid") if sqlite else Outbox.position
    now = clock.now()
    held: set[tuple[UUID, UUID]] = {
        (r.tenant_id, r.aggregate_id)
        for r in connection.execute(select(Outbox.tenant_id, Outbox.aggregate_id).where(Outbox.due_at > now))
    }
    columns = (
        Outbox.tenant_id,
        Outbox.id,
        Outbox.exchange,
        Outbox.routing_key,
        Outbox.aggregate_id,
        Outbox.body,
        Outbox.attempts,
    )
    statement = select(*columns).where(Outbox.due_at <= now).order_by(position).limit(BATCH)
    if held:
        statement = statement.where(tuple_(Outbox.tenant_id, Outbox.aggregate_id).not_in(held))
    return list(connection.execute(statement))


def main(services: Sequence[str]) -> None:
    """Run the relay for these services until SIGTERM or SIGINT."""
    settings = ServiceSettings.load()
    logs.configure("relay", level=settings.log_level, style=settings.log_format)
    workers: list[ServiceRelay | Undertaker] = [
        *(ServiceRelay(name, settings.database_url, settings.amqp_uri, services) for name in services),
        Undertaker(services, settings.database_url, settings.amqp_uri),
    ]
    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    if settings.metrics_port:
        live = {worker.name: partial(_check_thread, worker) for worker in workers}
        ready = {worker.name: partial(_check_turning, worker) for worker in workers}
        health.serve_thread(settings.metrics_host, settings.metrics_port, health.app(live, ready))
    for worker in workers:
        worker.start()
    stopping.wait()
    _stop(workers)


def _stop(workers: Sequence[ServiceRelay | Undertaker]) -> None:
    for worker in workers:
        worker.stop()
    until = time.monotonic() + STOP_SECONDS
    for worker in workers:
        worker.join(timeout=max(0.0, until - time.monotonic()))


def _check_thread(worker: threading.Thread) -> None:
    if not worker.is_alive():
        raise RuntimeError("its thread has ended")


def _check_turning(worker: ServiceRelay | Undertaker) -> None:
    silent = time.monotonic() - worker.alive_at
    if silent > ALIVE_SECONDS:
        raise RuntimeError(f"has done nothing for {silent:.0f} s: broker or database away?")
