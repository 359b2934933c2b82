"""One run: companies, load, a fault, healing, settling, verdict."""

from __future__ import annotations

import os
import random
import re
import time
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from kefu.processes import SERVICES
from kefu.waiting import wait_until
from tests.faults.checker import Checker
from tests.faults.companies import Company
from tests.faults.history import History
from tests.faults.site import Site
from tests.faults.verdicts import VERDICTS, Verdict
from tests.faults.workload import PACE, Load
from tests.faults.writes import MIX, Mix

LEVEL = os.environ.get("KEFU_FAULTS_LEVEL", "")
"""Empty: the part that fits into `make test`. `whole`: all faults, once. `soak`: all, with many writes each."""
WHOLE, SOAK = LEVEL in {"whole", "soak"}, LEVEL == "soak"
whole = pytest.mark.skipif(not WHOLE, reason="a part of the whole: make faults")
SOAK_WRITES = 10_000
BACK_LIMIT = 60.0
COMPANIES = (
    ("dealership", "customers", "complaints", "notifications"),
    ("developer", "customers", "complaints", "notifications"),
    ("property", "customers", "complaints"),
)


@dataclass(slots=True)
class Run:
    """What a fault gets into its hands while the load is on."""

    site: Site
    load: Load
    companies: list[Company]
    chance: random.Random
    dead: int = 0
    """Dead letters of these companies that the fault made on purpose."""
    ordered: bool = True
    """False: the fault mixed up the order of events itself."""
    settle_limit: float = 30.0
    notes: list[str] = field(default_factory=list)
    """Figures for the table."""
    stack: ExitStack = field(default_factory=ExitStack)
    """Ends with the run."""

    @property
    def company(self) -> Company:
        """One that has every service."""
        return self.companies[0]

    def join(self, *made_of: str) -> Company:
        """One more company, of (pack, *services), judged with the others."""
        [company] = self.stack.enter_context(self.site.companies(made_of))
        self.companies.append(company)
        return company

    def watch(self, seconds: float, *, down: Collection[str] = (), answering: Collection[str] | None = None) -> None:
        """For so long, and at least once: callers of what is `down` are told so at once; the rest (or what is named)
        answers."""
        end = time.monotonic() + seconds
        up = [name for name in SERVICES if name not in down] if answering is None else answering
        while True:
            for service in down:
                self.site.refuses(self.company, service)
            for service in up:
                assert self.site.answers(self.company, service), f"{service} does not answer though only {down} is down"
            if time.monotonic() > end:
                return
            time.sleep(0.2)

    def await_answers(self) -> None:
        """Wait until every process is ready and every service answers."""
        self.site.platform.wait_ready()
        for service in SERVICES:
            answers = partial(self.site.answers, self.company, service)
            wait_until(answers, limit=BACK_LIMIT, what=f"{service} answers")


@contextmanager
def under_load(site: Site, fault: str, mix: Mix = MIX) -> Iterator[Run]:
    """Run the body's fault under load; it heals what it breaks. Afterwards raises `Violation` unless everything is as
    it must be. KEFU_FAULTS_SEED repeats an earlier run's writes."""
    seed = int(os.environ.get("KEFU_FAULTS_SEED") or random.SystemRandom().randrange(10**6))
    told_before = len(site.refusals)
    site.revive_all()
    with ExitStack() as stack:
        companies = stack.enter_context(site.companies(*COMPANIES))
        load = Load(companies, History(_file(site.folder, fault)), seed, mix, 0.0 if SOAK else PACE)
        run = Run(site, load, companies, random.Random(seed), stack=stack)
        with load.running():
            load.flow()
            yield run
            run.await_answers()
            load.flow(max(15, SOAK_WRITES - load.history.acknowledged() if SOAK else 0))
        load.settle()
        without = f" (without {', '.join(site.sabotage.values())})" if site.sabotage else ""
        verdict = Verdict(fault + without, site.databases.kind, seed)
        Checker(site, companies, load.history).judge(
            verdict, dead=run.dead, ordered=run.ordered, settle_limit=run.settle_limit
        )
    verdict.refused_in = max(site.refusals[told_before:], default=0.0)
    verdict.note = ", ".join(run.notes)
    if not site.sabotage:
        verdict.blame("leaked", site.footprint.leaks())
    VERDICTS.append(verdict)
    verdict.raise_if_bad()


def _file(folder: Path, fault: str) -> Path:
    return folder / f"history-{re.sub(r'[^a-z0-9]+', '-', fault.lower())}.jsonl"
