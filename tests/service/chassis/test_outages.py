"""Broker and database go away and come back: callers hear of it, nothing is lost, nothing leaks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest

from chassis.ids import new_id
from chassis.work import Work
from contracts.problems import Problem
from kefu.broker import PrivateBroker
from kefu.postgres import PrivatePostgres
from tests.service.chassis.toy import contract
from tests.service.chassis.toy.client import context, result_of
from tests.service.chassis.toy.world import World

pytestmark = pytest.mark.faults
TERMINATE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'kefu-%'"


@pytest.fixture(scope="module")
def running(new_world: Callable[[str], World]) -> Iterator[World]:
    world = new_world("postgresql")
    world.serve()
    world.relay()
    yield world
    world.close()


def create_many(world: World, tenant: UUID, count: int) -> None:
    with world.client() as client:
        sent = [client.send("toy.create_thing", {"name": "one"}, context(tenant)) for _ in range(count)]
        try:
            answers = client.collect(sent)
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{world.tails()}") from None
        for answer in answers.values():
            result_of(answer)


def test_a_process_that_notices_the_loss_by_sending_connects_again(running: World) -> None:
    """kombu makes a new connection unasked then, on which nobody consumes."""
    tenant = running.tenant()
    running.create(tenant, "cut off")
    running.wait(lambda: "lost" in running.tails(), what="the loss is noticed")
    assert running.create(tenant, "one")["version"] == 1
    running.wait(lambda: running.seen(tenant) == 4, what="all events applied")


def test_cut_connections_are_not_noticed(running: World) -> None:
    tenant = running.tenant()
    create_many(running, tenant, 30)  # every connection of the pool is open
    for service in ("toy", "echo"):
        running.ask(service, f"{TERMINATE} AND datname = current_database()")
    create_many(running, tenant, 30)
    running.wait(lambda: running.seen(tenant) == 120, what="all events applied")


def test_an_absent_database_is_told_and_waited_out(running: World, private_postgres: PrivatePostgres) -> None:
    tenant = running.tenant()
    with down(private_postgres):
        for _ in range(15):  # more than there are connections: none is lost on the way
            with pytest.raises(Problem, match="service_unavailable"):
                running.create(tenant, "one")
        running.wait(lambda: not running._ready("toy+echo"), what="not ready")
        assert running.health("toy+echo") == 200
    running.wait_ready("toy+echo")
    create_many(running, tenant, 30)
    running.wait(lambda: running.seen(tenant) == 60, what="all events applied")


@contextmanager
def down(postgres: PrivatePostgres) -> Iterator[None]:
    postgres.stop()
    try:
        yield
    finally:
        postgres.start()


def test_an_absent_broker_is_waited_out(new_world: Callable[[str], World], private_broker: PrivateBroker) -> None:
    """What is committed meanwhile is published after; what starts meanwhile waits; what stops meanwhile ends."""
    world = new_world("sqlite")
    tenant = world.tenant()
    world.serve("echo", ready=False)
    relay = world.relay()
    world.wait_ready("echo")
    private_broker.stop()
    try:
        _commit_event(world, tenant)
        world.wait(
            lambda: 'kefu_outbox_pending{service="toy"} 1.0' in world.metrics(relay), what="the outbox is measured"
        )
        late = world.serve("toy", ready=False)
        world.wait(lambda: "waiting for the broker" in world.log(late).read_text(), what="toy waits")
        assert world.health(late) == 200
        assert world.stop(relay) == 0
    finally:
        private_broker.start()
    world.relay(ready=False)
    world.wait_ready(late)
    world.wait(lambda: world.seen(tenant) == 1, what="the event is applied")
    assert world.create(tenant, "one")["version"] == 1


def _commit_event(world: World, tenant: UUID) -> None:
    thing_id = new_id()
    with Work(world.database("toy")).begin(context(tenant)) as tx:
        tx.emit(contract.THING_MADE, thing_id, {"id": thing_id, "name": "one"})
