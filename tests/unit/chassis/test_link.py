"""The service's one connection to the broker."""

from __future__ import annotations

import time
from types import SimpleNamespace

from chassis.link import Link


def test_a_consumer_that_just_connected_has_not_been_silent() -> None:
    """Otherwise the process would be called dead, and killed, between connecting and its first turn."""
    link = Link()
    connection = SimpleNamespace(frame_writer=print, connected=True)
    link.get_consumers(SimpleNamespace, SimpleNamespace(connection=connection))
    assert link.connected
    assert time.monotonic() - link.turned_at < 5


def test_nobody_is_told_of_a_connection_before_its_queues_are_there() -> None:
    """A call to a process that says it is ready must find its queue."""
    link, seen = Link(), []

    class Door:
        prefetch = 7
        in_order = False

        def consumed_queue(self) -> None: ...

    class Consumer(SimpleNamespace):
        def qos(self, prefetch_count: int) -> None:
            seen.append((link.connected, prefetch_count))

        def consume(self) -> None:
            seen.append((link.connected, 0))

    link._providers = {Door()}
    link.get_consumers(Consumer, SimpleNamespace(connection=SimpleNamespace(frame_writer=print, connected=True)))
    assert seen == [(False, 7), (False, 0)]
    assert link.connected


def test_what_comes_while_the_queues_are_taken_up_is_answered() -> None:
    """The first calls come with the first queue, before the last one is taken up; also after a lost connection."""
    link, sent = Link(), []

    class Door:
        prefetch = 7
        in_order = False

        def consumed_queue(self) -> None: ...

    class Consumer(SimpleNamespace):
        def qos(self, prefetch_count: int) -> None: ...

        def consume(self) -> None:
            link.publish("exchange", "key", b"{}")

    def channel(name: str, connection: SimpleNamespace | None) -> SimpleNamespace:
        return SimpleNamespace(connection=connection, send_method=lambda *_: sent.append(name))

    link._providers = {Door()}
    lost = channel("lost", SimpleNamespace(frame_writer=print, connected=True))
    link.get_consumers(Consumer, lost)
    lost.connection = None
    assert not link.connected
    link.get_consumers(Consumer, channel("new", SimpleNamespace(frame_writer=print, connected=True)))
    assert sent == ["lost", "new"]
