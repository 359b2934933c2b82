"""The relay's connection to the broker."""

from __future__ import annotations

from pathlib import Path

import pytest

from chassis.publisher import NotConnected, Publisher


def test_a_closed_publisher_leaves_no_socket_behind(amqp_uri: str) -> None:
    """The relay makes a new one each time it starts over: while a database is away, every few seconds."""
    kept, before = [], _sockets()
    for _ in range(3):
        with Publisher(amqp_uri) as publisher:
            assert publisher.is_open
        kept.append(publisher)  # or collecting it would close what it forgot
        assert not publisher.is_open
    assert _sockets() == before


def test_without_a_broker_it_says_so_and_leaves_no_socket_behind() -> None:
    before = _sockets()
    with pytest.raises(NotConnected):
        Publisher("amqp://guest:guest@127.0.0.1:1/")
    assert _sockets() == before


def _sockets() -> int:
    links = []
    for file in Path("/proc/self/fd").iterdir():
        try:
            links.append(str(file.readlink()))
        except FileNotFoundError:
            continue
    return sum(link.startswith("socket:") for link in links)
