"""Outbox, relay and inbox: what was committed is applied once, whoever dies on the way (SPEC PL-12)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import orjson
import pika
import pytest

from chassis.ids import NIL
from tests.service.chassis.toy.client import context, result_of
from tests.service.chassis.toy.world import World, envelope


def test_an_event_reaches_its_subscriber_once(world: World) -> None:
    tenant = world.tenant()
    for _ in range(20):
        world.create(tenant, "one")
    world.wait(lambda: world.seen(tenant) == 40, what="40 events applied")
    assert world.seen(tenant, "made") == 20
    assert world.count("echo", "inbox", tenant) == 40
    world.wait(lambda: world.count("toy", "outbox", tenant) == 0, what="the outbox is empty")


def test_an_event_tells_who_did_what_when_for_whom(world: World) -> None:
    tenant = world.tenant()
    with pika.BlockingConnection(pika.URLParameters(world.amqp_uri)) as connection:
        channel = connection.channel()
        queue = channel.queue_declare("", exclusive=True).method.queue
        channel.queue_bind(queue, "toy.events", "thing.made")
        thing = world.create(tenant, "one")
        message = next(channel.consume(queue, auto_ack=True, inactivity_timeout=10))
    properties, event = message[1], orjson.loads(message[2])
    assert (event["type"], event["version"], event["tenant_id"]) == ("thing.made", 1, str(tenant))
    assert event["aggregate_id"] == thing["id"]
    assert event["actor"] == {"kind": "staff", "id": "s1", "name": "Li"}
    assert event["data"] == {"id": thing["id"], "name": "one"}
    assert {"request_id", "trace_id", "occurred_at"} <= event.keys()
    assert (properties.delivery_mode, properties.message_id) == (2, event["id"])


def test_an_event_delivered_twice_is_applied_once(world: World) -> None:
    tenant = world.tenant()
    event, last = envelope(tenant), envelope(tenant)
    for message in (event, event, last):
        world.publish(message)
    world.wait(lambda: world.seen(tenant) >= 2, what="both events applied")
    world.wait(lambda: world.count("echo", "inbox", tenant) == 2, what="both events noted")
    assert world.seen(tenant) == 2


def test_a_tenant_without_the_service_is_left_alone(world: World) -> None:
    tenant, other = world.tenant(services=("toy",)), world.tenant()
    world.create(tenant, "one")
    world.create(other, "one")
    world.wait(lambda: world.seen(other) == 2, what="the other tenant's events applied")
    assert world.seen(tenant) == 0


def test_an_event_nobody_asks_for_any_more_is_let_go(world: World) -> None:
    tenant = world.tenant()
    world.publish(envelope(tenant, "thing.lost"))
    world.publish(envelope(tenant))
    world.wait(lambda: world.seen(tenant) == 1, what="the next event applied")
    assert 'kefu_events_total{outcome="ignored",service="echo",type="unknown"}' in world.metrics("toy+echo")


def test_what_cannot_be_read_becomes_a_dead_letter(world: World) -> None:
    mark = uuid4().hex
    world.publish(f"no event {mark} \0".encode() + b"\xff")
    found = f"SELECT state, error FROM event_retries WHERE body LIKE '%{mark}%'"
    world.wait(lambda: world.ask("echo", found), what="the dead letter is kept")
    assert world.ask("echo", found)[0][0] == "dead"
    assert world.count("echo", "event_retries", NIL) >= 1
    world.wait(
        lambda: 'kefu_dead_letters{service="echo"} 0' not in world.metrics("toy+echo"), what="the gauge shows it"
    )


def test_later_events_wait_behind_a_failed_one_and_others_do_not(world: World) -> None:
    tenant = world.tenant()
    world.broken_file.touch()
    try:
        broken = world.create(tenant, "broken")["id"]
        world.wait(lambda: world.count("echo", "event_retries", tenant) == 2, what="both its events wait")
        world.create(tenant, "one")
        world.wait(lambda: world.seen(tenant) == 2, what="the other's events are applied")
    finally:
        world.broken_file.unlink()
    world.wait(lambda: world.seen(tenant) == 4, what="the failed one is applied after all")
    text = broken.replace("-", "") if world.sqlite else broken
    order = world.ask("echo", f"SELECT event FROM seen WHERE thing_id = '{text}' ORDER BY id")
    assert [event for (event,) in order] == ["made", "named"]
    world.wait(lambda: world.count("echo", "event_retries", tenant) == 0, what="nothing waits any more")


def test_events_that_wait_are_applied_together(fresh: World) -> None:
    """One transaction for many: rows of one transaction have its time in common. A copy in between is no second."""
    tenant, other = fresh.tenant(), fresh.tenant()
    events = [envelope(tenant) for _ in range(40)]
    for event in [*events, events[7], envelope(other), events[7]]:
        fresh.publish(event)
    fresh.serve("echo")
    fresh.wait(lambda: fresh.seen(tenant) >= 40 and fresh.seen(other) >= 1, what="all events applied")
    assert fresh.count("echo", "inbox", tenant) == fresh.seen(tenant) == 40
    times = {row for (row,) in fresh.ask("echo", "SELECT applied_at FROM inbox")}
    assert len(times) < 20


def test_a_bad_event_harms_no_other_of_its_batch(fresh: World) -> None:
    tenant = fresh.tenant()
    fresh.broken_file.touch()
    for name in ("one", "one", "broken", "one"):
        fresh.publish(envelope(tenant, name=name))
    fresh.serve("echo")
    fresh.wait(lambda: fresh.seen(tenant) == 3, what="the others are applied")
    fresh.wait(lambda: fresh.count("echo", "event_retries", tenant) == 1, what="the bad one waits")
    assert fresh.count("echo", "inbox", tenant) == 3
    fresh.broken_file.unlink()
    fresh.wait(lambda: fresh.seen(tenant) == 4, what="it is applied after all")
    assert fresh.count("echo", "inbox", tenant) == 4


@pytest.mark.faults
@pytest.mark.parametrize("fresh", ["sqlite"], indirect=True)
def test_an_event_does_not_wait_for_a_clock_that_was_set_back(fresh: World) -> None:
    tenant = fresh.tenant()
    fresh.serve()
    fresh.move_clock(3600)
    fresh.create(tenant, "one")
    fresh.move_clock(0)
    fresh.relay()
    fresh.wait(lambda: fresh.seen(tenant) == 2, what="both events applied")


@pytest.mark.faults
def test_an_event_survives_its_service(fresh: World) -> None:
    """Killed between commit and relay; the relay itself killed between publishing and recording it; the subscriber
    killed between commit and acknowledgement."""
    tenant, key = fresh.tenant(), str(uuid4())
    toy = fresh.serve("toy", **fresh.fault("after_commit"))
    with fresh.client() as client:
        client.send("toy.create_thing", {"name": "one"}, context(tenant, key))
        fresh.ended(toy)
    relay = fresh.relay(ready=False, **fresh.fault("after_publish.toy"))
    fresh.ended(relay)
    fresh.relay(ready=False)
    echo = fresh.serve("echo", ready=False, **fresh.fault("after_event_commit"))
    fresh.ended(echo, limit=30)
    fresh.serve("echo", ready=False)
    fresh.wait(lambda: fresh.seen(tenant) >= 2, what="both events applied")
    fresh.wait(lambda: fresh.count("toy", "outbox", tenant) == 0, what="the outbox is empty")
    assert (fresh.seen(tenant, "made"), fresh.seen(tenant, "named")) == (1, 1)


@pytest.mark.faults
@pytest.mark.parametrize("fresh", ["postgresql"], indirect=True)
def test_of_two_relays_one_works_and_the_other_takes_over(fresh: World) -> None:
    tenant = fresh.tenant()
    fresh.serve()
    relays = [fresh.relay(label=label) for label in ("relay-a", "relay-b")]
    _create_many(fresh, tenant, 20)
    fresh.wait(lambda: fresh.seen(tenant) == 40, what="40 events applied")
    published = {name: _published(fresh, name) for name in relays}
    assert sorted(published.values()) == [0, 40]
    fresh.kill(max(published, key=lambda name: published[name]))
    _create_many(fresh, tenant, 20)
    fresh.wait(lambda: fresh.seen(tenant) == 80, what="80 events applied")


@pytest.mark.faults
@pytest.mark.parametrize("fresh", ["postgresql"], indirect=True)
def test_one_that_ends_hands_on_what_it_has_in_order(fresh: World) -> None:
    """The broker gives the next events to the next instance as soon as this one lets go: so it lets go last."""
    tenant, names = fresh.tenant(), [f"thing-{n:02d}" for n in range(60)]
    fresh.serve("toy")
    fresh.relay()
    ending = fresh.serve("echo", label="echo-a")
    fresh.create(tenant, names[0])
    fresh.wait(lambda: fresh.seen(tenant) == 2, what="it has begun, and takes many from now on")
    with fresh.held("echo", "seen"):
        for name in names[1:]:
            fresh.create(tenant, name)
        fresh.wait(lambda: fresh.count("toy", "outbox", tenant) == 0, what="all told")
        fresh.wait(lambda: fresh.waiting("echo"), what="some are being applied")
        fresh.serve("echo", label="echo-b")
        fresh.terminate(ending)
        fresh.wait(lambda: "stopping" in fresh.log(ending).read_text(), what="it was told to end")
    assert fresh.ended(ending) == 0
    fresh.wait(lambda: fresh.seen(tenant) == 2 * len(names), what="every event applied")
    applied = fresh.ask("echo", f"SELECT name FROM seen WHERE tenant_id = '{tenant}' AND event = 'made' ORDER BY id")
    assert [name for (name,) in applied] == names


def _create_many(world: World, tenant: Any, count: int) -> None:
    with world.client() as client:
        sent = [client.send("toy.create_thing", {"name": "one"}, context(tenant)) for _ in range(count)]
        for answer in client.collect(sent).values():
            result_of(answer)


def _published(world: World, relay: str) -> int:
    lines = [line for line in world.metrics(relay).splitlines() if line.startswith("kefu_relay_published_total{")]
    return sum(int(float(line.rpartition(" ")[2])) for line in lines if 'service="toy"' in line)
