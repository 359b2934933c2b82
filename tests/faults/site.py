"""What the faults happen to: a platform of real processes with its broker and databases, all of them ours to break."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from functools import cached_property
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
from kefu.processes import SERVICES, Process, manifest
from kefu.waiting import wait_until
from tests.faults.ledger import open_ledger
from tests.faults.workload import Company
from tests.platform.fixtures import Databases
from tests.platform.running import Platform

KNOWN_LIMIT = 30.0
REFUSED_WITHIN = 3.0
"""Seconds; meant is one, which a busy machine may not keep. A call that waited for its deadline would take ten."""


@dataclass
class Site:
    """One platform and how to break it, ask it and look into it."""

    broker: PrivateBroker
    amqp_uri: str
    databases: Databases
    folder: Path
    postgres: PrivatePostgres | None = None
    companies: list[Company] = field(default_factory=list)
    """All that were ever made here."""
    refusals: list[float] = field(default_factory=list)
    """Seconds that callers of a part that was down waited to hear so."""
    sabotage: dict[str, str] = field(default_factory=dict)
    """Per service, the guarantee it is started without."""

    def __post_init__(self) -> None:
        self._clients = ExitStack()
        bind, metrics_base = free_addresses()
        installation = Installation(
            amqp_uri=self.amqp_uri, database_url=self.databases.url, migration_url=self.databases.migration_url,
            var=self.folder, bind=bind, metrics_base=metrics_base,
            settings={"KEFU_RATE": "1000000/minute"}, processes=tuple(_through_start(p) for p in manifest()),
        )  # fmt: skip
        self.platform = Platform(installation, self.folder)

    def open(self) -> None:
        self.platform.open()
        try:
            for service in SERVICES:
                open_ledger(self.engines[service])
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._clients.close()
        self.platform.close()

    # -- companies -----------------------------------------------------------------------------------------------------

    def company(self, pack: str, *services: str) -> Company:
        """A new company, known to every service."""
        body = {"code": f"f{uuid4().hex[:10]}", "name": "宏远", "packs": [pack], "services": list(services)}
        with self.platform.client() as operator:
            tenant = _made(operator, "/v1/tenants", body)
            key = _made(operator, f"/v1/tenants/{tenant['id']}/admin-keys", {"name": "faults"})
        client = self._clients.enter_context(self.platform.client(key["secret"]))
        company = Company(UUID(tenant["id"]), frozenset(services), client)
        wait_until(lambda: self._knows(company), limit=KNOWN_LIMIT, what="the company is known")
        self.companies.append(company)
        return company

    def _knows(self, company: Company) -> bool:
        return all(company.client.get(f"/v1/{name}").is_success for name in ("customers", "complaints"))

    # -- processes -----------------------------------------------------------------------------------------------------

    def arm(self, name: str, point: str) -> Path:
        """Restart the process so that it dies at that fault point once the file returned is there."""
        trap = self.folder / f"trap-{uuid4()}"
        self.platform.stop(name)
        self.revive(name, KEFU_FAULT=f"{point}:{trap}")
        return trap

    def spring(self, name: str, trap: Path) -> None:
        """Let the armed process run into its trap."""
        trap.touch()
        self.platform.await_death(name)

    def revive(self, name: str, **settings: str) -> None:
        """Start the process that is down and wait until it is ready."""
        self.platform.start(name, KEFU_SABOTAGE=self.sabotage.get(name, ""), **settings)
        self.platform.wait_ready(name)

    def handled(self, service: str, outcome: str) -> int:
        """How many events the running process of that service has met with that outcome."""
        lines = [line for line in self.platform.metrics(service).splitlines() if line.startswith("kefu_events_total{")]
        return sum(int(float(line.rpartition(" ")[2])) for line in lines if f'outcome="{outcome}"' in line)

    # -- callers -------------------------------------------------------------------------------------------------------

    def refuses(self, company: Company, path: str) -> None:
        """Assert that the part behind `path` is said to be down at once, and when to come again."""
        began = time.monotonic()
        answer = company.client.get(path)
        self.refusals.append(time.monotonic() - began)
        assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE, f"{path}: {answer.status_code} {answer.text}"
        assert int(answer.headers["Retry-After"]) > 0
        assert self.refusals[-1] < REFUSED_WITHIN, f"{path}: refused only after {self.refusals[-1]:.1f} s"

    # -- databases and broker ------------------------------------------------------------------------------------------

    @cached_property
    def engines(self) -> dict[str, Engine]:
        """Per service; past every guard."""
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
    """Services are started by the tests' own script, which can switch a guarantee off."""
    if process.command[1] != "serve":
        return process
    return replace(process, command=("tests.faults.start", *process.command[1:]))


def _made(client: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = client.post(path, json=body)
    assert answer.is_success, answer.text
    made: dict[str, Any] = answer.json()
    return made
