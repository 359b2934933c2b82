"""The platform on one machine: broker, databases, first credential, demonstration, processes, and what to do next."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from kefu import beside
from kefu.broker import BrokerUnavailableError, PrivateBroker, rabbitmq_bin
from kefu.console import Console
from kefu.docker_broker import DockerBroker, docker_works
from kefu.installation import Installation, sqlite_template
from kefu.ports import is_free
from kefu.processes import MIGRATE, SERVICES, Process, manifest
from kefu.supervisor import Child, Supervisor

_READY_CHECK_EVERY = 0.5
_GATEWAY_WAVE, _SERVICE_WAVE = 0, 1  # no new requests first, then those who answer them
NO_BROKER = """\
There is no RabbitMQ to use. Do one of these, then start again:
  · install it:       sudo apt-get install rabbitmq-server
  · start Docker:     the platform then runs rabbitmq in a container of its own
  · name a broker:    export KEFU_AMQP_URI=amqp://user:password@host:5672/vhost"""


class StartError(Exception):
    """The platform cannot start; the text says what to do."""


class LocalPlatform:
    """Runs `processes` with everything they need, all data under `var`."""

    def __init__(self, var: Path, processes: tuple[Process, ...], console: Console, *, demo: bool = True) -> None:
        self.var, self.processes, self.console, self.demo = var, processes, console, demo
        self.operator_key_file = var / "operator.key"

    def run(self) -> None:
        """Start all, return when a signal has stopped all; StartError when something is missing or in the way."""
        self._refuse_taken_ports(self._installation(amqp_uri=""))
        with self._broker() as (uri, own, look_after):
            installation = self._installation(uri, own)
            self._migrate(installation)
            beside.leave(self.var, installation.environment())
            operator_key = self._operator_key(installation)
            supervisor = Supervisor([self._child(installation, process) for process in self.processes], self.console)
            welcome = _Welcome(self, installation, operator_key, supervisor)
            supervisor.chores = (look_after, welcome)
            self.console.step(f"Starting {', '.join(process.name for process in self.processes)}")
            supervisor.run()
        self.console.done("Stopped; all data stays in " + _short(self.var))

    @contextmanager
    def _broker(self) -> Iterator[tuple[str, dict[str, str], Callable[[], None]]]:
        """The broker's URI, those of single processes, and what to call now and then so that it stays there."""
        given = os.environ.get("KEFU_AMQP_URI")
        if given:
            self.console.done("RabbitMQ: the one that KEFU_AMQP_URI names")
            yield given, {}, lambda: None
            return
        broker = self._own_broker()
        began = time.monotonic()
        self.console.step(f"Starting RabbitMQ ({broker.describe()})")
        try:
            if broker.sweep():
                self.console.warn("Stopped a RabbitMQ that an earlier run had left behind")
            broker.start()
            own = self._admit(broker) if isinstance(broker, PrivateBroker) else {}
        except BrokerUnavailableError as error:
            raise StartError(str(error)) from error
        self.console.done(f"RabbitMQ on port {broker.port} ({time.monotonic() - began:.1f} s)")
        try:
            yield broker.uri(), own, lambda: self._revive(broker)
        finally:
            self.console.step("Stopping RabbitMQ")
            broker.stop()

    def _own_broker(self) -> PrivateBroker | DockerBroker:
        folder = self.var / "rabbitmq"
        if rabbitmq_bin():
            return PrivateBroker(folder)
        if docker_works():
            return DockerBroker(folder)
        raise StartError(NO_BROKER)

    def _admit(self, broker: PrivateBroker) -> dict[str, str]:
        """Give every process a user of its own on our broker, with a password of this run; what each signs in with.
        Nobody else gets in: `guest` gets a password that is not kept."""
        passwords = {process.name: secrets.token_urlsafe(24) for process in self.processes}
        environment = {p.password_variable: passwords[p.name] for p in self.processes}
        together = ["--together"] if len(self.processes) == len(manifest([SERVICES])) else []
        command = [sys.executable, "-m", "kefu", "broker-users", "--vhost", "/", *together]
        # in a process of its own, because it loads every service: a supervisor should stay small
        done = subprocess.run(command, env=os.environ | environment, check=False, capture_output=True, text=True)
        if done.returncode:
            raise StartError(f"The broker's users could not be made:\n{done.stderr}")
        users = json.loads(done.stdout)
        users["users"].append({"name": "guest", "password": secrets.token_urlsafe(24), "tags": ""})
        broker.import_definitions(users)
        return {p.name: broker.uri("/", p.user, passwords[p.name]) for p in self.processes}

    def _revive(self, broker: PrivateBroker | DockerBroker) -> None:
        if not broker.alive():
            self.console.warn("RabbitMQ ended; starting it again")
            broker.start()

    def _installation(self, amqp_uri: str, amqp_uris: Mapping[str, str] | None = None) -> Installation:
        given = os.environ
        return Installation(
            amqp_uri=amqp_uri,
            amqp_uris=amqp_uris or {},
            database_url=given.get("KEFU_DATABASE_URL") or sqlite_template(self.var / "db"),
            var=self.var,
            bind=given.get("KEFU_GATEWAY_BIND") or "127.0.0.1:8080",
            metrics_base=int(given.get("KEFU_METRICS_PORT_BASE") or 9400),
            settings={
                "KEFU_LOG_FORMAT": given.get("KEFU_LOG_FORMAT") or "console",
                "KEFU_LOG_LEVEL": given.get("KEFU_LOG_LEVEL") or "WARNING",
            },
            processes=self.processes,
        )

    def _refuse_taken_ports(self, installation: Installation) -> None:
        for process in self.processes:
            port = int(installation.address(process).rpartition(":")[2])
            if not is_free(port):
                variable = "KEFU_GATEWAY_BIND" if process.serves_http else "KEFU_METRICS_PORT_BASE"
                raise StartError(
                    f"Port {port} ({process.name}) is taken: stop what listens there, or set {variable} to another."
                )

    def _migrate(self, installation: Installation) -> None:
        self.console.step("Bringing the databases to the newest shape")
        done = subprocess.run(installation.command(MIGRATE), env=installation.environment(), check=False)
        if done.returncode:
            raise StartError("The databases could not be migrated; the reason is above.")

    def _operator_key(self, installation: Installation) -> str:
        """The platform operator's own credential, made at the first start and kept readable for this user only."""
        from services.tenants.bootstrap import ensure_operator

        made = ensure_operator(installation.database_url)
        if made:
            self.operator_key_file.touch(mode=0o600)
            self.operator_key_file.write_text(made + "\n")
        return self.operator_key_file.read_text().strip() if self.operator_key_file.exists() else ""

    def _child(self, installation: Installation, process: Process) -> Child:
        wave = _GATEWAY_WAVE if process.serves_http else _SERVICE_WAVE
        return Child(process.name, installation.command(process.command), installation.environment(process), wave)


class _Welcome:
    """Waits until all processes are ready, has the demonstration companies loaded, then says what to do next, once."""

    def __init__(self, platform: LocalPlatform, installation: Installation, key: str, supervisor: Supervisor) -> None:
        self._platform, self._installation, self._key, self._supervisor = platform, installation, key, supervisor
        self._began = time.monotonic()
        self._next_check = 0.0
        self._loader: Child | None = None
        self._over = False

    def __call__(self) -> None:
        if self._over or time.monotonic() < self._next_check:
            return
        self._next_check = time.monotonic() + _READY_CHECK_EVERY
        if self._loader is None and self._installation.all_ready():
            self._platform.console.done(f"All processes are ready ({time.monotonic() - self._began:.1f} s)")
            self._loader = self._load_demo()
        if self._loader and self._loader.due is None and self._loader.process is None:
            self._over = True
            self._say()

    def _load_demo(self) -> Child:
        installation = self._installation
        credentials = {"KEFU_URL": installation.url, "KEFU_KEY": self._key, "KEFU_VAR": str(self._platform.var)}
        command = installation.command(("kefu", "demo", "load"))
        child = Child("demo", command, installation.environment() | credentials, _GATEWAY_WAVE, once=True)
        if self._platform.demo and find_spec("kefu.demo"):
            self._platform.console.step("Loading the demonstration companies")
            self._supervisor.add(child)
        else:
            child.due = None
        return child

    def _say(self) -> None:
        url, key_file = self._installation.url, _short(self._platform.operator_key_file)
        lines = [
            "",
            f"  API            {url}/v1",
            f"  documentation  {url}/v1/docs",
            f"  operator key   {self._key or '(made earlier; see ' + key_file + ')'}",
            f"                 kept in {key_file}",
            "",
            "  Try:",
            f"    curl -s -H 'Authorization: Bearer {self._key or '<key>'}' {url}/v1/tenants",
            "",
            "  ctrl-C stops everything. KEFU_LOG_LEVEL=INFO shows more of what happens.",
            "",
        ]
        for line in lines:
            self._platform.console.plain(line)


def _short(path: Path) -> str:
    return os.path.relpath(path)
