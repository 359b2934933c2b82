"""The relay: takes committed events out of every service's outbox and gives them to the broker (SPEC PL-12).

A process of its own with real threads, one per service. A row is deleted only after the broker confirmed it; killed in
between, the relay publishes it again and the subscribers' inboxes drop the second. Order holds per aggregate: rows go
out in order of commit, and a refused one keeps the later ones of its aggregate back, but nobody else's.
"""

from __future__ import annotations

import select as os_select
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from types import FrameType
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, literal_column, select, text, tuple_, update
from sqlalchemy.engine import Connection

from chassis import clock, faultpoints, health, logs, metrics
from chassis.config import ServiceSettings
from chassis.db import Database, DatabaseUnavailable
from chassis.publisher import NotConnected, Outcome, Outgoing, Publisher
from chassis.tables import Outbox

log = logs.get(__name__)

BATCH = 500
IDLE_WAIT = 1.0
"""How long to wait for a wake-up before looking anyway: the net under a lost notification."""
SQLITE_LOOK = 0.02
ALIVE_SECONDS = 15
MAX_BACKOFF = timedelta(hours=1)
CHANNEL = "kefu_outbox"


class ServiceRelay(threading.Thread):
    """Empties one service's outbox until told to stop."""

    def __init__(self, service: str, database_url: str, amqp_uri: str) -> None:
        super().__init__(name=f"relay-{service}", daemon=True)
        self.service = service
        self.alive_at = time.monotonic()
        self._amqp_uri = amqp_uri
        self._database = Database(service, database_url, pool_size=2)
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Finish the batch in hand and end."""
        self._stopping.set()

    def run(self) -> None:
        pause = 0.2
        while not self._stopping.is_set():
            try:
                with Publisher(self._amqp_uri) as publisher, self._wakeups() as wakeups:
                    pause = 0.2
                    self._serve(publisher, wakeups)
            except (NotConnected, DatabaseUnavailable) as error:
                log.warning("relay waits", service=self.service, error=str(error), seconds=pause)
            except Exception:
                log.exception("relay failed, starts over", service=self.service)
            self._stopping.wait(pause)
            pause = min(pause * 2, 5.0)
        self._database.close()

    def _serve(self, publisher: Publisher, wakeups: Wakeups) -> None:
        while not self._stopping.is_set():
            self.alive_at = time.monotonic()
            if not self._pump(publisher):
                self._measure()
                wakeups.wait(IDLE_WAIT, self._stopping)

    def _pump(self, publisher: Publisher) -> int:
        """Publish one batch. Returns how many rows were dealt with."""
        with self._database.begin(None, read_only=True, system=True) as session:
            if not self._database.sqlite and not _only_relay(session.connection()):
                return 0
            rows = _ready(session.connection(), self._database.sqlite)
        if not rows:
            return 0
        outcomes = publisher.publish([Outgoing(str(r.id), r.exchange, r.routing_key, r.body.encode()) for r in rows])
        faultpoints.reach("after_publish")
        self._record(rows, outcomes)
        if Outcome.UNKNOWN in outcomes:
            raise NotConnected("the connection broke within a batch")
        return len(rows)

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

    @contextmanager
    def _wakeups(self) -> Iterator[Wakeups]:
        wakeups = _SqliteWakeups(self._database) if self._database.sqlite else _PostgresWakeups(self._database)
        try:
            yield wakeups
        finally:
            wakeups.close()


_DONE = (Outcome.CONFIRMED, Outcome.UNROUTABLE)


def _only_relay(connection: Connection) -> bool:
    """Whether this transaction may publish: a second relay on the same database stands by."""
    return bool(connection.execute(text("SELECT pg_try_advisory_xact_lock(hashtext('kefu.relay'))")).scalar())


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


class Wakeups:
    """Something that says: there may be new rows."""

    def wait(self, seconds: float, stopping: threading.Event) -> None:
        """Return on news, or after `seconds`."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go of the connection."""
        raise NotImplementedError


class _PostgresWakeups(Wakeups):
    """LISTEN: the outbox table's trigger notifies."""

    def __init__(self, database: Database) -> None:
        self._fairy = database.engine.raw_connection()
        self._connection: Any = self._fairy.dbapi_connection
        with self._connection.cursor() as cursor:
            cursor.execute(f"LISTEN {CHANNEL}")

    def wait(self, seconds: float, stopping: threading.Event) -> None:
        readable, _, _ = os_select.select([self._connection], [], [], seconds)
        if readable:
            try:
                self._connection.poll()
            except Exception as error:
                raise DatabaseUnavailable(str(error)) from error
            self._connection.notifies.clear()

    def close(self) -> None:
        self._fairy.invalidate()


class _SqliteWakeups(Wakeups):
    """`PRAGMA data_version` changes when another connection commits."""

    def __init__(self, database: Database) -> None:
        assert database.url.database
        self._connection = sqlite3.connect(database.url.database, check_same_thread=False)
        self._seen = -1

    def wait(self, seconds: float, stopping: threading.Event) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and not stopping.wait(SQLITE_LOOK):
            version = self._connection.execute("PRAGMA data_version").fetchone()[0]
            if version != self._seen:
                self._seen = version
                return

    def close(self) -> None:
        self._connection.close()


def main(services: Sequence[str]) -> None:
    """Run the relay for these services until SIGTERM or SIGINT."""
    settings = ServiceSettings.load()
    logs.configure("relay", level=settings.log_level, style=settings.log_format)
    relays = [ServiceRelay(name, settings.database_url, settings.amqp_uri) for name in services]
    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    if settings.metrics_port:
        live = {relay.name: partial(_check_thread, relay) for relay in relays}
        ready = {relay.name: partial(_check_turning, relay) for relay in relays}
        health.serve_thread(settings.metrics_host, settings.metrics_port, health.app(live, ready))
    for relay in relays:
        relay.start()
    stopping.wait()
    for relay in relays:
        relay.stop()
    for relay in relays:
        relay.join(timeout=8)


def _check_thread(relay: ServiceRelay) -> None:
    if not relay.is_alive():
        raise RuntimeError("its thread has ended")


def _check_turning(relay: ServiceRelay) -> None:
    silent = time.monotonic() - relay.alive_at
    if silent > ALIVE_SECONDS:
        raise RuntimeError(f"has not looked into its outbox for {silent:.0f} s: broker or database away?")
