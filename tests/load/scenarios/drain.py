"""How fast the relay empties an outbox that has filled up, as it does while the broker is away."""

from __future__ import annotations

import time
from typing import Any

from kefu.waiting import wait_until
from tests.load.report import table, verdict
from tests.load.rows import columns_of
from tests.load.stand import Stand, size

EVENTS = int(size("EVENTS", 20_000))
GOAL = 2_000
SUBSCRIBERS = ("customers", "notifications")
"""They follow complaints' events; they rest while the relay is measured."""
PER_AGGREGATE = 4
"""Events of one case, which go out one after the other."""
_FRESH = {"id": "gen_random_uuid()", "aggregate_id": f"md5((n / {PER_AGGREGATE})::text)::uuid", "due_at": "now()"}


def run(stand: Stand) -> dict[str, Any]:
    """Events a second from the outbox of complaints, confirmed by the broker, none of them applied."""
    company = stand.company("drain")
    stand.quiet()
    for name in (*SUBSCRIBERS, "relay"):
        stand.platform.stop(name)
    stand.register(company)
    with stand.sql("complaints") as cursor:
        cursor.execute("CREATE TABLE bench_outbox AS SELECT * FROM outbox ORDER BY position LIMIT 1")
        cursor.execute("TRUNCATE outbox")
        stand.platform.start("relay")
        stand.platform.wait_ready("relay")
        _fill(cursor)
    begun = time.perf_counter()
    wait_until(lambda: stand.outbox("complaints") == 0, limit=300, what="the outbox is empty", every=0.02)
    seconds = time.perf_counter() - begun
    arrived = _purge(stand)
    for name in SUBSCRIBERS:
        stand.platform.start(name)
    stand.platform.wait_ready(*SUBSCRIBERS)
    return {"events": EVENTS, "seconds": round(seconds, 2), "rate": round(EVENTS / seconds, 1), "arrived": arrived}


def report(figures: dict[str, Any]) -> str:
    """The one figure."""
    heads = ("events in the outbox", "drained in s", "events a second", "goal", "", "fewest in a subscriber's queue")
    rate = figures["rate"]
    return table(
        heads, [(figures["events"], figures["seconds"], rate, GOAL, verdict(rate >= GOAL), figures["arrived"])]
    )


def _fill(cursor: Any) -> None:
    names = [name for name in columns_of(cursor, "outbox") if name != "position"]
    values = ", ".join(_FRESH.get(name, f'"{name}"') for name in names)
    listed = ", ".join(f'"{name}"' for name in names)
    cursor.execute(f"INSERT INTO outbox ({listed}) SELECT {values} FROM bench_outbox, generate_series(1, {EVENTS}) n")
    cursor.execute("DROP TABLE bench_outbox")


def _purge(stand: Stand) -> int:
    """Empty the subscribers' queues; how many messages the shortest of those that got any had."""
    queues = [
        line.split() for line in stand.broker.ctl("list_queues", "name", "messages", "--no-table-headers").splitlines()
    ]
    full = {name: int(messages) for name, messages in queues if messages != "0"}
    for name in full:
        stand.broker.ctl("purge_queue", name)
    return min(full.values(), default=0)
