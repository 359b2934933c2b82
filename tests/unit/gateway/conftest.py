"""A private broker for the tests of the gateway, with a virtual host for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from kefu.broker import PrivateBroker


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateBroker]:
    with PrivateBroker(Path(tmp_path_factory.mktemp("broker"))) as node:
        yield node


@pytest.fixture
def amqp_uri(broker: PrivateBroker) -> Iterator[str]:
    name = uuid4().hex
    yield broker.add_vhost(name)
    broker.delete_vhost(name)


@pytest.fixture(scope="module")
def module_uri(broker: PrivateBroker) -> Iterator[str]:
    """A virtual host for all tests of a module."""
    name = uuid4().hex
    yield broker.add_vhost(name)
    broker.delete_vhost(name)
