"""`pytest --clauses "AD PC"`: which clauses of those systems have a passing test, and a red end when one has none.

A clause is shown when at least one test marked with it passed and none of them failed.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

_COUNTS = Path(__file__).parent.parent / "clauses" / "clauses.yaml"
_PROPERTY = "clauses"


def clauses_of(systems: str) -> list[str]:
    """`"AD PC"` -> AD-1 ... PC-8; `all` -> every clause. UsageError for a system that does not exist."""
    counts: dict[str, int] = yaml.safe_load(_COUNTS.read_text())
    wanted = list(counts) if systems == "all" else systems.split()
    unknown = [system for system in wanted if system not in counts]
    if unknown:
        raise pytest.UsageError(f"--clauses: no system {', '.join(unknown)}; there are {', '.join(counts)}")
    return [f"{system}-{number}" for system in wanted for number in range(1, counts[system] + 1)]


@dataclass(eq=False)  # pytest keeps plugins in sets
class ClausePlugin:
    """Gathers outcomes by clause; works with xdist, because the clauses travel in the reports."""

    wanted: list[str]
    outcomes: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        known = set(clauses_of("all"))
        for item in items:
            clauses = sorted({str(clause) for marker in item.iter_markers("clause") for clause in marker.args})
            unknown = [clause for clause in clauses if clause not in known]
            if unknown:
                raise pytest.UsageError(f"{item.nodeid}: no such clause: {', '.join(unknown)}")
            item.user_properties.append((_PROPERTY, clauses))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call" and report.outcome == "passed":
            return
        clauses: Any = dict(report.user_properties).get(_PROPERTY, [])
        for clause in clauses:
            self.outcomes[clause].add(report.outcome)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.missing() and session.exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self.wanted:
            return
        terminalreporter.section("clauses")
        for system in dict.fromkeys(clause.partition("-")[0] for clause in self.wanted):
            of_system = [clause for clause in self.wanted if clause.startswith(f"{system}-")]
            missing = [clause for clause in of_system if not self._shown(clause)]
            line = f"{system} {len(of_system) - len(missing)}/{len(of_system)}"
            terminalreporter.write_line(f"{line:<9}{'  without: ' + ' '.join(missing) if missing else ''}")

    def missing(self) -> list[str]:
        return [clause for clause in self.wanted if not self._shown(clause)]

    def _shown(self, clause: str) -> bool:
        outcomes = self.outcomes.get(clause, set())
        return "passed" in outcomes and "failed" not in outcomes
