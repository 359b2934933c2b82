"""What the checker found, as figures and as sentences, and the table of a session's verdicts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

SHOWN = 8
"""Violations of a kind that are told one by one."""
FIGURES = ("attempt", "acknowledged", "ok", "lost", "unexpected", "duplicated", "recovered", "events")


class Violation(AssertionError):
    """Something was lost, doubled, misplaced or leaked."""


@dataclass(slots=True)
class Verdict:
    """The figures of one fault, and what was found wrong."""

    fault: str
    database: str
    seed: int
    attempt: int = 0
    acknowledged: int = 0
    ok: int = 0
    lost: int = 0
    unexpected: int = 0
    duplicated: int = 0
    recovered: int = 0
    events: int = 0
    refused_in: float = 0.0
    """Seconds the slowest caller of a part that was down waited to hear so."""
    settled_in: float = 0.0
    """Seconds from the end of the load until nothing was on its way any more."""
    note: str = ""
    findings: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """By figure; "disordered", "unfinished", "untrue" and "leaked" have none."""

    def blame(self, kind: str, texts: Iterable[str]) -> None:
        """Add these violations, and count them when their kind is one of the figures."""
        found = list(texts)
        self.findings[kind] += found
        if kind in FIGURES:
            setattr(self, kind, getattr(self, kind) + len(found))

    @property
    def violations(self) -> int:
        return sum(map(len, self.findings.values()))

    def raise_if_bad(self) -> None:
        if self.violations:
            shown = [f"  {kind}: {text}" for kind, texts in self.findings.items() for text in texts[:SHOWN]]
            raise Violation("\n".join([f"{self.fault} on {self.database}: {self.violations} violations", *shown]))


VERDICTS: list[Verdict] = []
"""Of this session, for the table at its end."""


@dataclass(frozen=True, slots=True)
class Noticed:
    """A guarantee that was switched off, the test that went red for it, and what it said."""

    guarantee: str
    test: str
    said: str


NOTICED: list[Noticed] = []
"""Of this session."""
GUARANTEES = ("outbox", "inbox", "reply", "filter", "rls", "seal")


def sabotages() -> list[str]:
    """How many of the guarantees were seen to be missed, and by what."""
    seen = {noticed.guarantee for noticed in NOTICED}
    head = f"switched off and noticed: {len(seen)}/{len(GUARANTEES)}"
    return [head, *(f"{noticed.guarantee:<8}{noticed.test:<90}{noticed.said[:60]}" for noticed in NOTICED)]


def table() -> list[str]:
    """The session's verdicts, one line each."""
    columns = " ".join(f"{name:>{_width(name)}}" for name in FIGURES)
    head = f"{'fault':<58}{'database':<11}{'seed':>7} {columns}  refused in  settled in"
    return [head, *map(_row, VERDICTS)]


def _width(name: str) -> int:
    return max(len(name), 6)


def _row(verdict: Verdict) -> str:
    figures = " ".join(f"{getattr(verdict, name):>{_width(name)}}" for name in FIGURES)
    waited = f"{verdict.refused_in:>8.2f} s" if verdict.refused_in else f"{'-':>10}"
    red = f"  {verdict.violations} VIOLATIONS" if verdict.violations else ""
    note = f"  {verdict.note}" if verdict.note else ""
    return (
        f"{verdict.fault:<58}{verdict.database:<11}{verdict.seed:>7} {figures}  {waited}  "
        f"{verdict.settled_in:>8.1f} s{note}{red}"
    )
