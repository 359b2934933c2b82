"""Brokers, databases and platforms for tests. Each is made when the first test asks for it and gone at the end.

`KEFU_AMQP_URI` and `KEFU_TEST_DATABASE_URL` name a broker and a PostgreSQL server to use instead of private ones; tests
that break the broker or the server are then skipped.
"""

from __future__ import annotations

import itertools
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from kefu.broker import PrivateBroker
from kefu.broker_users import definitions
from kefu.installation import Installation, free_addresses, sqlite_template
from kefu.postgres import PrivatePostgres
from kefu.postgres_server import PostgresServer
from kefu.processes import SERVICES, Process, manifest
from tests.platform.running import Platform

DATABASES = ("sqlite", "postgresql")
_QUIET = {"KEFU_PAPERS_AT_CLOSING": "false"}
"""What tests can do without on a machine of two cores: papers of closed cases have tests of their own."""
_serial = itertools.count(1)
_PASSWORDS = {process.name: secrets.token_urlsafe(16) for process in manifest()}
"""One set: users are the node's, only their rights are a virtual host's."""


_RATES = ("KEFU_ANONYMOUS_RATE", "KEFU_GUESS_RATE", "KEFU_GUESSED_RATE", "KEFU_LINK_RATE")


@dataclass(frozen=True)
class Databases:
    """One empty database a service: `url` for the services, `migration_url` for migrations, `relay_url` for the relay
    where it has a role of its own; all hold `{service}`."""

    kind: str
    url: str
    migration_url: str
    relay_url: str = ""

    def of(self, service: str) -> str:
        return self.url.replace("{service}", service)

    def migration_of(self, service: str) -> str:
        return self.migration_url.replace("{service}", service)


@pytest.fixture(scope="session")
def private_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateBroker]:
    """A RabbitMQ of our own, to be stopped, killed and filled up at will. Leave it running."""
    if os.environ.get("KEFU_AMQP_URI"):
        pytest.skip("needs a RabbitMQ of its own; unset KEFU_AMQP_URI")
    with PrivateBroker(tmp_path_factory.mktemp("rabbitmq")) as broker:
        yield broker


@pytest.fixture(scope="module")
def amqp_uri(request: pytest.FixtureRequest) -> Iterator[str]:
    """A virtual host of this module's own in the private broker; else the broker KEFU_AMQP_URI names, as it is."""
    given = os.environ.get("KEFU_AMQP_URI")
    if given:
        yield given
        return
    broker: PrivateBroker = request.getfixturevalue("private_broker")
    vhost = f"test-{next(_serial)}"
    yield broker.add_vhost(vhost)
    broker.delete_vhost(vhost)


@pytest.fixture(scope="session")
def private_postgres() -> Iterator[PrivatePostgres]:
    """A PostgreSQL cluster of our own, to be stopped and killed at will. Leave it running."""
    if os.environ.get("KEFU_TEST_DATABASE_URL"):
        pytest.skip("needs a PostgreSQL of its own; unset KEFU_TEST_DATABASE_URL")
    with PrivatePostgres() as postgres:
        yield postgres


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> Iterator[PostgresServer]:
    """A PostgreSQL server to make databases on: the private one, or the one KEFU_TEST_DATABASE_URL names."""
    given = os.environ.get("KEFU_TEST_DATABASE_URL")
    if not given:
        yield request.getfixturevalue("private_postgres")
        return
    server = PostgresServer(given)
    yield server
    server.clean_up()


@pytest.fixture(scope="session")
def new_databases(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Databases]:
    """Makes fresh, empty databases of a kind: `new_databases("sqlite")`."""

    def make(kind: str) -> Databases:
        if kind == "sqlite":
            template = sqlite_template(tmp_path_factory.mktemp("sqlite"))
            return Databases(kind, template, template)
        server: PostgresServer = request.getfixturevalue("postgres")
        names = server.create_databases(f"t{next(_serial)}", SERVICES)
        return Databases(kind, server.url(names), server.owner_url(names), server.relay_url(names))

    return make


@pytest.fixture(scope="module", params=DATABASES)
def databases(request: pytest.FixtureRequest, new_databases: Callable[[str], Databases]) -> Databases:
    """Empty databases, this module's own; every test runs on SQLite and on PostgreSQL."""
    return new_databases(request.param)


@pytest.fixture(scope="session")
def new_platform(
    request: pytest.FixtureRequest,
    new_databases: Callable[[str], Databases],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[..., Platform]]:
    """Starts a platform of one's own: `new_platform("postgresql", KEFU_MAX_WORKERS="4")`. Closed at the session's end
    at the latest; a module that starts one closes it itself."""
    started: list[Platform] = []

    def start(kind: str, **settings: str) -> Platform:
        uri, own = os.environ.get("KEFU_AMQP_URI"), {}
        if not uri:
            broker: PrivateBroker = request.getfixturevalue("private_broker")
            vhost = f"platform-{next(_serial)}"
            uri = broker.add_vhost(vhost)
            own = admit_processes(broker, vhost, manifest())
        folder = tmp_path_factory.mktemp("platform")
        platform = Platform(_installation(uri, own, new_databases(kind), folder, settings), folder)
        started.append(platform)
        platform.open()
        return platform

    yield start
    for platform in started:
        platform.close()


@pytest.fixture(scope="session", params=DATABASES)
def platform(request: pytest.FixtureRequest, new_platform: Callable[..., Platform]) -> Iterator[Platform]:
    """The whole platform, shared by all tests of the session, once on SQLite and once on PostgreSQL. Tests make tenants
    of their own in it and leave every process running."""
    running = new_platform(request.param)
    yield running
    running.close()


def admit_processes(broker: PrivateBroker, vhost: str, processes: Sequence[Process]) -> dict[str, str]:
    """Give each process a user of its own with the least rights, as in production; what each signs in with."""
    uris = {p.name: broker.uri(vhost, p.user, _PASSWORDS[p.name]) for p in processes}
    broker.import_definitions(definitions(vhost, processes, _PASSWORDS))
    return uris


def _installation(
    uri: str, own: dict[str, str], databases: Databases, folder: Path, settings: dict[str, str]
) -> Installation:
    bind, metrics_base = free_addresses()
    return Installation(
        amqp_uri=uri,
        database_url=databases.url,
        migration_url=databases.migration_url,
        amqp_uris=own,
        relay_url=databases.relay_url,
        var=folder,
        bind=bind,
        metrics_base=metrics_base,
        # All tests come from one address: together they would be taken for somebody guessing passwords and codes.
        settings={"KEFU_LOG_LEVEL": "INFO", **dict.fromkeys(_RATES, "6000/minute"), **_QUIET, **settings},
    )


def attach_tails(item: pytest.Item, report: pytest.TestReport) -> None:
    """Show the ends of the processes' outputs below a failed test that used a platform."""
    values = getattr(item, "funcargs", {}).values()
    for platform in (value for value in values if isinstance(value, Platform)):
        report.sections.append(("platform processes", platform.tails()))
