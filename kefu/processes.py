"""The one manifest of what makes up a running platform: processes, their command lines and their ports.

`make run`, the tests, the bench, docker-compose.yml and the Prometheus configuration all follow it (a test compares the
last two), so a new service is added to `SERVICES` and starts everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SERVICES = ("tenants", "customers", "complaints", "notifications")
"""The nameko services in the order in which they start."""

MIGRATE = ("kefu", "migrate")
"""What must have run to its end before any process starts."""

GATEWAY = "gateway"
RELAY = "relay"

CONTAINER_METRICS_PORT = 9100
"""Port of /metrics, /healthz and /readyz of every process that has a network address of its own."""


@dataclass(frozen=True, slots=True)
class Process:
    """One process of the platform. `command` is its command line, as the set-up's `kefu` program takes it."""

    name: str
    command: tuple[str, ...]

    @property
    def serves_http(self) -> bool:
        """The gateway answers health and metrics on its own port, the others on their metrics port."""
        return self.name == GATEWAY

    @property
    def services(self) -> tuple[str, ...]:
        """The services in it; none in the relay and the gateway."""
        return () if self.name in {GATEWAY, RELAY} else tuple(self.name.split("+"))

    @property
    def user(self) -> str:
        """What it signs in to the broker as, where users are made by `kefu broker-users`."""
        return f"kefu-{self.name}"

    @property
    def password_variable(self) -> str:
        """The variable with the password of its users on broker and databases, for what makes those users."""
        return f"KEFU_{self.name.replace('+', '_').upper()}_PASSWORD"


def manifest(groups: Iterable[Sequence[str]] | None = None) -> tuple[Process, ...]:
    """All processes. `groups` says which services share a process (small installations); None: one process each."""
    chosen = [(name,) for name in SERVICES] if groups is None else [tuple(group) for group in groups]
    services = [Process("+".join(group), ("kefu", "serve", *group)) for group in chosen]
    return (*services, Process(RELAY, ("kefu", "relay")), Process(GATEWAY, ("kefu", "gateway")))
