"""The RPC door: what a stranger may send, what a caller hears, how a process ends."""

from __future__ import annotations

import time
from contextlib import closing
from uuid import UUID

import pika
import pytest

from contracts.context import HEADER
from contracts.problems import Problem
from tests.service.chassis.toy.client import context, result_of
from tests.service.chassis.toy.world import World, tenant_document
from tests.unit.gateway.toy import ToyService as Responder

HEADERS = {HEADER: context(UUID(int=1)).to_json()}


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"no json", HEADERS),
        (b"[1]", HEADERS),
        (b'{"args": [5], "kwargs": {}}', HEADERS),
        (b'{"args": [{}], "kwargs": {}}', {}),
        (b'{"args": [{}], "kwargs": {}}', {HEADER: "no context"}),
        (b'{"args": [{}], "kwargs": {}}', {HEADER: '{"tenant": 7}'}),
        (b"\xff\x00", HEADERS),
    ],
)
def test_a_malformed_request_is_refused(world: World, body: bytes, headers: dict[str, str]) -> None:
    with world.client() as client:
        sent = client.send_raw("toy.create_thing", body, headers)
        assert client.collect([sent])[sent]["error"]["exc_type"] == "MalformedRequest"


def test_a_request_without_an_address_for_the_answer_is_dropped(world: World) -> None:
    with world.client() as client:
        client.send_raw("toy.create_thing", b"no json", {}, reply_to=None, correlation_id=None)
        client.send_raw("toy.create_thing", b"", {}, reply_to="nobody")
    assert world.create(world.tenant(), "one")["version"] == 1


def test_an_answer_never_goes_where_only_services_may_speak(world: World) -> None:
    with closing(pika.BlockingConnection(pika.URLParameters(world.amqp_uri))) as connection, world.client() as client:
        channel = connection.channel()
        queue = channel.queue_declare("", exclusive=True).method.queue
        channel.queue_bind(queue, "nameko-rpc", "victim.*")
        client.send_raw("toy.create_thing", b"no json", HEADERS, reply_to="victim.delete_everything")
        assert world.create(world.tenant(), "one")["version"] == 1  # which the toy took after the other
        assert channel.basic_get(queue) == (None, None, None)


def test_an_unknown_operation_is_refused(world: World) -> None:
    with world.client() as client:
        sent = client.send("toy.no_such_thing", {}, context(UUID(int=1)))
        assert "has no operation" in client.collect([sent])[sent]["error"]["value"]


@pytest.mark.parametrize(
    ("payload", "code"),
    [({"name": "x" * 30}, "invalid_request"), ({"name": "x", "more": 1}, "invalid_request"), ({}, "invalid_request")],
)
def test_a_bad_field_is_named(world: World, payload: dict[str, object], code: str) -> None:
    with world.client() as client, pytest.raises(Problem) as caught:
        client.call("toy.create_thing", payload, context(world.tenant()))
    assert caught.value.code == code
    assert caught.value.errors[0]["field"] in {"name", "more"}


def test_a_bad_id_is_named(world: World) -> None:
    with world.client() as client, pytest.raises(Problem) as caught:
        client.call("toy.get_thing", {"thing_id": "no-uuid"}, context(world.tenant()))
    assert caught.value.errors[0]["field"] == "thing_id"


def test_a_constraint_refuses_without_naming_values(world: World) -> None:
    tenant = world.tenant()
    world.create(tenant, "unique-secret")
    with pytest.raises(Problem, match="conflict"):
        world.create(tenant, "unique-secret")
    assert "unique-secret" not in world.log("toy+echo").read_text()


def test_permission_and_deadline_are_checked(world: World) -> None:
    tenant = world.tenant()
    with world.client() as client:
        with pytest.raises(Problem, match="forbidden"):
            client.call("toy.create_thing", {"name": "one"}, context(tenant, permissions="toy.read"))
        with pytest.raises(Problem, match="deadline_exceeded"):
            client.call("toy.create_thing", {"name": "one"}, context(tenant).with_(deadline=time.time() - 1))
        with pytest.raises(Problem, match="service_not_enabled"):
            client.call("toy.create_thing", {"name": "one"}, context(world.tenant(services=("echo",))))


def test_another_tenants_row_is_not_found(world: World) -> None:
    thing = world.create(world.tenant(), "one")
    with world.client() as client, pytest.raises(Problem, match="not_found"):
        client.call("toy.get_thing", {"thing_id": thing["id"]}, context(world.tenant()))


def test_a_tenant_never_heard_of_is_fetched(world: World) -> None:
    tenant = world.tenant(known_to=())
    with pytest.raises(Problem, match="service_unavailable"):
        world.create(tenant, "one")
    snapshot = {"tenants": [tenant_document(tenant, ("toy",))], "policies": [], "org_units": [], "staff": []}
    with Responder(world.amqp_uri, "tenants", {"snapshot": lambda _payload, _context: snapshot}):
        assert world.create(tenant, "one")["number"].endswith("-0001")


@pytest.mark.faults
@pytest.mark.parametrize("fresh", ["sqlite"], indirect=True)
def test_sigterm_ends_in_time_and_answers_what_was_begun(fresh: World) -> None:
    tenant = fresh.tenant()
    name = fresh.serve("toy")
    with fresh.client() as client:
        sent = [client.send("toy.slow_thing", {"name": f"slow {n}"}, context(tenant, f"k{n}")) for n in range(9)]
        client.call("toy.create_thing", {"name": "one"}, context(tenant))  # answered: the nine before it have begun
        assert fresh.count("toy", "things", tenant) == 1
        fresh.terminate(name)
        begun = time.monotonic()
        assert fresh.ended(name) == 0
        assert time.monotonic() - begun < 10
        answers = client.collect(sent)
    assert all(result_of(answer)["id"] for answer in answers.values())
    assert fresh.count("toy", "things", tenant) == 10
