"""Least rights: what each process signs in with opens its own queues, exchanges and tables, and no other's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing

import pika
import psycopg2
import pytest
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import ChannelClosedByBroker
from sqlalchemy import create_engine, make_url, text

from contracts.registry import CONTRACTS
from kefu.processes import GATEWAY, RELAY, SERVICES, manifest
from tests.platform.running import Platform
from tests.security.stores import tables_of_catalogue

pytestmark = [pytest.mark.clause("NX-16"), pytest.mark.timeout(300)]

Attempt = Callable[[BlockingChannel], object]
REFUSED = 403


def of_others(own: str) -> list[str]:
    return [service for service in SERVICES if service != own]


def reading(service: str) -> dict[str, Attempt]:
    """Ways to what `service` is sent."""
    return {
        f"takes a call of {service}": lambda c: c.basic_get(f"rpc-{service}"),
        f"consumes the calls of {service}": lambda c: c.basic_consume(f"rpc-{service}", lambda *_: None),
        f"takes an event of {service}": lambda c: c.basic_get(f"evt-{service}"),
        f"consumes the events of {service}": lambda c: c.basic_consume(f"evt-{service}", lambda *_: None),
        f"takes a dead letter of {service}": lambda c: c.basic_get(f"evt-{service}.dead"),
        f"empties the queue of {service}": lambda c: c.queue_purge(f"evt-{service}"),
        f"deletes the queue of {service}": lambda c: c.queue_delete(f"evt-{service}"),
        f"feeds the queue of {service}": lambda c: c.queue_bind(f"evt-{service}", "tenants.events", "#"),
        f"declares the queue of {service}": lambda c: c.queue_declare(f"rpc-{service}", durable=True),
    }


def speaking(service: str) -> dict[str, Attempt]:
    """Ways to speak in the name of `service`, or to it past its door."""
    return {
        f"publishes an event of {service}": lambda c: _publish(c, f"{service}.events", "x.happened"),
        f"puts an event into the queue of {service}": lambda c: _publish(c, "", f"evt-{service}"),
        f"buries a message of {service}": lambda c: _publish(c, "kefu.dead", f"evt-{service}"),
        f"deletes the exchange of {service}": lambda c: c.exchange_delete(f"{service}.events"),
    }


def calling(service: str) -> dict[str, Attempt]:
    """Calls of every operation that a company or the operator may ask for at the gateway."""
    operations = [operation for operation in CONTRACTS[service].operations if operation.verb]
    return {
        f"calls {operation.routing_key}": lambda c, key=operation.routing_key: _publish(c, "nameko-rpc", key)  # type: ignore[misc]
        for operation in operations
    }


def _publish(channel: BlockingChannel, exchange: str, key: str) -> None:
    channel.confirm_delivery()  # or the refusal would come after the test has ended
    channel.basic_publish(exchange, key, b"{}")


def listening_in(queue: str, own: str) -> dict[str, Attempt]:
    """Ways to have copies of what is said to others sent to one's own queue."""
    return {
        "copies all calls": lambda c: c.queue_bind(queue, "nameko-rpc", "#"),
        "copies the calls of another": lambda c: c.queue_bind(queue, "nameko-rpc", f"{of_others(own)[0]}.*"),
        "copies all events": lambda c: c.queue_bind(queue, "tenants.events", "#"),
        "copies an event it has no use for": lambda c: c.queue_bind(queue, "tenants.events", "secret.told"),
        "copies dead letters": lambda c: c.queue_bind(queue, "kefu.dead", "#"),
        "deletes the exchange of the calls": lambda c: c.exchange_delete("nameko-rpc"),
        "declares a queue of any name": lambda c: c.queue_declare("mine"),
        "declares an exchange": lambda c: c.exchange_declare("mine"),
    }


def forbidden_to(name: str) -> dict[str, Attempt]:
    """Everything that the process `name` must not get through with."""
    attempts: dict[str, Attempt] = {}
    for service in of_others(name):
        if name != RELAY:
            attempts |= reading(service) | speaking(service)
        if name != GATEWAY:
            attempts |= calling(service)
    if name in SERVICES:
        return attempts | listening_in(f"evt-{name}", name) | calling(name)
    calls = {f"takes a call of {s}": reading(s)[f"takes a call of {s}"] for s in SERVICES}
    snapshot: dict[str, Attempt] = {"asks for a snapshot": lambda c: _publish(c, "nameko-rpc", "tenants.snapshot")}
    return attempts | calls | snapshot


@pytest.fixture(params=[process.name for process in manifest()])
def name(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


@pytest.fixture
def connection(platform: Platform, name: str) -> Iterator[pika.BlockingConnection]:
    """The broker, as the process `name` signs in to it."""
    if not platform.installation.amqp_uris:
        pytest.skip("the broker that KEFU_AMQP_URI names has users of its own")
    uri = platform.installation.amqp_uris[name]
    with closing(pika.BlockingConnection(pika.URLParameters(uri))) as opened:
        yield opened


@pytest.mark.parametrize("platform", ["sqlite"], indirect=True, scope="session")
def test_a_process_reaches_nothing_of_another_on_the_broker(connection: pika.BlockingConnection, name: str) -> None:
    passed = [what for what, attempt in forbidden_to(name).items() if not _refused(connection, attempt)]
    assert passed == []


def _refused(connection: pika.BlockingConnection, attempt: Attempt) -> bool:
    """Whether the broker refuses it for want of a right, and not because there is no such thing."""
    channel = connection.channel()
    try:
        attempt(channel)
    except ChannelClosedByBroker as error:
        return bool(error.reply_code == REFUSED)
    channel.close()
    return False


# -- databases ---------------------------------------------------------------------------------------------------------

RELAYS_TABLES = {"outbox": {"SELECT", "UPDATE", "DELETE"}, "event_retries": {"SELECT", "INSERT"},
                 "tenant_settings": {"SELECT"}}  # fmt: skip
RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
ON_POSTGRESQL = pytest.mark.parametrize("platform", ["postgresql"], indirect=True, scope="session")


@ON_POSTGRESQL
@pytest.mark.parametrize("service", SERVICES)
def test_a_services_role_reaches_no_other_services_database(platform: Platform, service: str) -> None:
    template = platform.installation.database_url
    assert _signs_in(template.replace("{service}", service))
    own = make_url(template.replace("{service}", service))
    for other in of_others(service):
        database = make_url(template.replace("{service}", other)).database
        with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
            _signs_in(own.set(database=database).render_as_string(hide_password=False))


def _signs_in(url: str) -> bool:
    with closing(psycopg2.connect(url.replace("+psycopg2", ""))) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return True


@ON_POSTGRESQL
@pytest.mark.parametrize("service", SERVICES)
def test_the_relays_role_has_the_outbox_and_the_dead_letters(platform: Platform, service: str) -> None:
    engine = create_engine(platform.installation.relay_url.replace("{service}", service))
    with engine.connect() as connection:
        has = text("SELECT has_table_privilege(:table, :right)")
        found = {
            table: {r for r in RIGHTS if connection.scalar(has, {"table": f'"{table}"', "right": r})}
            for table in tables_of_catalogue(connection)
        }
    engine.dispose()
    assert {table: rights for table, rights in found.items() if rights} == RELAYS_TABLES


@ON_POSTGRESQL
def test_nobody_but_the_owner_can_make_anything(platform: Platform) -> None:
    installation = platform.installation
    for service in SERVICES:
        for template in (installation.database_url, installation.relay_url):
            with closing(psycopg2.connect(template.replace("+psycopg2", "").format(service=service))) as connection:
                for statement in ("CREATE TABLE mine (a int)", "CREATE SCHEMA mine", "CREATE TEMP TABLE mine (a int)"):
                    with connection.cursor() as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
                        cursor.execute(statement)
                    connection.rollback()


def test_the_gateway_is_not_told_where_the_databases_are(platform: Platform) -> None:
    installation = platform.installation
    for process in installation.processes:
        told = installation.environment(process)
        assert ("KEFU_DATABASE_URL" in told) == (process.name != GATEWAY)
        assert "KEFU_MIGRATION_DATABASE_URL" not in told
