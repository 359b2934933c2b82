"""The service's one connection to the broker."""

from __future__ import annotations

import time
from types import SimpleNamespace

from chassis.link import Link


def test_a_consumer_that_just_connected_has_not_been_silent() -> None:
    """Otherwise the process would be called dead, and killed, between connecting and its first turn."""
    link = Link()
    connection = SimpleNamespace(frame_writer=print)
    link.get_consumers(SimpleNamespace, SimpleNamespace(connection=connection))
    assert link.connected
    assert time.monotonic() - link.turned_at < 5
