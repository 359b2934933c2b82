"""`make bench`: how fast Kefu is beside a monolith, under a day's mix, as it grows, and beside other programs.

Starts its own PostgreSQL, RabbitMQ and processes, runs the scenarios named as arguments (`make bench SCENARIOS="day
peers"`; none: all but the peers) and prints each one's tables in Markdown, as docs/operations/performance.md has them.
The tables also go to var/bench.md, all figures to var/bench.json. Figures of one machine are noisy: read the ratios.

Sizes are set by the environment:

KEFU_BENCH_SECONDS=8          how long a row is measured
KEFU_BENCH_COMPANIES=50       companies of the day
KEFU_BENCH_DAY_SECONDS=20     how long the day is
KEFU_BENCH_TENANTS=1500       tenants, and
KEFU_BENCH_RECORDS=20000      cases of one of them, to which growth goes (200000 is the whole)
KEFU_BENCH_DEADLINES=50000    running deadlines to sweep, and
KEFU_BENCH_SWEEP_SECONDS=20   how long that is watched
KEFU_BENCH_EVENTS=20000       events in the outbox to drain
KEFU_BENCH_TICKETS=20000      tickets of the peers
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import click

from tests.load.scenarios import compare, day, drain, growth, neighbour, peers
from tests.load.stand import SECONDS, stand

SCENARIOS: dict[str, ModuleType] = {
    "compare": compare,
    "day": day,
    "neighbour": neighbour,
    "drain": drain,
    "peers": peers,
    "growth": growth,
}
"""In the order in which they run: growth fills the databases and so comes last."""
ASKED_FOR = ("peers",)
"""Run only when named."""
RESULTS, REPORT = Path("var/bench.json"), Path("var/bench.md")


def main(wanted: list[str]) -> None:
    """Run those scenarios and write down what they found."""
    unknown = set(wanted) - set(SCENARIOS)
    if unknown:
        raise SystemExit(f"No such scenario: {', '.join(sorted(unknown))}. There are {', '.join(SCENARIOS)}.")
    chosen = [name for name in SCENARIOS if (name in wanted if wanted else name not in ASKED_FOR)]
    results: dict[str, Any] = {"seconds": SECONDS, "cpus": os.cpu_count(), "load_before": os.getloadavg()[0]}
    reports: list[str] = []
    folder = Path(tempfile.mkdtemp(prefix="kefu-bench-"))
    with stand(folder) as running:
        for name in chosen:
            click.secho(f"measuring {name}; logs are in {folder}", fg="cyan", err=True)
            results[name] = SCENARIOS[name].run(running)
            reports.append(f"### {name}\n\n{SCENARIOS[name].report(results[name])}")
            click.echo(f"\n{reports[-1]}")
            _write(results, reports)
    shutil.rmtree(folder)
    click.echo(f"written to {RESULTS} and {REPORT}")


def _write(results: Mapping[str, Any], reports: Sequence[str]) -> None:
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=2, ensure_ascii=False))
    REPORT.write_text("\n".join(reports))


if __name__ == "__main__":
    main(sys.argv[1:])
