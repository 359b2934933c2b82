"""The stored reply: nine cases, each a call that comes again in another way (SPEC PL-12)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis import clock
from chassis.service import REPLIES_KEPT, forget
from contracts.problems import Problem
from tests.service.chassis.toy.client import context, result_of
from tests.service.chassis.toy.world import World


def make(world: World, tenant_id: UUID, name: str, key: str | None, actor: str = "s1") -> Any:
    with world.client() as client:
        return client.call("toy.create_thing", {"name": name}, context(tenant_id, key, actor=actor))


def things(world: World, tenant_id: UUID) -> int:
    return world.count("toy", "things", tenant_id)


def test_the_same_call_again_gets_the_first_reply(world: World) -> None:
    tenant = world.tenant()
    first = make(world, tenant, "one", "k")
    assert make(world, tenant, "one", "k") == first
    assert things(world, tenant) == 1


def test_another_request_under_the_same_key_is_refused(world: World) -> None:
    tenant = world.tenant()
    make(world, tenant, "one", "k")
    with pytest.raises(Problem, match="idempotency_key_reused"):
        make(world, tenant, "two", "k")
    assert things(world, tenant) == 1


def test_fifty_at_once_make_one(world: World) -> None:
    tenant = world.tenant()
    with world.client() as client:
        sent = [client.send("toy.create_thing", {"name": "one"}, context(tenant, "k")) for _ in range(50)]
        answers = client.collect(sent)
    assert len({result_of(answer)["id"] for answer in answers.values()}) == 1
    assert things(world, tenant) == 1


def test_another_caller_may_use_the_same_key(world: World) -> None:
    tenant = world.tenant()
    assert make(world, tenant, "one", "k", "s1")["id"] != make(world, tenant, "one", "k", "s2")["id"]


def test_another_tenant_may_use_the_same_key(world: World) -> None:
    one, two = world.tenant(), world.tenant()
    assert make(world, one, "one", "k")["id"] != make(world, two, "one", "k")["id"]


def test_a_refused_call_may_be_tried_again(world: World) -> None:
    tenant = world.tenant()
    for _ in range(2):
        with pytest.raises(Problem, match="conflict"):
            make(world, tenant, "refused", "k")
    assert make(world, tenant, "mended", "k")["number"].endswith("-0001")


def test_without_a_key_every_call_counts(world: World) -> None:
    tenant = world.tenant()
    make(world, tenant, "one", None)
    make(world, tenant, "one", None)
    assert things(world, tenant) == 2


def test_a_key_is_forgotten_after_its_time(world: World) -> None:
    tenant = world.tenant()
    first = make(world, tenant, "one", "k")
    assert timedelta(hours=72) <= REPLIES_KEPT
    with world.database("toy").begin(None, system=True) as session:
        forget(session, clock.now() + REPLIES_KEPT + timedelta(seconds=1))
    assert make(world, tenant, "one", "k")["id"] != first["id"]


@pytest.mark.faults
@pytest.mark.parametrize("fresh", ["postgresql"], indirect=True)
@pytest.mark.parametrize("point", ["before_commit", "after_commit", "after_reply"])
def test_a_call_cut_off_is_carried_out_once(fresh: World, point: str) -> None:
    tenant, key = fresh.tenant(), str(uuid4())
    name = fresh.serve("toy", **fresh.fault(point))
    with fresh.client() as client:
        sent = client.send("toy.create_thing", {"name": "one"}, context(tenant, key))
        fresh.ended(name)
        if point == "after_reply":
            first = result_of(client.collect([sent])[sent])
    fresh.serve("toy")
    second = make(fresh, tenant, "one", key)
    assert things(fresh, tenant) == 1
    if point == "after_reply":
        assert second == first
