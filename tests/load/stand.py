"""What everything is measured on: a platform of real processes on a private RabbitMQ and PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from chassis.timers import LOOKING_SHARE
from kefu.broker import PrivateBroker
from kefu.installation import Installation, free_addresses
from kefu.ports import free_block
from kefu.postgres import PrivatePostgres
from kefu.processes import SERVICES
from kefu.waiting import wait_until
from tests.load import wrk
from tests.load.wrk import Figures, Request
from tests.platform.running import Platform

CASE: dict[str, Any] = {
    "channel": "phone",
    "content": "刹车异响,两次维修后仍未解决,要求彻底检查并说明原因",
    "complainant": {"name": "王芳", "phone": "13800138000", "vehicle_plate": "京A12345"},
    "remedy_sought": "彻底修复",
    "occurred_at": "2026-11-20T09:00:00+08:00",
}
PERMISSIONS = ("complaints.register", "complaints.read", "complaints.handle", "complaints.amend", "customers.write")


def size(name: str, default: float) -> float:
    """How much, or how long: KEFU_BENCH_<name> of the environment."""
    return float(os.environ.get(f"KEFU_BENCH_{name}", default))


SECONDS = size("SECONDS", 8)
"""How long one row is measured."""


CALM = 3 * LOOKING_SHARE
"""Of a processor: what the timers of a process may take. So many of them, at the most, look through the companies."""
DEPLOYED = Path(__file__).parents[2] / "deploy/postgres/postgresql.conf"
SIZES = {"shared_buffers", "effective_cache_size", "wal_compression", "max_wal_size"}
"""What the bench's PostgreSQL takes of the deployment's settings: the tests' is made for many small ones."""


@dataclass(frozen=True)
class Company:
    """A tenant with the key of its desk."""

    id: str
    key_id: str
    secret: str
    permissions: tuple[str, ...]

    def request(self, method: str, path: str, body: Mapping[str, Any] | None = None, **more: Any) -> Request:
        """A request of this company's for a mix."""
        return Request(method, path, self.secret, body, **more)


@dataclass
class Stand:
    """A running platform and how to load it, look into it and fill it."""

    broker: PrivateBroker
    postgres: PrivatePostgres
    names: str
    """The databases' names, with `{service}`."""
    installation: Installation
    platform: Platform
    folder: Path

    def load(self, mix: Sequence[Request], label: str, seconds: float = SECONDS, **more: Any) -> Figures:
        """Load the gateway and measure; see `wrk.run`."""
        return wrk.run(self.platform.base_url, mix, seconds, self.folder, label, **more)

    @contextmanager
    def sql(self, service: str) -> Iterator[Any]:
        """A cursor on the service's database for the administrator: sees every tenant, each statement commits."""
        database = self.names.format(service=service)
        with closing(self.postgres.connect(database)) as connection, connection.cursor() as cursor:
            yield cursor

    def value(self, service: str, query: str) -> Any:
        """The one value that the query gives."""
        with self.sql(service) as cursor:
            cursor.execute(query)
            return cursor.fetchone()[0]

    def company(self, code: str, services: Sequence[str] = ("customers", "complaints"), **more: Any) -> Company:
        """A new tenant of the dealership's pack; `more` goes into POST /v1/tenants."""
        body = {"code": code, "name": code, "packs": ["dealership"], "services": services,
                "locale": "zh-CN", "timezone": "Asia/Shanghai", **more}  # fmt: skip
        with self.platform.client() as operator:
            made = answer(operator.post("/v1/tenants", json=body))
            key = answer(operator.post(f"/v1/tenants/{made['id']}/admin-keys", json={"name": "bench"}))
        wanted = {"name": "desk", "services": ["complaints", "customers"], "permissions": PERMISSIONS}
        with self.platform.client(key["secret"]) as administrator:
            desk = answer(administrator.post("/v1/api-keys", json=wanted))
        return Company(made["id"], desk["id"], desk["secret"], PERMISSIONS)

    def register(self, company: Company, count: int = 1, **fields: Any) -> list[str]:
        """Ids of new cases of the company, made from CASE with these fields."""
        with self.platform.client(company.secret) as client:
            return [answer(client.post("/v1/complaints", json={**CASE, **fields}))["id"] for _ in range(count)]

    def quiet(self, limit: float = 120) -> None:
        """Wait until every outbox is empty."""
        wait_until(lambda: not any(self.outbox(s) for s in SERVICES), limit=limit, what="outboxes empty", every=0.2)

    def calm(self, limit: float = 900) -> None:
        """Wait until no process has anything to do but its timers: each looks at every company that is new to it."""
        wait_until(lambda: max(self._shares()) < CALM, limit=limit, what="every process is calm")

    def _shares(self, seconds: float = 5.0) -> list[float]:
        """Of a processor, for each process and PostgreSQL, over the next seconds."""
        pids = [
            self.postgres.pid,
            *(self.platform.pid(name) for name in self.platform.names if self.platform.runs(name)),
        ]
        began = [_cpu(pid) for pid in pids]
        time.sleep(seconds)
        return [(_cpu(pid) - before) / seconds for pid, before in zip(pids, began, strict=True)]

    def outbox(self, service: str) -> int:
        return int(self.value(service, "SELECT count(*) FROM outbox"))

    @contextmanager
    def another(self, name: str) -> Iterator[None]:
        """One more process of that service, as long as this lasts."""
        process = next(p for p in self.installation.processes if p.name == name)
        port = free_block(1)
        environment = self.installation.environment(process) | {"KEFU_METRICS_PORT": str(port)}
        with (self.folder / f"{name}-2.log").open("wb") as log:
            running = subprocess.Popen(
                self.installation.command(process.command), env=environment, stdout=log, stderr=log
            )
        try:
            wait_until(lambda: answers(f"http://127.0.0.1:{port}/readyz"), limit=60, what=f"a second {name} is ready")
            yield
        finally:
            running.terminate()
            running.wait(30)

    def memory(self) -> dict[str, dict[str, float]]:
        """Megabytes of each running process with its children: `rss` counts for each what it shares, `pss` once."""
        return {name: _megabytes(self.platform.pid(name)) for name in self.platform.names if self.platform.runs(name)}

    def cpu_seconds(self, name: str) -> float:
        """CPU time so far of that process and of PostgreSQL."""
        return _cpu(self.platform.pid(name)) + _cpu(self.postgres.pid)


def answer(reply: httpx.Response) -> dict[str, Any]:
    """The reply's body; RuntimeError with the problem when it was refused."""
    if not reply.is_success:
        raise RuntimeError(f"{reply.request.method} {reply.request.url}: {reply.status_code} {reply.text}")
    found: dict[str, Any] = reply.json()
    return found


def answers(url: str, status: int = 200) -> bool:
    """Whether something answers there with that status."""
    try:
        return httpx.get(url, trust_env=False, timeout=2).status_code == status
    except httpx.HTTPError:
        return False


@contextmanager
def stand(folder: Path) -> Iterator[Stand]:
    """A fresh platform; gone with all its data at the end."""
    with PrivateBroker(folder / "rabbitmq") as broker, PrivatePostgres() as postgres:
        _size_as_deployed(postgres)
        names = postgres.create_databases("bench", SERVICES)
        bind, metrics_base = free_addresses()
        installation = Installation(
            amqp_uri=broker.uri(), database_url=postgres.url(names), migration_url=postgres.owner_url(names),
            relay_url=postgres.relay_url(names), var=folder, bind=bind, metrics_base=metrics_base,
            settings={"KEFU_LOG_LEVEL": "WARNING", "KEFU_GATEWAY_WORKERS": "2", "KEFU_RATE": "1000000/minute"},
        )  # fmt: skip
        with Platform(installation, folder) as platform:
            yield Stand(broker, postgres, names, installation, platform, folder)


def _size_as_deployed(postgres: PrivatePostgres) -> None:
    for line in DEPLOYED.read_text().splitlines():
        name, _, value = line.partition(" = ")
        if name in SIZES:
            postgres.execute(f"ALTER SYSTEM SET {name} = '{value}'")
    postgres.restart()


def _family(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def _megabytes(pid: int) -> dict[str, float]:
    found = [member.memory_full_info() for member in _family(pid)]
    return {kind: round(sum(getattr(info, kind) for info in found) / 2**20, 1) for kind in ("rss", "pss")}


def _cpu(pid: int) -> float:
    """User and system time of the process and its children, of those that have ended too."""
    return sum(sum(member.cpu_times()[:4]) for member in _family(pid))
