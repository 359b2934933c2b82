"""What a platform holds on to when nothing happens: connections, queues, threads, open files, busy workers. A fault
that leaves more of them behind has leaked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text

from kefu.processes import SERVICES
from kefu.waiting import wait_until

if TYPE_CHECKING:
    from tests.faults.site import Site

SETTLE_LIMIT = 30.0
SPARE = 40
"""Threads and files more than at the start: pools fill up to their limits under load, and stay so; the largest are the
gateway's two workers with 16 threads each."""
POOLED = 12
"""Database connections a service process may keep: one a worker, and two."""
_HELD = text("""
    SELECT count(*) AS connections, count(*) FILTER (
        WHERE state LIKE 'idle in transaction%' AND state_change < now() - interval '10 seconds'
    ) AS forgotten
    FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'kefu-%'
""")
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|amq\.gen-\S+")


class Footprint:
    """Compares what there is with what there was when the platform was new and ready."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._connections = self._broker_connections()
        self._queues = self._broker_queues()
        self._threads = {name: self._total(name, _threads) for name in site.platform.names}
        self._files = {name: self._total(name, _files) for name in site.platform.names}

    def leaks(self) -> list[str]:
        """What is there too much of, once everything has had time to be let go."""
        found: list[str] = []

        def clean() -> bool:
            found[:] = self._now()
            return not found

        try:
            wait_until(clean, limit=SETTLE_LIMIT, what="everything is let go", every=0.5)
        except TimeoutError:
            return found
        return []

    def _now(self) -> list[str]:
        found = [
            f"{name}: {count - self._threads[name]} more threads"
            for name in self._threads
            if (count := self._total(name, _threads)) > self._threads[name] + SPARE
        ]
        found += [
            f"{name}: {count - self._files[name]} more open files"
            for name in self._files
            if (count := self._total(name, _files)) > self._files[name] + SPARE
        ]
        found += [f"{service}: {busy} workers busy" for service in SERVICES if (busy := self._busy(service))]
        return found or [*self._broker(), *self._database()]

    def _broker(self) -> Iterator[str]:
        if (connections := self._broker_connections()) != self._connections:
            yield f"{connections} broker connections instead of {self._connections}"
        if (queues := self._broker_queues()) != self._queues:
            yield f"queues {dict(queues - self._queues)} too many, {dict(self._queues - queues)} missing"

    def _database(self) -> Iterator[str]:
        if self._site.postgres is None:
            return
        for service in SERVICES:
            held = self._site.read(service, _HELD)[0]
            if held.forgotten:
                yield f"{service}: {held.forgotten} database connections in a forgotten transaction"
            if held.connections > POOLED + _RELAYS:
                yield f"{service}: {held.connections} database connections"

    def _busy(self, service: str) -> int:
        lines = self._site.platform.metrics(service).splitlines()
        return sum(int(float(line.rpartition(" ")[2])) for line in lines if line.startswith("kefu_workers_busy{"))

    def _total(self, name: str, count: Callable[[int], int]) -> int:
        return sum(map(count, family(self._site.platform.pid(name))))

    def _broker_connections(self) -> int:
        return len(self._lists("list_connections", "vhost", "pid"))

    def _broker_queues(self) -> Counter[str]:
        listed = self._site.broker.ctl("list_queues", "-p", self._site.vhost, "name").splitlines()
        return Counter(_ID.sub("*", name) for name in listed if not name.startswith("name"))

    def _lists(self, what: str, *columns: str) -> list[str]:
        listed = self._site.broker.ctl(what, *columns).splitlines()
        return [line for line in listed if line.split("\t")[0] == self._site.vhost]


_RELAYS = 5
"""Database connections of the relay to one service's database: two to work with, one that listens, one for the dead."""


def family(pid: int) -> list[int]:
    """The process and its children; what has ended is left out."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(member for child in children for member in family(int(child)))]


def _threads(pid: int) -> int:
    return _entries(Path(f"/proc/{pid}/task"))


def _files(pid: int) -> int:
    return _entries(Path(f"/proc/{pid}/fd"))


def _entries(folder: Path) -> int:
    try:
        return sum(1 for _ in folder.iterdir())
    except OSError:
        return 0
