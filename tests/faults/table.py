"""The faults: what is broken, how long, and what its callers must hear meanwhile. One line is one run of
`test_faults.py`; what must hold afterwards is the same for all (`checker.py`, `footprint.py`)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from kefu.processes import GATEWAY, RELAY, SERVICES
from tests.faults.breaking import broker, callers, clocks, database, links, messages, processes, upgrade
from tests.faults.runs import SOAK, WHOLE
from tests.faults.writes import COMPLAINT, MIX, READ, Mix

Breaking = Callable[..., AbstractContextManager[None]]
ALL = SERVICES
NOBODY: tuple[str, ...] = ()
QUEUED = 100_000 if SOAK else 5_000


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. Entering `breaking(run)` breaks something, leaving it heals it; it raises when the fault did not
    happen."""

    name: str
    breaking: Breaking
    lasts: float = 0.0
    """Seconds, in `make faults`; at most five in `make test`."""
    down: Collection[str] = NOBODY
    """Services whose callers are refused at once while it lasts."""
    answering: Collection[str] | None = None
    """Services that must answer while it lasts; None: all that are not down."""
    fast: bool = False
    """Also in `make test`."""
    on_sqlite: bool = False
    """Also on SQLite, in `make faults`."""
    mix: Mix = field(default_factory=lambda: MIX)

    @property
    def seconds(self) -> float:
        return self.lasts if WHOLE else min(self.lasts, 5.0)


def _killed(service: str, point: str, **more: Any) -> Fault:
    breaking = partial(processes.killed_at, name=service, point=point)
    return Fault(f"{service} killed {point}", breaking, down=[service], **more)


def _on_link(to: str) -> list[Fault]:
    return [
        Fault(f"link to the {to} cut", partial(links.cut, to=to), lasts=10, down=ALL, fast=to == "database"),
        Fault(f"link to the {to} half-open", partial(links.half_open, to=to), lasts=20, answering=NOBODY),
        Fault(f"link to the {to} 500 ms late", partial(links.late, to=to, seconds=0.5), lasts=10),
        Fault(f"link to the {to} reset three times", partial(links.reset, to=to)),
    ]


WITHOUT_READING = {kind: weight for kind, weight in MIX.items() if kind is not READ}
"""For clocks set back: what came in the future cannot be read in the past."""
TIMES = [  # first, while few deadlines wait to be passed
    Fault("clocks 10 minutes ahead, then behind", partial(clocks.wrong, by=600.0), mix=WITHOUT_READING, fast=True),
    Fault(
        "New Year without the year's calendar", partial(clocks.year_without_calendar, year=2027), mix=WITHOUT_READING
    ),
    Fault(
        "complaints restarted in another time zone",
        partial(clocks.in_another_zone, service="complaints", zone="Pacific/Kiritimati"),
    ),
    Fault("every event again a day later", messages.a_day_later, mix=WITHOUT_READING),
]
PROCESSES = [
    *(
        _killed(
            service, point, fast=(service, point) == ("complaints", "after_reply"), on_sqlite=service == "complaints"
        )
        for service in SERVICES
        for point in ("before_commit", "after_commit", "after_reply")
    ),
    *(_killed(service, "after_event_commit", on_sqlite=service == "customers") for service in SERVICES),
    Fault(
        "complaints killed, its events not relayed",
        partial(processes.killed_before_its_events_left, service="complaints"),
        down=["complaints"], on_sqlite=True,
    ),
    *(
        Fault(
            f"relay killed after publishing {service}'s events",
            partial(processes.relay_killed_after_publishing, service=service),
            fast=service == "complaints", on_sqlite=service == "complaints",
            mix={COMPLAINT: 1} if service == "complaints" else MIX,
        )
        for service in ("tenants", "customers", "complaints")
    ),
    Fault("any process killed at random", partial(processes.killed_at_random, times=40 if SOAK else 8), on_sqlite=True),
    Fault("one of two complaints killed", partial(processes.one_of_two_killed, service="complaints")),
    Fault("a gateway worker killed", processes.gateway_worker_killed, answering=NOBODY),
    Fault("everything terminated under load", processes.terminated, answering=NOBODY, fast=True, on_sqlite=True),
    Fault(
        "complaints frozen", partial(processes.frozen, name="complaints", seconds=30),
        answering=["tenants", "customers", "notifications"], lasts=10,
    ),
    Fault("relay frozen", partial(processes.frozen, name=RELAY, seconds=30), lasts=5),
    Fault("gateway frozen", partial(processes.frozen, name=GATEWAY, seconds=10), answering=NOBODY),
]  # fmt: skip
BROKER = [
    Fault("broker gone", broker.stopped, lasts=60, down=ALL, fast=True),
    Fault("broker killed three times", partial(broker.killed, times=3), lasts=1, down=ALL),
    Fault("broker out of disk", partial(broker.alarmed, what="disk"), lasts=10, down=ALL),
    Fault("broker out of memory", partial(broker.alarmed, what="memory"), lasts=10, down=ALL),
    *_on_link("broker"),
]
DATABASE = [
    Fault("PostgreSQL restarted -m fast", partial(database.restarted, immediately=False), down=ALL),
    Fault("PostgreSQL restarted -m immediate", partial(database.restarted, immediately=True), down=ALL, fast=True),
    Fault(
        "complaints' table locked", partial(database.locked, service="complaints", table="complaints"), lasts=30,
        answering=["tenants", "customers", "notifications"],
    ),
    Fault("disk full below complaints", partial(database.full, service="complaints", table="history"), lasts=5),
    *_on_link("database"),
]  # fmt: skip
MESSAGES = [
    Fault("every event delivered twice", messages.twice, fast=True, on_sqlite=True),
    Fault(
        "events of each case in reverse order",
        partial(messages.out_of_order, service="customers", source="complaints"),
    ),
    Fault("poison: no JSON, unknown type, bad handler, 1 MB", messages.poisoned, fast=True, on_sqlite=True),
    Fault("an event that kills its process", partial(messages.deadly, service="customers")),
    Fault(
        f"customers comes back to {QUEUED} events queued",
        partial(messages.queued, service="customers", count=QUEUED), lasts=5,
    ),
]  # fmt: skip
CALLERS = [
    Fault("one key fifty times at once", callers.same_key_at_once, fast=True, on_sqlite=True),
    Fault("a company far beyond its rate", callers.noisy_neighbour, lasts=15),
]
UPGRADES = [Fault("rolling upgrade with a migration, and back", upgrade.rolling, lasts=2)]
"""Last: the database stays migrated."""
FAULTS = [*TIMES, *PROCESSES, *BROKER, *DATABASE, *MESSAGES, *CALLERS, *UPGRADES]
