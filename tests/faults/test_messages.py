"""Messages that come twice, that nobody can read, that no handler can digest; keys that come fifty times."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any
from uuid import UUID, uuid4

import httpx
import pika
import pytest
from sqlalchemy import select, update

from chassis import clock, topology
from chassis.delivery import DEAD, LADDER
from chassis.ids import NIL, new_id
from chassis.tables import EventRetry
from contracts import complaints
from kefu.waiting import wait_until
from tests.faults.history import Outcome, Write
from tests.faults.runs import Run, under_load
from tests.faults.site import Site
from tests.faults.workload import COMPLAINT

pytestmark = [pytest.mark.faults, pytest.mark.clause("PL-12")]
AT_ONCE = 50
LIMIT = 20.0


def test_every_event_is_delivered_twice(site: Site) -> None:
    before = {service: site.handled(service, "duplicate") for service in ("customers", "notifications")}
    with under_load(site, "every event delivered twice") as run, _echoed(site, *before) as echoed:
        run.load.flow(40)
    for service, dropped in before.items():
        assert site.handled(service, "duplicate") > dropped, f"{service} got nothing twice ({len(echoed)} echoed)"


@contextmanager
def _echoed(site: Site, *services: str) -> Iterator[set[str]]:
    """Put every event of the complaints service once more into the queues of those of these services that follow it;
    yields the ids."""
    seen: set[str] = set()
    followed = {service: {handler.event.type for _, handler in topology.handlers(service)} for service in services}
    listening, stopping = threading.Event(), threading.Event()

    def echo() -> None:
        with closing(pika.BlockingConnection(pika.URLParameters(site.amqp_uri))) as connection:
            channel = connection.channel()
            queue = channel.queue_declare("", exclusive=True).method.queue
            channel.queue_bind(queue, complaints.COMPLAINT_OPENED.exchange, "#")
            listening.set()
            for method, properties, body in channel.consume(queue, auto_ack=True, inactivity_timeout=0.2):
                if properties is not None:
                    seen.add(properties.message_id)
                    for service in (s for s in services if method.routing_key in followed[s]):
                        channel.basic_publish("", f"evt-{service}", body, properties)
                elif stopping.is_set():
                    return

    thread = threading.Thread(target=echo, daemon=True)
    thread.start()
    assert listening.wait(LIMIT)
    try:
        yield seen
    finally:
        stopping.set()
        thread.join(LIMIT)


def test_poison_ends_as_one_dead_letter_each(site: Site) -> None:
    """No JSON, and an event whose handler raises every time: after the last step of the ladder each is a dead letter,
    and everything else went on."""
    mark, event_id = f"no event {uuid4()}", new_id()
    with under_load(site, "poison: bad JSON, handler that raises", dead=1) as run:
        site.put("customers", mark.encode(), _indigestible(run.all_services.id, event_id))
        wait_until(lambda: _letters(site, NIL, mark), limit=LIMIT, what="the unreadable one is put aside")
        for tries in range(1, len(LADDER) + 1):
            _await_try(site, event_id, tries)
            _hurry(site, event_id)
        wait_until(lambda: _letters(site, run.all_services.id, str(event_id)), limit=LIMIT, what="it is dead")
    assert _letters(site, NIL, mark) == 1


def _indigestible(tenant_id: UUID, event_id: UUID) -> dict[str, Any]:
    return {
        "id": str(event_id), "type": complaints.COMPLAINT_OPENED.type, "version": 1, "tenant_id": str(tenant_id),
        "occurred_at": "2026-11-02T09:00:00+00:00", "aggregate_id": str(new_id()), "data": {"complaint_id": "poison"},
    }  # fmt: skip


def _letters(site: Site, tenant_id: UUID, mark: str) -> int:
    """Dead letters with that text in them."""
    statement = select(EventRetry.body).where(EventRetry.tenant_id == tenant_id, EventRetry.state == DEAD)
    return sum(mark in row.body for row in site.read("customers", statement))


def _tries(site: Site, event_id: UUID) -> int:
    statement = select(EventRetry.attempts).where(EventRetry.message_id == event_id)
    return sum(row.attempts for row in site.read("customers", statement))


def _await_try(site: Site, event_id: UUID, number: int) -> None:
    wait_until(lambda: _tries(site, event_id) == number, limit=LIMIT, what=f"try {number}")


def _hurry(site: Site, event_id: UUID) -> None:
    """Let the wait before its next try be over."""
    due = update(EventRetry).where(EventRetry.message_id == event_id).values(next_at=clock.now())
    site.change("customers", due)


def test_one_key_fifty_times_at_once(site: Site) -> None:
    with under_load(site, f"one key {AT_ONCE} times at once") as run:
        answers = _at_once(run)
    made = [answer.json() for answer in answers if answer.status_code == 201]
    assert made
    assert all(reply == made[0] for reply in made), "one key got two replies"
    rest = {(answer.status_code, answer.json().get("code")) for answer in answers if answer.status_code != 201}
    assert rest <= {(409, "idempotency_key_in_use")}, rest


def _at_once(run: Run) -> list[httpx.Response]:
    company, key = run.all_services, f"fifty-{uuid4()}"
    body = {"channel": "phone", "content": key, "complainant": {"name": "王芳", "vehicle_plate": "粤B12345"}}
    gate = threading.Barrier(AT_ONCE)

    def call(_number: int) -> httpx.Response:
        gate.wait(LIMIT)
        return company.client.post("/v1/complaints", json=body, headers={"Idempotency-Key": key})

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(call, range(AT_ONCE)))
    run.load.history.add(Write(key, company.id, COMPLAINT, "/v1/complaints", body), Outcome.OK, 201, 0.0)
    return answers
