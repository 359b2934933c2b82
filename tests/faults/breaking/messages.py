"""Events that come twice, a day late, in the wrong order or in masses; messages that nobody can read, that no handler
can digest, that kill."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import orjson
import pika
from sqlalchemy import select, update

from chassis import topology
from chassis.delivery import DEAD, LADDER
from chassis.events import DELIVERY_LIMIT
from chassis.ids import NIL, new_id
from chassis.tables import EventRetry
from contracts import complaints, tenants
from kefu.waiting import wait_until
from tests.faults.breaking.taps import followed, give, tap
from tests.faults.runs import Run
from tests.faults.site import Site

LIMIT = 60.0
DAY = 24 * 3600.0
MEGABYTE = 1_000_000
SUBSCRIBERS = ("customers", "notifications")
"""Of the complaints service."""


@contextmanager
def twice(run: Run) -> Iterator[None]:
    """Every event of complaints', to each of its subscribers."""
    before = _duplicates(run.site)
    follows = {service: followed(service) for service in SUBSCRIBERS}

    def echo(channel: Any, type_: str, body: bytes) -> None:
        for service in (s for s in SUBSCRIBERS if type_ in follows[s]):
            give(channel, service, body)

    with tap(run.site, complaints.SERVICE, echo):
        yield
        run.load.flow(40)
    _await_duplicates(run.site, before)


@contextmanager
def a_day_later(run: Run) -> Iterator[None]:
    """What was told and applied comes again tomorrow."""
    told: list[tuple[str, bytes]] = []
    with tap(run.site, complaints.SERVICE, lambda _channel, type_, body: told.append((type_, body))):
        run.load.flow(40)
    before = _duplicates(run.site)
    run.site.platform.move_clock(DAY)
    try:
        for service in SUBSCRIBERS:
            run.site.put(service, *(body for type_, body in told if type_ in followed(service)))
        yield
        _await_duplicates(run.site, before)
    finally:
        run.site.platform.move_clock(0)


def _duplicates(site: Site) -> dict[str, int]:
    return {service: site.handled(service, "duplicate") for service in SUBSCRIBERS}


def _await_duplicates(site: Site, before: dict[str, int]) -> None:
    for service, count in before.items():
        if site.sabotage.get(service) != "inbox":  # without it none is a duplicate
            _await_more(site, service, "duplicate", count)


def _await_more(site: Site, service: str, outcome: str, than: int) -> None:
    """Wait until the service has met more events with that outcome."""
    wait_until(lambda: site.handled(service, outcome) > than, limit=LIMIT, what=f"{service}: more events {outcome}")


@contextmanager
def out_of_order(run: Run, *, service: str, source: str) -> Iterator[None]:
    """The events of each aggregate come in reverse."""
    run.ordered = False
    held: list[bytes] = []
    follows = followed(service)
    with tap(run.site, source, lambda _channel, type_, body: held.append(body) if type_ in follows else None):
        _bind(run.site, service, source, bound=False)
        try:
            yield
            run.load.flow(60)
        finally:
            _bind(run.site, service, source, bound=True)
    turned = _turned(held)
    assert len(turned) < len(held), "no aggregate had two events: nothing was out of order"
    run.site.put(service, *held[::-1])


def _bind(site: Site, service: str, source: str, *, bound: bool) -> None:
    """Let the service's queue get that source's events, or not."""
    with closing(pika.BlockingConnection(pika.URLParameters(site.amqp_uri))) as connection:
        channel = connection.channel()
        change = channel.queue_bind if bound else channel.queue_unbind
        for _, handler in topology.handlers(service):
            if handler.event.service == source:
                change(f"evt-{service}", f"{source}.events", handler.event.type)


def _turned(bodies: Sequence[bytes]) -> dict[str, int]:
    """Aggregate -> how many events of it."""
    counts: dict[str, int] = defaultdict(int)
    for body in bodies:
        counts[orjson.loads(body)["aggregate_id"]] += 1
    return counts


@contextmanager
def poisoned(run: Run) -> Iterator[None]:
    """What cannot be read, and what its handler cannot digest after the last step of the ladder, is a dead letter each;
    a type nobody knows is let go; a megabyte is nothing special; and everything else goes on."""
    site, company = run.site, run.company.id
    mark, bulky = f"no event {uuid4()}", f"no event {uuid4()} " + "x" * MEGABYTE
    indigestible = _event(complaints.COMPLAINT_OPENED.type, company, {"complaint_id": "poison"})
    unknown = _event("complaint.unheard_of", company, {})
    large = _event(tenants.STAFF_CHANGED.type, company, _outdated(run) | {"note": "x" * MEGABYTE})
    ignored, applied = site.handled("customers", "ignored"), site.handled("customers", "applied")
    site.put("customers", mark.encode(), bulky.encode(), indigestible, unknown, large)
    yield
    for text in (mark, bulky):
        wait_until(partial(_letters, site, NIL, text), limit=LIMIT, what="the unreadable is put aside")
        assert _letters(site, NIL, text) == 1
    _await_more(site, "customers", "ignored", ignored)
    _await_more(site, "customers", "applied", applied)
    for tries in range(1, len(LADDER) + 1):
        wait_until(partial(_tried, site, indigestible["id"], tries), limit=LIMIT, what=f"try {tries}")
        _hurry(site, indigestible["id"])
    wait_until(lambda: _letters(site, company, indigestible["id"]), limit=LIMIT, what="it is dead")
    run.dead = 1


@contextmanager
def deadly(run: Run, *, service: str) -> Iterator[None]:
    """An event kills its process, whatever one does: after so many deaths the broker takes it away. Those that were
    with it on the process when it died are not taken away with it."""
    event = _event(tenants.STAFF_CHANGED.type, run.company.id, _outdated(run))
    run.site.platform.stop(service)
    run.site.revive(service, KEFU_DEADLY_EVENT=event["id"])
    run.site.put(service, event)
    deaths = 0
    while not _letters(run.site, run.company.id, event["id"], service):
        if not run.site.platform.runs(service):
            run.site.platform.await_death(service)
            deaths += 1
            assert deaths <= DELIVERY_LIMIT + 1, "the broker never takes it away"
            with suppress(RuntimeError):  # it may be dead again before it says that it is ready
                run.site.revive(service, KEFU_DEADLY_EVENT=event["id"])
        time.sleep(0.1)
    if not run.site.platform.runs(service):  # taken away at its last death, before it was started again
        run.site.platform.await_death(service)
        run.site.revive(service)
    yield
    run.notes.append(f"{deaths} deaths")
    run.dead = 1


@contextmanager
def queued(run: Run, *, service: str, count: int) -> Iterator[None]:
    """So many events have gathered while the service was away; it works them off beside its callers."""
    site, outdated = run.site, _outdated(run)
    site.platform.kill(service)
    with closing(pika.BlockingConnection(pika.URLParameters(site.amqp_uri))) as connection:
        channel = connection.channel()
        for _ in range(count):
            give(channel, service, orjson.dumps(_event(tenants.STAFF_CHANGED.type, run.company.id, outdated)))
    site.revive(service)
    began = time.monotonic()
    yield
    run.settle_limit = 30 + count / 50
    wait_until(
        lambda: site.handled(service, "applied") >= count, limit=run.settle_limit, what="all worked off", every=1
    )
    run.notes.append(f"{count} worked off at {count / (time.monotonic() - began):.0f}/s")


def _event(type_: str, tenant_id: UUID, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": str(new_id()), "type": type_, "version": 1, "tenant_id": str(tenant_id),
        "occurred_at": datetime.now(UTC).isoformat(), "aggregate_id": str(new_id()), "data": data,
    }  # fmt: skip


def _outdated(run: Run) -> dict[str, Any]:
    """The member of staff as of before everything: applying it changes nothing."""
    return {"id": str(run.company.staff_id), "version": 0, "tenant_id": str(run.company.id)}


def _letters(site: Site, tenant_id: UUID, mark: str, service: str = "customers") -> int:
    """Dead letters with that text in them."""
    statement = select(EventRetry.body).where(EventRetry.tenant_id == tenant_id, EventRetry.state == DEAD)
    return sum(mark in row.body for row in site.read(service, statement))


def _tried(site: Site, event_id: str, times: int) -> bool:
    statement = select(EventRetry.attempts).where(EventRetry.message_id == UUID(event_id))
    return [row.attempts for row in site.read("customers", statement)] == [times]


def _hurry(site: Site, event_id: str) -> None:
    """Let the wait before its next try be over."""
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    site.change("customers", update(EventRetry).where(EventRetry.message_id == UUID(event_id)).values(next_at=long_ago))
