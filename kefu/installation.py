"""A platform on this machine: the manifest's processes with their command lines, environments and addresses."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

import httpx

from kefu.ports import free_block
from kefu.processes import GATEWAY, RELAY, Process, manifest

READY_TIMEOUT = 1.0
_EACH_ITS_OWN = {"KEFU_AMQP_URI", "KEFU_DATABASE_URL", "KEFU_MIGRATION_DATABASE_URL"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """Where one platform's parts are. Everything its processes are told goes through their environment."""

    amqp_uri: str
    database_url: str
    """Template with `{service}`."""
    var: Path
    """Folder of what the processes keep in files: signing keys, sealed secrets, trial messages."""
    migration_url: str = ""
    """Template of what `kefu migrate` signs in with, when the services' own role owns nothing (PostgreSQL)."""
    bind: str = "127.0.0.1:8080"
    """The gateway's `host:port`."""
    metrics_base: int = 9400
    """Metrics port of the first process; the others follow in the manifest's order."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Further variables for every process."""
    amqp_uris: Mapping[str, str] = field(default_factory=dict)
    """What single processes sign in to the broker with, by name; the others use `amqp_uri`."""
    relay_url: str = ""
    """Template of what the relay signs in to the databases with, when it has a role of its own (PostgreSQL)."""
    processes: tuple[Process, ...] = field(default_factory=manifest)

    @property
    def url(self) -> str:
        return f"http://{self.bind}"

    def command(self, arguments: tuple[str, ...]) -> list[str]:
        """The manifest's command line with this very interpreter in front."""
        return [sys.executable, "-m", *arguments]

    def environment(self, process: Process | None = None) -> dict[str, str]:
        """The variables of that process; None: of a command beside them, migrations above all."""
        inherited = {name: value for name, value in os.environ.items() if name not in _EACH_ITS_OWN}
        return {
            "KEFU_SIGNING_KEYS_PATH": str(self.var / "keys" / "tenants.json"),
            "KEFU_SECOND_FACTOR_KEY_PATH": str(self.var / "keys" / "second-factor.key"),
            "KEFU_SECRETS_DIR": str(self.var / "secrets"),
            "KEFU_TRIAL_MESSAGES_DIR": str(self.var / "messages"),
            "KEFU_ATTACHMENTS_DIR": str(self.var / "attachments"),
            "KEFU_PUBLIC_URL": self.url,
            **inherited,
            "PYTHONUNBUFFERED": "1",
            "MALLOC_ARENA_MAX": "2",  # glibc keeps what a thread gave back in an arena of its own
            **self.settings,
            "KEFU_GATEWAY_BIND": self.bind,
            **(self._own(process) if process else self._migration()),
        }

    def _own(self, process: Process) -> dict[str, str]:
        """The gateway has no business with databases and is not told where they are."""
        own = {
            "KEFU_METRICS_PORT": str(self.metrics_port(process)),
            "KEFU_AMQP_URI": self.amqp_uris.get(process.name, self.amqp_uri),
        }
        if process.name != GATEWAY:
            relays = self.relay_url if process.name == RELAY else ""
            own["KEFU_DATABASE_URL"] = relays or self.database_url
        return own

    def _migration(self) -> dict[str, str]:
        """Migrations declare what lasts on the broker, as the relay does."""
        own = {
            "KEFU_AMQP_URI": self.amqp_uris.get(RELAY, self.amqp_uri),
            "KEFU_DATABASE_URL": self.database_url,
        }
        return own | ({"KEFU_MIGRATION_DATABASE_URL": self.migration_url} if self.migration_url else {})

    def metrics_port(self, process: Process) -> int:
        return self.metrics_base + self.processes.index(process)

    def address(self, process: Process) -> str:
        """`host:port` of the process's /metrics, /healthz and /readyz."""
        return self.bind if process.serves_http else f"127.0.0.1:{self.metrics_port(process)}"

    def ready(self, process: Process) -> bool:
        """Whether the process answers that it is ready to work."""
        try:
            answer = httpx.get(f"http://{self.address(process)}/readyz", timeout=READY_TIMEOUT, trust_env=False)
        except httpx.HTTPError:
            return False
        return answer.status_code == HTTPStatus.OK

    def all_ready(self) -> bool:
        """Whether every process is ready; stops asking at the first one that is not."""
        return all(self.ready(process) for process in self.processes)


def sqlite_template(folder: Path) -> str:
    """Database URL template of SQLite files in `folder`, which is made when missing."""
    folder.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{folder.absolute()}/{{service}}.db"


def free_addresses() -> tuple[str, int]:
    """A free `bind` and `metrics_base` for an installation beside others."""
    first = free_block(24)
    return f"127.0.0.1:{first}", first + 1
