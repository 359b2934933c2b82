"""Worlds of the toy: one per database kind for the tests that break nothing, fresh ones for those that do."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator

import pytest

from kefu.installation import sqlite_template
from kefu.postgres_server import PostgresServer
from tests.platform.fixtures import DATABASES, Databases
from tests.service.chassis import sabotage
from tests.service.chassis.toy.place import SERVICES
from tests.service.chassis.toy.world import World

_serial = itertools.count(1)
sabotage.apply(os.environ.get("KEFU_SABOTAGE", ""))


@pytest.fixture(scope="session")
def new_world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], World]]:
    """Makes a migrated world in which nothing runs yet: `new_world("sqlite")`."""
    made: list[World] = []

    def make(kind: str) -> World:
        folder = tmp_path_factory.mktemp("toy")
        server: PostgresServer | None = request.getfixturevalue("postgres") if kind == "postgresql" else None
        if server is None:
            template = sqlite_template(folder / "data")
            databases = Databases(kind, template, template)
        else:
            names = server.create_databases(f"toy{next(_serial)}", SERVICES)
            databases = Databases(kind, server.url(names), server.owner_url(names))
        world = World(_broker(request), databases, folder, server.admin_url if server else "")
        made.append(world)
        world.migrate()
        return world

    yield make
    for world in made:
        world.close()


def _broker(request: pytest.FixtureRequest) -> str:
    given = os.environ.get("KEFU_AMQP_URI")
    if given:
        return given
    uri: str = request.getfixturevalue("private_broker").add_vhost(f"toy-{next(_serial)}")
    return uri


@pytest.fixture(scope="session", params=DATABASES)
def world(request: pytest.FixtureRequest, new_world: Callable[[str], World]) -> World:
    """Both services in one process, and a relay. Every test makes tenants of its own and leaves all running."""
    world = new_world(request.param)
    world.serve(ready=False)
    world.relay(ready=False)
    world.wait_ready("toy+echo")
    world.wait_ready("relay")
    return world


@pytest.fixture(params=DATABASES)
def fresh(request: pytest.FixtureRequest, new_world: Callable[[str], World]) -> Iterator[World]:
    """A world of the test's own, in which nothing runs yet."""
    world = new_world(request.param)
    yield world
    world.close()
