"""How long events take from their making to the transaction that applies them, and how full the outboxes get."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from chassis.ids import made_at
from kefu.processes import SERVICES
from tests.load.stand import Stand
from tests.load.wrk import percentiles

LOOK_EVERY = 0.1
SUBSCRIBERS = ("customers", "complaints", "notifications")


@dataclass
class Lags:
    """Per subscriber, once measured: events applied, percentiles in ms, rows that all outboxes held at most."""

    figures: dict[str, dict[str, Any]] = field(default_factory=dict)


@contextmanager
def measured(stand: Stand) -> Iterator[Lags]:
    """Measure the events committed as long as this lasts; waits until the last of them is on its way."""
    lags, sizes, over = Lags(), [0], threading.Event()
    watcher = threading.Thread(target=_watch, args=(stand, sizes, over))
    since = datetime.now(UTC)
    watcher.start()
    try:
        yield lags
    finally:
        over.set()
        watcher.join()
    stand.quiet()
    for service in SUBSCRIBERS:
        found = _lags(stand, service, since)
        lags.figures[service] = {"events": len(found), "outbox_max": max(sizes), **percentiles(found)}


def _watch(stand: Stand, sizes: list[int], over: threading.Event) -> None:
    with ExitStack() as stack:
        cursors = [stack.enter_context(stand.sql(service)) for service in SERVICES]
        while not over.wait(LOOK_EVERY):
            sizes.append(sum(_count(cursor) for cursor in cursors))


def _count(cursor: Any) -> int:
    cursor.execute("SELECT count(*) FROM outbox")
    return int(cursor.fetchone()[0])


def _lags(stand: Stand, service: str, since: datetime) -> list[float]:
    with stand.sql(service) as cursor:
        cursor.execute("SELECT message_id::text, applied_at FROM inbox WHERE applied_at >= %s", (since,))
        return [1000 * (applied.timestamp() - made_at(UUID(message))) for message, applied in cursor.fetchall()]
