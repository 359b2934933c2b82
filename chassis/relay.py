"""The relay: takes committed events out of every service's outbox and gives them to the broker (SPEC PL-12).

A process of its own with real threads, one per service. A row is deleted only after the broker confirmed it; killed in
between, the relay publishes it again and the subscribers' inboxes drop the second. Order holds per aggregate: rows go
out in order of commit, and a refused one keeps the later ones of its aggregate back, but nobody else's.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import timedelta
from functools import partial
from types import FrameType
from typing import Any

from amqp.exceptions import AMQPError
from kombu.exceptions import OperationalError
from sqlalchemy import delete, func, literal_column, or_, select, tuple_, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import aliased

from chassis import clock, faultpoints, health, logs, metrics, topology
from chassis.config import ServiceSettings
from chassis.db import Database, DatabaseUnavailable
from chassis.publisher import DONE, NotConnected, Outcome, Outgoing, Publisher
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
            if not publisher.is_open:  # with nothing to publish it would not show
                raise NotConnected("the connection is gone")
            if wakeups.leads():
                self._empty(publisher)
            wakeups.wait(IDLE_WAIT, self._stopping)

    def _empty(self, publisher: Publisher) -> None:
        """Publish batch after batch until nothing is left. What came of one is recorded as the next is read."""
        rows = self._turn([])
        while rows and not self._stopping.is_set():
            self.alive_at = time.monotonic()
            outcomes = publisher.publish([_outgoing(row) for row in rows])
            faultpoints.reach(f"after_publish.{self.service}")
            settled = list(zip(rows, outcomes, strict=True))
            rows = self._turn(settled)
            if Outcome.UNKNOWN in outcomes:
                raise NotConnected("the connection broke within a batch")

    def _turn(self, settled: Sequence[tuple[Any, Outcome]]) -> list[Any]:
        """Record what became of the last batch; the next one, in order of commit, without the aggregates that wait for
        an earlier row."""
        with self._database.begin(None, system=True) as session:
            connection = session.connection()
            if not self._database.sqlite:
                # what a crash would undo is published once more, which the inboxes expect: no need to wait for the disk
                connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
            _record(connection, settled)
            rows = _ready(connection, self._database.sqlite)
        for _, outcome in settled:
            metrics.RELAY_PUBLISHED.labels(self.service, outcome.value).inc()
        return rows

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


def _outgoing(row: Any) -> Outgoing:
    line = (row.tenant_id, row.aggregate_id)
    return Outgoing(str(row.id), row.exchange, row.routing_key, row.body.encode(), line)


def _record(connection: Connection, settled: Sequence[tuple[Any, Outcome]]) -> None:
    done = [(row.tenant_id, row.id) for row, outcome in settled if outcome in DONE]
    if done:
        connection.execute(delete(Outbox).where(tuple_(Outbox.tenant_id, Outbox.id).in_(done)))
    for row, outcome in settled:
        if outcome is Outcome.REFUSED:
            wait = min(timedelta(seconds=2**row.attempts), MAX_BACKOFF)
            this = (Outbox.tenant_id == row.tenant_id, Outbox.id == row.id)
            connection.execute(
                update(Outbox).where(*this).values(attempts=Outbox.attempts + 1, due_at=clock.now() + wait)
            )


def _ready(connection: Connection, sqlite: bool) -> list[Any]:
    position = literal_column("rowid") if sqlite else Outbox.position
    now, waiting = clock.now(), aliased(Outbox)
    columns = (
        Outbox.tenant_id,
        Outbox.id,
        Outbox.exchange,
        Outbox.routing_key,
        Outbox.aggregate_id,
        Outbox.body,
        Outbox.attempts,
    )
    held = select(waiting.tenant_id, waiting.aggregate_id).where(waiting.due_at > now, waiting.attempts > 0)
    # what was never refused waits for no clock, which may have been set back
    due = or_(Outbox.due_at <= now, Outbox.attempts == 0)
    statement = select(*columns).where(due, tuple_(Outbox.tenant_id, Outbox.aggregate_id).not_in(held))
    return list(connection.execute(statement.order_by(position).limit(BATCH)))


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
