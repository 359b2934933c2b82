"""One run: two companies, load, a fault, healing, settling, verdict."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.checker import Checker, Verdict
from tests.faults.history import History
from tests.faults.site import Site
from tests.faults.workload import MIX, Company, Load

WHOLE = os.environ.get("KEFU_FAULTS") == "whole"
"""All faults on all databases, at full length; else the part that fits into `make test`."""
whole = pytest.mark.skipif(not WHOLE, reason="a part of the whole: make faults")
VERDICTS: list[tuple[Verdict, float]] = []
"""Of this session, with the slowest refusal of each, for the table at its end."""
FIGURES = ("attempt", "acknowledged", "ok", "lost", "unexpected", "duplicated", "recovered", "events")


@dataclass(frozen=True, slots=True)
class Run:
    """What a fault gets into its hands while the load is on."""

    site: Site
    load: Load
    all_services: Company
    """Has every service."""
    without_notifications: Company


@contextmanager
def under_load(site: Site, fault: str, *, dead: int = 0, mix: Mapping[str, int] = MIX) -> Iterator[Run]:
    """Run the body's fault under load; it heals what it breaks. Afterwards raises `Violation` unless everything is as
    it must be. `dead` is how many dead letters of these companies the fault makes on purpose. KEFU_FAULTS_SEED repeats
    an earlier run's writes."""
    seed = int(os.environ.get("KEFU_FAULTS_SEED") or random.SystemRandom().randrange(10**6))
    one = site.company("dealership", "customers", "complaints", "notifications")
    other = site.company("property", "customers", "complaints")
    history = History(_file(site.folder, fault))
    load, told_before = Load([one, other], history, seed, mix), len(site.refusals)
    with load.running():
        load.flow()
        yield Run(site, load, one, other)
        load.flow()
    load.settle()
    without = f" (without {', '.join(site.sabotage.values())})" if site.sabotage else ""
    verdict = Checker(site, [one, other], history).judge(fault + without, seed, dead)
    VERDICTS.append((verdict, max(site.refusals[told_before:], default=0.0)))
    verdict.raise_if_bad()


def _file(folder: Path, fault: str) -> Path:
    return folder / f"history-{re.sub(r'[^a-z0-9]+', '-', fault.lower())}.jsonl"


def table() -> list[str]:
    """The session's verdicts, one line each."""
    head = f"{'fault':<52}{'database':<11}{'seed':>7} " + " ".join(f"{name:>12}" for name in FIGURES) + "  refused in"
    return [head, *(_row(verdict, slowest) for verdict, slowest in VERDICTS)]


def _row(verdict: Verdict, slowest: float) -> str:
    figures = " ".join(f"{getattr(verdict, name):>12}" for name in FIGURES)
    waited = f"{slowest:>10.2f} s" if slowest else f"{'-':>10}"
    red = f"  {verdict.violations} VIOLATIONS" if verdict.violations else ""
    return f"{verdict.fault:<52}{verdict.database:<11}{verdict.seed:>7} {figures}  {waited}{red}"
