"""The toy's processes with their broker and databases: started, broken and looked into by the tests."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
import pika
import psycopg2
from sqlalchemy import make_url

from chassis import migrate, tenancy
from chassis.db import Database
from chassis.ids import new_id
from kefu.ports import free_block
from kefu.spawn import dying_with_parent
from kefu.waiting import wait_until
from tests.platform.fixtures import Databases
from tests.service.chassis.toy.client import Client, context
from tests.service.chassis.toy.place import SERVICES, settle

READY_LIMIT = 30.0
STOP_LIMIT = 12.0
LIMIT = 20.0
_CALENDAR = {"hours": {day: [["09:00", "12:00"], ["13:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}}


class World:
    """`serve` and `relay` start processes; `client` calls them; `ask` looks into a database past every guard."""

    def __init__(self, amqp_uri: str, databases: Databases, folder: Path, admin_url: str = "") -> None:
        self.amqp_uri = amqp_uri
        self.databases = databases
        self.folder = folder
        self.clock_file = folder / "clock"
        self.broken_file = folder / "broken"
        self._admin_url = admin_url
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._ports: dict[str, int] = {}
        self._opened: dict[str, Database] = {}

    @property
    def sqlite(self) -> bool:
        return self.databases.kind == "sqlite"

    # -- processes -----------------------------------------------------------------------------------------------------

    def migrate(self) -> None:
        settle()
        migrate.main(
            SERVICES,
            database_url=self.databases.url,
            owner_url=self.databases.migration_url,
            amqp_uri=self.amqp_uri,
        )

    def serve(self, *names: str, ready: bool = True, label: str = "", **settings: str) -> str:
        """Start one process with these services (default: all); its name."""
        return self._start(label or "+".join(names or SERVICES), ["serve", *(names or SERVICES)], ready, settings)

    def relay(self, *, ready: bool = True, label: str = "relay", **settings: str) -> str:
        return self._start(label, ["relay"], ready, settings)

    def _start(self, name: str, arguments: list[str], ready: bool, settings: dict[str, str]) -> str:
        port = self._ports[name] = free_block(1)
        environment = os.environ | {
            "KEFU_AMQP_URI": self.amqp_uri, "KEFU_DATABASE_URL": self.databases.url, "KEFU_METRICS_PORT": str(port),
            "KEFU_CLOCK_FILE": str(self.clock_file), "KEFU_TOY_BROKEN": str(self.broken_file),
            "PYTHONWARNINGS": "ignore", "KEFU_LOG_FORMAT": "console", **settings,
        }  # fmt: skip
        with self.log(name).open("ab") as output:
            self._running[name] = subprocess.Popen(
                [*dying_with_parent("TERM"), sys.executable, "-m", "tests.service.chassis.toy", *arguments],
                env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip
        if ready:
            self.wait_ready(name)
        return name

    def wait_ready(self, name: str) -> None:
        self.wait(lambda: self._ready(name), what=f"{name} ready", limit=READY_LIMIT)

    def _ready(self, name: str) -> bool:
        assert self._running[name].poll() is None, f"{name} ended\n{self.tails()}"
        try:
            return httpx.get(f"http://127.0.0.1:{self._ports[name]}/readyz", trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    def metrics(self, name: str) -> str:
        return httpx.get(f"http://127.0.0.1:{self._ports[name]}/metrics", trust_env=False).text

    def health(self, name: str) -> int:
        return httpx.get(f"http://127.0.0.1:{self._ports[name]}/healthz", trust_env=False).status_code

    def terminate(self, name: str) -> None:
        self._running[name].terminate()

    def stop(self, name: str) -> int:
        self.terminate(name)
        return self.ended(name)

    def ended(self, name: str, limit: float = STOP_LIMIT) -> int:
        """The exit code, when the process has ended."""
        process = self._running[name]
        try:
            code = process.wait(limit)
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"{name} did not end within {limit:g} s\n{self.tails()}") from None
        del self._running[name]
        return code

    def kill(self, name: str) -> None:
        self._running[name].send_signal(signal.SIGKILL)
        self.ended(name)

    def runs(self, name: str) -> bool:
        return self._running[name].poll() is None

    def close(self) -> None:
        for name in list(self._running):
            self._running[name].kill()
            self.ended(name)
        for database in self._opened.values():
            database.close()

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def tails(self) -> str:
        return "\n".join(
            f"--- {path.stem}\n" + "\n".join(path.read_text(errors="replace").splitlines()[-25:])
            for path in sorted(self.folder.glob("*.log"))
        )

    def wait(self, condition: Any, *, what: str, limit: float = LIMIT) -> None:
        try:
            wait_until(condition, limit=limit, what=what)
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self.tails()}") from None

    def move_clock(self, seconds: float) -> None:
        fresh = self.clock_file.with_suffix(".new")
        fresh.write_text(str(seconds))
        fresh.replace(self.clock_file)

    # -- calls ---------------------------------------------------------------------------------------------------------

    def client(self) -> Client:
        return Client(self.amqp_uri)

    def create(self, tenant_id: UUID, name: str, key: str | None = None) -> Any:
        with self.client() as client:
            return client.call("toy.create_thing", {"name": name}, context(tenant_id, key))

    def fault(self, point: str) -> dict[str, str]:
        """The setting that kills a process once, at that point."""
        folder = self.folder / f"faults-{uuid4()}"
        folder.mkdir()
        (folder / point).touch()
        return {"KEFU_FAULTS": str(folder)}

    def publish(self, body: Any, *, exchange: str = "", routing_key: str = "evt-echo") -> None:
        """Put a message on the broker past the outbox, by default straight into echo's queue."""
        raw = body if isinstance(body, bytes) else orjson.dumps(body)
        with closing(pika.BlockingConnection(pika.URLParameters(self.amqp_uri))) as connection:
            channel = connection.channel()
            channel.confirm_delivery()
            channel.basic_publish(exchange, routing_key, raw, pika.BasicProperties(delivery_mode=2), mandatory=True)

    def seen(self, tenant_id: UUID, event: str = "") -> int:
        """How many events echo applied."""
        return self.count("echo", "seen", tenant_id, f"event = '{event}'" if event else "")

    # -- databases -----------------------------------------------------------------------------------------------------

    def tenant(self, *, services: tuple[str, ...] = SERVICES, known_to: tuple[str, ...] = SERVICES) -> UUID:
        """A new tenant, in the copies of the services in `known_to`."""
        tenant_id = new_id()
        for service in known_to:
            with self.database(service).begin(tenant_id) as session:
                tenancy.store_tenant(session, tenant_id, tenant_document(tenant_id, services))
        return tenant_id

    def database(self, service: str) -> Database:
        """As the service itself signs in."""
        if service not in self._opened:
            self._opened[service] = Database(service, self.databases.url)
        return self._opened[service]

    def ask(self, service: str, statement: str) -> list[tuple[Any, ...]]:
        """Rows of a raw statement, as an administrator to whom no guard applies."""
        with self._raw(service) as connection, closing(connection.cursor()) as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []

    def count(self, service: str, table: str, tenant_id: UUID, more: str = "") -> int:
        value = tenant_id.hex if self.sqlite else str(tenant_id)
        condition = f"tenant_id = '{value}'" + (f" AND {more}" if more else "")
        return int(self.ask(service, f"SELECT count(*) FROM {table} WHERE {condition}")[0][0])

    @contextmanager
    def held(self, service: str, table: str) -> Iterator[None]:
        """Nobody can write to that table meanwhile. PostgreSQL only."""
        with self._raw(service) as connection, closing(connection.cursor()) as cursor:
            cursor.execute(f"BEGIN; LOCK TABLE {table} IN SHARE MODE")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")

    def waiting(self, service: str) -> bool:
        """Whether a session waits for what another one holds. PostgreSQL only."""
        database = make_url(self.databases.of(service)).database
        asked = f"SELECT 1 FROM pg_stat_activity WHERE datname = '{database}' AND wait_event_type = 'Lock'"
        return bool(self.ask(service, asked))

    @contextmanager
    def _raw(self, service: str) -> Iterator[Any]:
        if self.sqlite:
            connection: Any = sqlite3.connect(str(make_url(self.databases.of(service)).database), timeout=10)
        else:
            name = make_url(self.databases.of(service)).database
            connection = psycopg2.connect(make_url(self._admin_url).set(database=name).render_as_string(False))
        with closing(connection), connection:
            yield connection


def tenant_document(tenant_id: UUID, services: tuple[str, ...], version: int = 1) -> dict[str, Any]:
    return {
        "tenant_id": str(tenant_id),
        "version": version,
        "code": f"t{tenant_id.hex[-8:]}",
        "name": "A",
        "status": "active",
        "locale": "zh-CN",
        "timezone": "Asia/Shanghai",
        "services": list(services),
        "calendar": _CALENDAR,
    }


def envelope(tenant_id: UUID, type_: str = "thing.made", **data: str) -> dict[str, Any]:
    """An event as the relay publishes it."""
    thing_id = str(new_id())
    return {
        "id": str(new_id()),
        "type": type_,
        "version": 1,
        "occurred_at": "2026-11-02T09:00:00+00:00",
        "tenant_id": str(tenant_id),
        "aggregate_id": thing_id,
        "actor": {"kind": "staff", "id": "s1", "name": "Li"},
        "request_id": "r1",
        "trace_id": "",
        "data": {"id": thing_id, "name": "one", **data},
    }
