"""The RPC client against a real broker and a service in nameko's wire protocol."""

from __future__ import annotations

import gc
import socket
import threading
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pika
import psutil
import pytest

from contracts.context import Actor, Context
from contracts.core import Event
from contracts.fields import Reply
from contracts.problems import CONFLICT, DEADLINE_EXCEEDED, INTERNAL, UNAVAILABLE, Problem
from gateway.rpc import Connection, Feed, RpcClient, Watch
from gateway.rpc.circuit import FAILURES
from gateway.rpc.connection import BLOCKED_SECONDS
from gateway.rpc.watch import LOOK_EVERY_SECONDS
from kefu.broker import PrivateBroker
from kefu.waiting import wait_until
from tests.unit.gateway.toy import Silence, ToyService


def _ctx(seconds: float = 5.0) -> Context:
    return Context(actor=Actor(kind="key", id="k1", name="POS"), deadline=time.time() + seconds, request_id="r1")


@contextmanager
def _client(uri: str, *more: Any) -> Iterator[RpcClient]:
    client = RpcClient()
    connection = Connection(uri, [client, Watch(client.waited_for, client.gone), *more])
    client.soon = connection.soon
    connection.start()
    try:
        wait_until(lambda: client.ready, limit=10, what="the client is connected")
        yield client
    finally:
        connection.stop()


@pytest.fixture
def client(amqp_uri: str) -> Iterator[RpcClient]:
    with _client(amqp_uri) as connected:
        yield connected


def test_a_call_gets_its_result_and_speaks_the_wire_protocol(client: RpcClient, amqp_uri: str) -> None:
    with ToyService(amqp_uri, "toy", {"double": lambda data, _: {"twice": data["n"] * 2}}) as toy:
        assert client.call("toy", "double", {"n": 21}, _ctx()) == {"twice": 42}
    _name, payload, properties = toy.seen[0]
    assert payload == {"n": 21}
    assert properties.content_type == "application/json"
    assert properties.delivery_mode == 1
    assert 0 < int(properties.expiration) <= 5000
    assert Context.from_json(properties.headers["nameko.kefu"]).actor.name == "POS"


def test_many_threads_get_each_their_own_answer(client: RpcClient, amqp_uri: str) -> None:
    with ToyService(amqp_uri, "toy", {"echo": lambda data, _: data["n"]}), ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: client.call("toy", "echo", {"n": n}, _ctx()), range(400)))
    assert answers == list(range(400))


def test_a_problem_crosses_and_anything_else_is_internal(client: RpcClient, amqp_uri: str) -> None:
    def refuse(data: Any, _: str) -> None:
        raise CONFLICT(reason="closed already")

    with ToyService(amqp_uri, "toy", {"refuse": refuse, "break": lambda *_: 1 // 0}):
        with pytest.raises(Problem) as conflict:
            client.call("toy", "refuse", {}, _ctx())
        with pytest.raises(Problem) as broken:
            client.call("toy", "break", {}, _ctx())
    assert (conflict.value.code, conflict.value.status) == (CONFLICT.code, 409)
    assert conflict.value.params == {"reason": "closed already"}
    assert broken.value.code == INTERNAL.code
    assert broken.value.params == {"request_id": "r1"}


def test_a_service_that_is_not_there_is_unavailable_at_once(client: RpcClient) -> None:
    began = time.monotonic()
    with pytest.raises(Problem) as problem:
        client.call("nobody", "anything", {}, _ctx(30))
    assert problem.value.code == UNAVAILABLE.code
    assert problem.value.params == {"service": "nobody"}
    assert time.monotonic() - began < 10


def test_a_call_ends_at_its_deadline_and_the_circuit_opens(client: RpcClient, amqp_uri: str) -> None:
    def hang(data: Any, _: str) -> None:
        raise Silence

    with ToyService(amqp_uri, "toy", {"hang": hang}) as toy:
        for _ in range(FAILURES):
            with pytest.raises(Problem) as late:
                client.call("toy", "hang", {}, _ctx(0.05))
            assert late.value.code == DEADLINE_EXCEEDED.code
        asked = len(toy.seen)
        with pytest.raises(Problem) as refused:
            client.call("toy", "hang", {}, _ctx(30))
        assert refused.value.code == UNAVAILABLE.code
        assert len(toy.seen) == asked


def test_a_service_that_dies_during_a_call_is_noticed(client: RpcClient, amqp_uri: str) -> None:
    """Twice, because the broker closes the channel that asks after a queue that is not there."""
    admin = pika.BlockingConnection(pika.URLParameters(amqp_uri))
    for _ in range(2):
        entered = threading.Event()

        def hang(data: Any, _: str, entered: threading.Event = entered) -> None:
            entered.set()
            raise Silence

        with ToyService(amqp_uri, "mortal", {"hang": hang}), ThreadPoolExecutor(1) as pool:
            call = pool.submit(client.call, "mortal", "hang", {}, _ctx(60))
            assert entered.wait(10)
            admin.channel().queue_delete("rpc-mortal")
            with pytest.raises(Problem, match=UNAVAILABLE.code):
                call.result(20)
    admin.close()


def test_a_queue_nobody_reads_is_noticed(client: RpcClient, amqp_uri: str) -> None:
    admin = pika.BlockingConnection(pika.URLParameters(amqp_uri))
    channel = admin.channel()
    channel.queue_declare("rpc-orphan", exclusive=True)
    channel.queue_bind("rpc-orphan", "nameko-rpc", "orphan.*")
    with pytest.raises(Problem, match=UNAVAILABLE.code):
        client.call("orphan", "anything", {}, _ctx(60))
    admin.close()


def test_a_slow_answer_is_waited_for(client: RpcClient, amqp_uri: str) -> None:
    def slow(data: Any, _: str) -> int:
        wait_until(lambda: client.waited_for() == {"toy"}, limit=10, what="the call has waited for long")
        threading.Event().wait(3 * LOOK_EVERY_SECONDS)  # the watch has looked meanwhile
        return 7

    with ToyService(amqp_uri, "toy", {"slow": slow}):
        assert client.call("toy", "slow", {}, _ctx(30)) == 7


def test_a_deadline_already_past_is_not_sent(client: RpcClient, amqp_uri: str) -> None:
    with ToyService(amqp_uri, "toy", {"echo": lambda d, _: d}) as toy:
        with pytest.raises(Problem, match=DEADLINE_EXCEEDED.code):
            client.call("toy", "echo", {}, _ctx(-1))
        client.call("toy", "echo", {}, _ctx())
        assert len(toy.seen) == 1


def test_calls_in_flight_end_when_the_connection_is_cut_and_it_mends_itself(
    private_broker: PrivateBroker, client: RpcClient, amqp_uri: str
) -> None:
    entered = threading.Event()

    def slow(data: Any, _: str) -> None:
        entered.set()
        raise Silence

    with ToyService(amqp_uri, "toy", {"slow": slow, "echo": lambda d, _: d["n"]}), ThreadPoolExecutor(1) as pool:
        call = pool.submit(client.call, "toy", "slow", {}, _ctx(30))
        assert entered.wait(10)
        _cut(private_broker, "kefu gateway")
        with pytest.raises(Problem, match=UNAVAILABLE.code):
            call.result(10)
        wait_until(lambda: client.ready, limit=15, what="the client is connected again")
        assert client.call("toy", "echo", {"n": 7}, _ctx()) == 7


def _cut(broker: PrivateBroker, name: str) -> None:
    lines = broker.ctl("list_connections", "pid", "client_properties").splitlines()
    pids = [line.split("\t")[0] for line in lines if name in line]
    assert pids
    for pid in pids:
        broker.ctl("close_connection", pid, "a test")


def test_without_a_broker_a_call_is_unavailable_at_once() -> None:
    client = RpcClient()
    connection = Connection("amqp://guest:guest@127.0.0.1:1/", [client])
    client.soon = connection.soon
    connection.start()
    try:
        with pytest.raises(Problem, match=UNAVAILABLE.code):
            client.call("toy", "echo", {}, _ctx(30))
    finally:
        connection.stop()


def test_stopping_while_it_connects_closes_the_socket() -> None:
    """Left to the garbage collector, the socket of an attempt that hangs would be one more leak at each stop."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        with socket.create_connection(full.getsockname()):  # fills the backlog: the next attempt gets no answer
            connection = Connection(f"amqp://guest:guest@127.0.0.1:{full.getsockname()[1]}/", [])
            connection.start()
            wait_until(lambda: _connecting(full.getsockname()), limit=10, what="it tries to connect")
            with warnings.catch_warnings(record=True) as leaks:
                warnings.simplefilter("always", ResourceWarning)
                connection.stop()
                gc.collect()
    assert not leaks


def _connecting(address: tuple[str, int]) -> bool:
    return any(c.raddr == address and c.status == "SYN_SENT" for c in psutil.Process().net_connections("tcp4"))


def test_a_broker_that_blocks_publishers_makes_calls_unavailable(
    private_broker: PrivateBroker, client: RpcClient, amqp_uri: str
) -> None:
    with ToyService(amqp_uri, "toy", {"echo": lambda d, _: d["n"]}):
        with private_broker.disk_alarm():
            began = time.monotonic()
            with pytest.raises(Problem) as first:
                client.call("toy", "echo", {"n": 1}, _ctx(8))
            assert first.value.code == UNAVAILABLE.code
            assert time.monotonic() - began < BLOCKED_SECONDS, "it waited for the blocked connection to be given up"
        wait_until(lambda: client.ready, limit=15, what="the client is connected again")
        assert client.call("toy", "echo", {"n": 7}, _ctx()) == 7


def test_the_feed_hears_events_and_tells_when_it_begins(amqp_uri: str) -> None:
    heard: list[tuple[str, bytes]] = []
    began = threading.Event()
    events = [Event(service="toy", type=t, aggregate="thing", payload=Reply) for t in ("thing.changed", "thing.gone")]
    with _client(amqp_uri, Feed(events, heard=lambda *told: heard.append(told), began=began.set)):
        assert began.wait(10)
        publisher = pika.BlockingConnection(pika.URLParameters(amqp_uri))
        for key in ("thing.other", "thing.changed", "thing.gone"):
            publisher.channel().basic_publish("toy.events", key, b"{}")
        wait_until(lambda: len(heard) == 2, limit=10, what="both events are heard")
        publisher.close()
    assert heard == [("thing.changed", b"{}"), ("thing.gone", b"{}")]
