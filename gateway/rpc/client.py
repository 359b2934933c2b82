"""Calls to nameko services over one connection, from any number of threads.

A request is transient, `mandatory` and expires with its deadline; the stored reply on the other side makes repeating
it safe, so nothing here needs a confirm. The reply queue is the connection's own and goes with it: calls in flight when
the connection breaks end as UNAVAILABLE at once.
"""

from __future__ import annotations

import itertools
import queue
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from uuid import uuid4

import orjson
import pika
from pika.adapters.select_connection import SelectConnection
from pika.exceptions import AMQPError

from chassis import logs
from contracts.context import HEADER, Context
from contracts.problems import DEADLINE_EXCEEDED, INTERNAL, UNAVAILABLE, Problem
from gateway.rpc.circuit import Circuit
from gateway.rpc.watch import WAITED_SECONDS

log = logs.get(__name__)

EXCHANGE = "nameko-rpc"


class _Waiting(NamedTuple):
    """A call in flight; its inbox gets the reply, or None when there will be none."""

    service: str
    since: float
    inbox: queue.SimpleQueue[bytes | None]


class _Request(NamedTuple):
    routing_key: str
    properties: Any
    body: bytes


class RpcClient:
    """`call` a service and get its result or its Problem. Attach it to a `Connection`, which also gives it `soon`."""

    def __init__(self) -> None:
        self.soon: Callable[[Callable[[], None]], None] = lambda _callback: None
        self._channel: Any = None
        self._blocked = False
        self._tried = threading.Event()
        self._reply_key = ""
        self._numbers = itertools.count(1)
        self._waiting: dict[str, _Waiting] = {}
        self._requests: deque[_Request] = deque()
        self._wake = threading.Lock()
        self._circuits: defaultdict[str, Circuit] = defaultdict(Circuit)

    @property
    def ready(self) -> bool:
        """Whether calls can be sent now."""
        return self._channel is not None and not self._blocked

    def wait_for_first_attempt(self, limit: float) -> None:
        """Until calls can be sent or the first attempt to connect has failed, `limit` seconds at most."""
        self._tried.wait(limit)

    def call(self, service: str, method: str, payload: Mapping[str, Any], ctx: Context) -> Any:
        """What `service.method(payload)` answers.

        Raises the Problem the service answered with; UNAVAILABLE when nobody can take the call; DEADLINE_EXCEEDED when
        `ctx.deadline` passes first; INTERNAL when the service broke.
        """
        circuit = self._circuits[service]
        if not self.ready or not circuit.admits():
            raise UNAVAILABLE(service=service)
        number = f"{self._reply_key}.{next(self._numbers)}"
        seconds = _seconds_left(ctx)
        waiting = self._waiting[number] = _Waiting(service, time.monotonic(), queue.SimpleQueue())
        try:
            self._send(_Request(f"{service}.{method}", self._properties(number, seconds, ctx), _body(payload)))
            reply = waiting.inbox.get(timeout=seconds)
        except queue.Empty:
            circuit.unanswered()
            raise DEADLINE_EXCEEDED() from None
        finally:
            self._waiting.pop(number, None)
        if reply is None:
            raise UNAVAILABLE(service=service)
        circuit.answered()
        return _result(reply, f"{service}.{method}", ctx)

    def _properties(self, number: str, seconds: float, ctx: Context) -> Any:
        return pika.BasicProperties(
            content_type="application/json",
            content_encoding="utf-8",
            delivery_mode=1,
            correlation_id=number,
            reply_to=self._reply_key,
            expiration=str(max(1, int(seconds * 1000))),
            headers={HEADER: ctx.to_json()},
        )

    def _send(self, request: _Request) -> None:
        """Hand the request to the I/O thread; one wake-up serves all that queue up before it runs."""
        self._requests.append(request)
        if self._wake.acquire(blocking=False):
            self.soon(self._flush)

    # What follows runs in the I/O thread.

    def attach(self, connection: SelectConnection) -> None:
        self._reply_key = str(uuid4())
        connection.channel(on_open_callback=self._opened)

    def detach(self) -> None:
        self._channel, self._blocked = None, False
        self._tried.set()
        self._requests.clear()
        self._release()
        self._end_all()

    def block(self, blocked: bool) -> None:
        """The service is blocked as well: an answer that has not come will not come soon."""
        self._blocked = blocked
        if blocked:
            self._end_all()

    def _end_all(self) -> None:
        for waiting in list(self._waiting.values()):
            waiting.inbox.put(None)

    def _opened(self, channel: Any) -> None:
        name = f"rpc.reply-gateway-{self._reply_key}"
        channel.add_on_return_callback(self._returned)
        channel.add_on_close_callback(self._closed)
        # Each step is sent at once: the broker works them off in order, and `ready` waits for the last one.
        channel.exchange_declare(EXCHANGE, passive=True)  # declaring it is the relay's
        channel.queue_declare(name, exclusive=True, auto_delete=True)
        channel.queue_bind(name, EXCHANGE, self._reply_key)
        channel.basic_consume(name, self._replied, auto_ack=True, callback=lambda _frame: self._consuming(channel))

    def _consuming(self, channel: Any) -> None:
        self._channel = channel
        self._tried.set()

    def _closed(self, channel: Any, reason: object) -> None:
        """The broker closed the channel though the connection stands: open another by starting over."""
        if channel.connection.is_open:
            log.error("the broker closed the RPC channel", reason=repr(reason))
            channel.connection.close()

    def _flush(self) -> None:
        self._release()
        while self._requests and self._channel is not None:
            request = self._requests.popleft()
            try:
                self._channel.basic_publish(
                    EXCHANGE, request.routing_key, request.body, request.properties, mandatory=True
                )
            except AMQPError:
                self._deliver(request.properties.correlation_id, None)

    def _release(self) -> None:
        if self._wake.locked():
            self._wake.release()

    def _replied(self, _channel: Any, _method: Any, properties: Any, body: bytes) -> None:
        self._deliver(properties.correlation_id, body)

    def _returned(self, _channel: Any, _method: Any, properties: Any, _body: bytes) -> None:
        """NO_ROUTE: the service's queue is not there, so the service is not."""
        self._deliver(properties.correlation_id, None)

    def _deliver(self, number: str, reply: bytes | None) -> None:
        waiting = self._waiting.get(number)
        if waiting is not None:  # else nobody waits any more
            waiting.inbox.put(reply)

    def waited_for(self) -> set[str]:
        """The services that let a call wait for long."""
        return {waiting.service for waiting in self._long_waiting()}

    def gone(self, service: str) -> None:
        """Nobody answers for `service`: end the calls that have waited for long."""
        for waiting in self._long_waiting():
            if waiting.service == service:
                waiting.inbox.put(None)

    def _long_waiting(self) -> list[_Waiting]:
        before = time.monotonic() - WAITED_SECONDS
        return [waiting for waiting in list(self._waiting.values()) if waiting.since < before]


def _seconds_left(ctx: Context) -> float:
    seconds = (ctx.deadline or 0) - time.time()
    if seconds <= 0:
        raise DEADLINE_EXCEEDED()
    return seconds


def _body(payload: Mapping[str, Any]) -> bytes:
    return orjson.dumps({"args": [payload], "kwargs": {}})


def _result(reply: bytes, call: str, ctx: Context) -> Any:
    answer = orjson.loads(reply)
    error = answer.get("error")
    if error is None:
        return answer["result"]
    if error.get("exc_type") == "Problem":
        raise Problem.from_wire(error["exc_args"][0])
    log.error("a service broke", call=call, request_id=ctx.request_id, error=error.get("value"))
    raise INTERNAL(request_id=ctx.request_id)
