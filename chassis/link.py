"""A service process's one connection to the broker: everything it consumes and publishes goes over one channel.

nameko opens further connections to publish and confirms each reply; at a thousand calls a second that is most of its
cost. Replies need no confirm: they are transient, and a lost one is asked for again and answered from the stored reply.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any
from uuid import uuid4

import eventlet
from amqp import spec
from amqp.basic_message import Message as AmqpMessage
from eventlet.event import Event as Promise
from eventlet.semaphore import Semaphore
from kombu import Exchange, Queue
from kombu.message import Message
from nameko.exceptions import ContainerBeingKilled
from nameko.extensions import ProviderCollector, SharedExtension
from nameko.messaging import QueueConsumer

from chassis import logs

log = logs.get(__name__)

RPC_EXCHANGE = Exchange("nameko-rpc", type="topic", durable=True, no_declare=True)
"""`chassis.topology` declares it: a service has no right to, as who may declare an exchange may delete it."""
RECONNECT_PAUSE, MAX_RECONNECT_PAUSE = 0.5, 2.0
BROKER_ERRORS = (OSError, EOFError, ConnectionError)


class Link(QueueConsumer):  # type: ignore[misc]
    """nameko's queue consumer, with raw messages, its own channel to publish on and frames that never mix."""

    channel: Any = None
    turned_at: float = 0.0
    """Monotonic time of the consuming loop's last turn on an open connection: at least one a second."""

    def __init__(self) -> None:
        super().__init__()
        self._soon: deque[Callable[[], None]] = deque()
        self._taken_up: Any = None
        """The channel on which every queue is being consumed."""

    def get_consumers(self, consumer_cls: Callable[..., Any], channel: Any) -> list[Any]:
        _keep_frames_whole(channel.connection)
        self.channel = channel  # first: what comes with the first queue wants to be answered
        self.turned_at = time.monotonic()
        self._consumers = {}
        for provider in self._providers:
            consumer = consumer_cls(
                queues=[provider.consumed_queue()], on_message=partial(self.handle_message, provider), accept=None
            )
            consumer.qos(prefetch_count=provider.prefetch or self.prefetch_count)
            consumer.consume()  # now: a later qos would hold for it too
            self._consumers[provider] = consumer
        self._taken_up = channel
        # What is returned is cancelled before the connection is closed.
        return [consumer for provider, consumer in self._consumers.items() if not provider.in_order]

    @property
    def connected(self) -> bool:
        """Whether the connection to the broker is open and everything can be called."""
        return self._is_open and self._taken_up is self.channel

    @property
    def _is_open(self) -> bool:
        return self.channel is not None and self.channel.connection is not None and self.channel.connection.connected

    def soon(self, callback: Callable[[], None]) -> None:
        """Run `callback` in the consuming greenlet, which alone may wait for the broker's answers; within a second."""
        self._soon.append(callback)

    def hold(self, provider: Any, count: int) -> None:
        """Let the provider have that many messages in hand at once from now on. In the consuming greenlet only."""
        consumer = self._consumers[provider]
        consumer.cancel()
        consumer.qos(prefetch_count=count)
        consumer.consume()

    def _cancel_consumers_if_requested(self) -> None:
        """As nameko does; but a consumer in order is not cancelled: it goes with the connection, and what it holds goes
        back in the same moment."""
        for provider in [one for one in self._pending_remove_providers if one.in_order]:
            del self._consumers[provider]
            self._pending_remove_providers.pop(provider).send()
        super()._cancel_consumers_if_requested()

    def on_iteration(self) -> None:
        self.turned_at = time.monotonic()
        while self._soon:
            self._soon.popleft()()
        super().on_iteration()
        if not self._is_open:
            # Found out by sending. What comes next is kombu's `drain_events`, which would make a new connection by
            # itself, without a channel and without consumers, and listen there for ever.
            raise ConnectionError("the connection to the broker was lost")

    @contextmanager
    def establish_connection(self) -> Iterator[Any]:
        """Try again soon, and at least every two seconds: while we are away, every caller is refused."""
        with self.create_connection() as connection:
            connection.ensure_connection(
                self.on_connection_error, interval_start=RECONNECT_PAUSE, interval_step=RECONNECT_PAUSE,
                interval_max=MAX_RECONNECT_PAUSE,
            )  # fmt: skip
            yield connection

    def handle_message(self, provider: Any, message: Message) -> None:
        try:
            provider.handle_message(message)
        except Exception:
            # it would end the process, and the next one, and the one after that
            log.exception("message that nobody can handle put aside")
            self.settle(message, requeue=False)

    def publish(self, exchange: str, routing_key: str, body: bytes, **properties: Any) -> None:
        """Send one message, transient, unconfirmed. Raises one of `BROKER_ERRORS` when the connection is down."""
        if not self._is_open:
            raise ConnectionError("not connected to the broker")
        message = AmqpMessage(
            body, content_type="application/json", content_encoding="utf-8", delivery_mode=1, **properties
        )
        # Not basic_publish: it drains the socket first, which the consuming greenlet is already doing.
        self.channel.send_method(spec.Basic.Publish, "Bssbb", (0, exchange, routing_key, False, False), message)

    def settle(self, message: Message, *, requeue: bool | None = None) -> None:
        """Acknowledge the message; with `requeue` given, reject it instead. A dead connection needs neither: the broker
        gives the message out again."""
        try:
            if requeue is None:
                message.ack()
            else:
                message.reject(requeue=requeue)
        except Exception as error:  # noqa: BLE001  (whatever broke the connection)
            log.warning("message not settled, it will come again", error=repr(error))


def _keep_frames_whole(connection: Any) -> None:
    """Several greenlets send on this connection. A frame's write may yield when the socket is full; another greenlet
    must not write into the middle of it."""
    if getattr(connection, "kefu_guarded", False):
        return
    write, guard = connection.frame_writer, Semaphore()

    def guarded(*args: Any) -> Any:
        with guard:
            return write(*args)

    connection.frame_writer = guarded
    connection.kefu_guarded = True


class Door(SharedExtension, ProviderCollector):  # type: ignore[misc]
    """A consumed queue that several entrypoints share. It stops consuming when the last of them stops, so that a
    process that ends takes nothing new while it finishes what it has."""

    link = Link()
    stopping = False
    prefetch: int | None = None
    """Messages to hold at once; None: as many as there are workers."""
    in_order = False
    """Whether nobody else may be given a message while this process has earlier ones in hand."""

    def consumed_queue(self) -> Queue:
        """The queue to consume. A method, because nameko looks at every attribute before anything is set up."""
        raise NotImplementedError

    def __init__(self) -> None:
        super().__init__()
        self._leaving: set[Any] = set()
        self._unstarted = 0
        self._left = Promise()
        self._joined = False

    def register_provider(self, provider: Any) -> None:
        super().register_provider(provider)
        if not self._joined:
            self._joined = True
            self.link.register_provider(self)

    def unregister_provider(self, provider: Any) -> None:
        self._leaving.add(provider)
        if not self._providers - self._leaving:
            self.stopping = True
            self.finish()
            self.link.unregister_provider(self)
            while self._unstarted:
                eventlet.sleep(0.01)
            self._left.send(True)
        self._left.wait()
        super().unregister_provider(provider)

    def finish(self) -> None:
        """Wait for what must be done before the door is closed. `stopping` is set: nothing new is begun."""

    def spawn(self, entrypoint: Any, work: Any, messages: Sequence[Message], done: Callable[..., Any]) -> None:
        """Run the entrypoint's method with the `work` that came in `messages` in a worker, then `done(worker, result,
        exc_info)`.

        With all workers busy somebody waits for one: never the consuming greenlet, or its heartbeats would stop.
        """

        def start() -> None:
            try:
                self.container.spawn_worker(entrypoint, (work,), {}, handle_result=done)
            except ContainerBeingKilled:
                for message in messages:
                    self.link.settle(message, requeue=True)
            finally:
                self._unstarted -= 1

        self._unstarted += 1
        if self.container._worker_pool.free() > 0:
            start()
        else:
            self.container.spawn_managed_thread(start, identifier="waiting for a worker")


class Caller(SharedExtension, ProviderCollector):  # type: ignore[misc]
    """Calls to other services over the same link. Rare (snapshots, look-ups), never inside a transaction, always with a
    time-out, never in a cycle."""

    link = Link()
    prefetch: int | None = None
    in_order = False

    def __init__(self) -> None:
        super().__init__()
        self._waiting: dict[str, Promise] = {}
        self._reply_to = str(uuid4())

    def setup(self) -> None:
        self.link.register_provider(self)

    def consumed_queue(self) -> Queue:
        """Where the replies come: this process's own, gone with its connection."""
        return Queue(
            f"rpc.reply-{self.container.service_name}-{self._reply_to}",
            exchange=RPC_EXCHANGE, routing_key=self._reply_to, durable=False, exclusive=True, auto_delete=True,
        )  # fmt: skip

    def stop(self) -> None:
        self.link.unregister_provider(self)

    def handle_message(self, message: Message) -> None:
        self.link.settle(message)
        promise = self._waiting.pop(message.properties.get("correlation_id", ""), None)
        if promise is not None:
            promise.send(message.body)

    def call(self, routing_key: str, body: bytes, headers: Mapping[str, str], timeout: float) -> bytes | str:
        """The raw reply. TimeoutError when there is none within `timeout` seconds."""
        correlation_id = str(uuid4())
        promise = self._waiting[correlation_id] = Promise()
        try:
            self.link.publish(
                RPC_EXCHANGE.name, routing_key, body, correlation_id=correlation_id, reply_to=self._reply_to,
                expiration=str(int(timeout * 1000)), application_headers=dict(headers),
            )  # fmt: skip
            with eventlet.Timeout(timeout, TimeoutError(f"no answer from {routing_key} within {timeout} s")):
                reply: bytes | str = promise.wait()
                return reply
        finally:
            self._waiting.pop(correlation_id, None)
