"""What the faults happen to: a platform of real processes with its broker and databases, all of them ours to break."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
import pika
from sqlalchemy import Engine, Executable, NullPool, Row, create_engine, make_url

from kefu.broker import PrivateBroker
from kefu.installation import Installation, free_addresses
from kefu.postgres import PrivatePostgres
from kefu.processes import GATEWAY, SERVICES, Process, manifest
from kefu.waiting import wait_until
from tests.faults.companies import Company, SignedIn
from tests.faults.footprint import Footprint
from tests.faults.ledger import open_ledger
from tests.faults.proxy import Proxy
from tests.platform.fixtures import Databases, admit_processes
from tests.platform.running import Platform

KNOWN_LIMIT = 60.0
INTRODUCTIONS = 12
"""Connections after which each of the gateway's two workers has had one, but once in two thousand times."""
REFUSED_WITHIN = 3.0
"""Seconds; meant is one, which a busy machine may not keep. A call that waited for its deadline would take ten."""
PASSWORD = "correct horse battery"
READS = {
    "tenants": "/v1/staff", "customers": "/v1/customers", "complaints": "/v1/complaints",
    "notifications": "/v1/templates",
}  # fmt: skip
"""A harmless question to each service."""
SETTINGS = {
    "KEFU_RATE": "1000000/minute",
    "KEFU_ANONYMOUS_RATE": "1000000/minute",  # all members of staff sign in from one address
    "KEFU_AMQP_HEARTBEAT": "5",
    "KEFU_IMPORT_LEASE": "15",
}


@dataclass
class Site:
    """One platform and how to break it, ask it and look into it. Its processes reach the broker and PostgreSQL through
    links that can be broken too."""

    broker: PrivateBroker
    vhost: str
    databases: Databases
    folder: Path
    postgres: PrivatePostgres | None = None
    refusals: list[float] = field(default_factory=list)
    """Seconds that callers of a part that was down waited to hear so."""
    sabotage: dict[str, str] = field(default_factory=dict)
    """Per service, the guarantee it is started without."""

    def __post_init__(self) -> None:
        self.broker_link = Proxy("127.0.0.1", self.broker.port)
        self.database_link = Proxy("127.0.0.1", self.postgres.port) if self.postgres else None
        bind, metrics_base = free_addresses()
        installation = Installation(
            amqp_uri=self._linked(self.amqp_uri),
            amqp_uris={name: self._linked(uri) for name, uri in self._users().items()},
            database_url=self._linked(self.databases.url), relay_url=self._linked(self.databases.relay_url),
            migration_url=self.databases.migration_url,
            var=self.folder, bind=bind, metrics_base=metrics_base,
            settings=SETTINGS | {"KEFU_FAULTS": str(self._faults)},
            processes=tuple(_through_start(process) for process in manifest()),
        )  # fmt: skip
        self.platform = Platform(installation, self.folder)

    @property
    def amqp_uri(self) -> str:
        """The broker itself, past the link."""
        return self.broker.uri(self.vhost)

    @property
    def _faults(self) -> Path:
        return self.folder / "faults"

    def _users(self) -> dict[str, str]:
        return admit_processes(self.broker, self.vhost, manifest())

    def _linked(self, url: str) -> str:
        """The same address by way of the link."""
        url = url.replace(f":{self.broker.port}/", f":{self.broker_link.port}/")
        if self.database_link is None or self.postgres is None:
            return url
        return url.replace(f":{self.postgres.port}/", f":{self.database_link.port}/")

    def open(self) -> None:
        self.platform.open()
        try:
            for service in SERVICES:
                open_ledger(self.engines[service])
            self.footprint = Footprint(self)
        except BaseException:
            self.close()
            raise

    def open_restored(self) -> None:
        """Start on databases that hold a platform already."""
        self.platform.migrate()
        self.start_all()

    def close(self) -> None:
        self.platform.close()
        self.broker_link.close()
        if self.database_link:
            self.database_link.close()

    # -- companies -----------------------------------------------------------------------------------------------------

    @contextmanager
    def companies(self, *made_of: tuple[str, ...]) -> Iterator[list[Company]]:
        """New companies, known to every service: each of (pack, *services)."""
        with ExitStack() as clients, ThreadPoolExecutor(len(made_of)) as pool:
            yield list(pool.map(lambda parts: self._company(clients, *parts), made_of))

    def _company(self, clients: ExitStack, pack: str, *services: str) -> Company:
        code = f"f{uuid4().hex[:10]}"
        body = {"code": code, "name": "宏远", "packs": [pack], "services": list(services)}
        with self.platform.client() as operator:
            tenant = _made(operator, "/v1/tenants", body)
            key = _made(operator, f"/v1/tenants/{tenant['id']}/admin-keys", {"name": "faults"})
        client = clients.enter_context(self.platform.client(key["secret"]))
        person = _made(client, "/v1/staff", {"username": "reader", "name": "李娜", "password": PASSWORD})
        staff = clients.enter_context(
            httpx.Client(
                base_url=self.platform.base_url, timeout=30, trust_env=False, auth=SignedIn(code, "reader", PASSWORD)
            )
        )
        company = Company(UUID(tenant["id"]), code, frozenset(services), client, staff, UUID(person["id"]))
        wait_until(lambda: self._knows(company), limit=KNOWN_LIMIT, what="the company is known")
        for caller in (client, staff):
            self._introduce(caller)
        return company

    def _introduce(self, caller: httpx.Client) -> None:
        """Let every worker of the gateway meet the caller: who is known goes on when the tenants service is away."""
        for _ in range(INTRODUCTIONS):
            caller.get(READS["customers"], headers={"Connection": "close"})

    def _knows(self, company: Company) -> bool:
        return all(company.client.get(READS[name]).is_success for name in company.services)

    # -- processes -----------------------------------------------------------------------------------------------------

    def kill_at(self, name: str, point: str) -> None:
        """Let the process die when it reaches that fault point the next time, and wait until it has."""
        folder = self._faults / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / point).touch()
        self.platform.await_death(name, limit=60)

    def revive(self, name: str, **settings: str) -> None:
        """Start the process that is down and wait until it is ready."""
        self.platform.start(name, KEFU_SABOTAGE=self.sabotage.get(name, ""), **settings)
        self.platform.wait_ready(name)

    def revive_all(self) -> None:
        """Start what a fault that failed left down, so that its verdict is its own."""
        for name in self.platform.names:
            if not self.platform.runs(name):
                self.revive(name)

    @contextmanager
    def second(self, service: str, **settings: str) -> Iterator[str]:
        """One more process of that service beside the first; its name. It may be killed; it is gone afterwards."""
        installation, name = self.platform.installation, f"{service}-2"
        beside = Process(name, ("tests.faults.start", "serve", service))
        self.platform.installation = replace(
            installation, processes=(*installation.processes, beside),
            amqp_uris={**installation.amqp_uris, name: installation.amqp_uris[service]},
        )  # fmt: skip
        try:
            self.revive(name, **settings)
            yield name
        finally:
            if self.platform.runs(name):
                self.platform.stop(name)
            self.platform.installation = installation

    def terminate_all(self) -> dict[str, tuple[float, int]]:
        """SIGTERM to every process at once: how long each took, and its exit code."""

        def stop(name: str) -> tuple[str, tuple[float, int]]:
            began = time.monotonic()
            code = self.platform.stop(name)
            return name, (time.monotonic() - began, code)

        with ThreadPoolExecutor(len(self.platform.names)) as pool:
            return dict(pool.map(stop, self.platform.names))

    def start_all(self) -> None:
        """Start everything that is down, the gateway last, and wait until all is ready."""
        for name in sorted(self.platform.names, key=lambda name: name == GATEWAY):
            if not self.platform.runs(name):
                self.platform.start(name)
        self.platform.wait_ready()

    def handled(self, service: str, outcome: str) -> int:
        """How many events the running process of that service has met with that outcome."""
        return self.metric(service, "kefu_events_total", f'outcome="{outcome}"')

    def metric(self, process: str, name: str, label: str = "") -> int:
        """The sum of that process's series of that name and label."""
        lines = [line for line in self.platform.metrics(process).splitlines() if line.startswith(name)]
        return sum(int(float(line.rpartition(" ")[2])) for line in lines if label in line)

    # -- callers -------------------------------------------------------------------------------------------------------

    def refuses(self, company: Company, service: str) -> None:
        """Assert that the service is said to be down at once, and when to come again."""
        path, began = READS[service], time.monotonic()
        answer = company.client.get(path)
        self.refusals.append(time.monotonic() - began)
        assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE, f"{path}: {answer.status_code} {answer.text}"
        assert int(answer.headers["Retry-After"]) > 0
        assert self.refusals[-1] < REFUSED_WITHIN, f"{path}: refused only after {self.refusals[-1]:.1f} s"

    def answers(self, company: Company, service: str) -> bool:
        """Whether the service answers a harmless question."""
        try:
            return company.client.get(READS[service]).is_success
        except httpx.TransportError:
            return False

    # -- databases and broker ------------------------------------------------------------------------------------------

    @cached_property
    def engines(self) -> dict[str, Engine]:
        """Per service; past every guard and link."""
        return {service: create_engine(self._raw_url(service), poolclass=NullPool) for service in SERVICES}

    def _raw_url(self, service: str) -> Any:
        url = make_url(self.databases.of(service))
        if self.postgres is None:
            return url
        return make_url(self.postgres.admin_url).set(drivername=url.drivername, database=url.database)

    def read(self, service: str, statement: Executable) -> list[Row[Any]]:
        """Rows of that service's database."""
        with self.engines[service].connect() as connection:
            return list(connection.execute(statement))

    def count(self, service: str, statement: Executable) -> Counter[tuple[Any, ...]]:
        """How often each row comes."""
        return Counter(tuple(row) for row in self.read(service, statement))

    def change(self, service: str, statement: Executable) -> None:
        with self.engines[service].begin() as connection:
            connection.execute(statement)

    def put(self, service: str, *bodies: object) -> None:
        """Put messages into that service's event queue, past every outbox."""
        with closing(pika.BlockingConnection(pika.URLParameters(self.amqp_uri))) as connection:
            channel = connection.channel()
            channel.confirm_delivery()
            for body in bodies:
                raw = body if isinstance(body, bytes) else orjson.dumps(body)
                channel.basic_publish("", f"evt-{service}", raw, pika.BasicProperties(delivery_mode=2), mandatory=True)


def _through_start(process: Process) -> Process:
    """What has fault points is started by the tests' own script."""
    return process if process.serves_http else replace(process, command=("tests.faults.start", *process.command[1:]))


def _made(client: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """What was made. A worker of the gateway may hold a service for away a moment longer than the last fault lasted."""
    key, answers = {"Idempotency-Key": uuid4().hex}, []

    def answered() -> bool:
        answers.append(client.post(path, json=body, headers=key))
        return bool(answers[-1].status_code != HTTPStatus.SERVICE_UNAVAILABLE)

    wait_until(answered, limit=KNOWN_LIMIT, what=f"POST {path} is answered")
    assert answers[-1].is_success, answers[-1].text
    made: dict[str, Any] = answers[-1].json()
    return made
