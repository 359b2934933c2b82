"""What was asked of the platform and what it answered: one line a call, in memory and in a file."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID


class Outcome(StrEnum):
    """What the caller may conclude from an answer."""

    OK = "ok"
    REFUSED = "refused"  # a 4xx: it was not done and will not be
    UNCLEAR = "unclear"  # a 5xx or no answer: it may have been done, the same key will tell


@dataclass(frozen=True, slots=True)
class Write:
    """One write. Its key is the Idempotency-Key and, unless `mark` is something else, stands in the record as well, so
    that the record is found again."""

    key: str
    tenant_id: UUID
    operation: str
    verb: str
    path: str
    body: Mapping[str, Any] | None = None
    file: tuple[str, bytes] | None = None
    mark: str | None = None
    by_staff: bool = False
    acceptable: bool = True
    """False: the platform is to refuse it."""

    @property
    def place(self) -> tuple[str, UUID, str]:
        """What there must be one of."""
        return self.operation, self.tenant_id, self.mark or self.key


@dataclass(frozen=True, slots=True)
class Line:
    """One call."""

    key: str
    tenant_id: str
    operation: str
    invoked: str
    seconds: float
    outcome: Outcome
    status: int | None


@dataclass(slots=True)
class Told:
    """What the caller of a write was told, over all its tries."""

    write: Write
    outcomes: list[Outcome] = field(default_factory=list)
    statuses: list[int | None] = field(default_factory=list)
    at: datetime | None = None
    """When the last answer came, by the machine's clock."""

    @property
    def last(self) -> Outcome:
        return self.outcomes[-1]

    @property
    def recovered(self) -> bool:
        """Unclear at first, settled by a retry."""
        return self.outcomes[0] is Outcome.UNCLEAR and self.last is not Outcome.UNCLEAR


class History:
    """Every call of one run. Thread-safe."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._lock = threading.Lock()
        self._told: dict[str, Told] = {}
        self._acknowledged = 0

    def add(self, write: Write, outcome: Outcome, status: int | None, seconds: float) -> None:
        """Record one try of `write`, which ended just now."""
        now = datetime.now(UTC)
        invoked = datetime.fromtimestamp(now.timestamp() - seconds, UTC).isoformat()
        line = Line(write.key, str(write.tenant_id), write.operation, invoked, round(seconds, 4), outcome, status)
        text = json.dumps({name: getattr(line, name) for name in Line.__slots__})
        with self._lock:
            told = self._told.setdefault(write.key, Told(write))
            told.outcomes.append(outcome)
            told.statuses.append(status)
            told.at = now
            self._acknowledged += outcome is Outcome.OK
            with self.file.open("a") as out:
                out.write(text + "\n")

    @property
    def told(self) -> list[Told]:
        with self._lock:
            return list(self._told.values())

    def acknowledged(self) -> int:
        """How many writes were taken."""
        return self._acknowledged

    def unclear(self) -> list[Write]:
        return [told.write for told in self.told if told.last is Outcome.UNCLEAR]
