"""Create, get and list beside a monolith that does the same without messages, and beside the bare floor under both."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from kefu.ports import free_block
from kefu.waiting import wait_until
from tests.load import floor, lag, wrk
from tests.load.report import TIME_HEADS, ratio, table, times, verdict
from tests.load.stand import CASE, SECONDS, Company, Stand, answers
from tests.load.statements import round_trips

LEFT_OUT = ("notifications",)
"""Not part of the comparison: one subscriber, customers, stands for all."""
GOALS = {"create": 0.6, "get": 0.5}
ROUND_TRIPS, LAG_MS, MEGABYTES = 6, 100, 80


def run(stand: Stand) -> dict[str, Any]:
    """Kefu and the monolith under the same load, one after the other."""
    company = stand.company("compare")
    case_id = stand.register(company)[0]
    for name in LEFT_OUT:
        stand.platform.stop(name)
    with lag.measured(stand) as lags:
        kefu = _rows(stand, stand.platform.base_url, company, case_id, "kefu")
    figures = {
        "kefu": kefu,
        "event_lag": lags.figures["customers"],
        "memory": stand.memory(),
        "round_trips": round_trips(stand, lambda: stand.register(company)),
    }
    with _monolith(stand, company) as url:
        figures["monolith"] = _rows(stand, url, company, case_id, "monolith")
    figures["floor"] = {
        "rpc_echo": floor.rpc_echo(stand.broker.uri(), SECONDS / 2),
        "bare_transaction": floor.bare_transaction(stand, company.id, case_id, SECONDS / 2),
    }
    for name in LEFT_OUT:
        stand.platform.start(name)
    stand.platform.wait_ready(*LEFT_OUT)
    return figures


def report(figures: dict[str, Any]) -> str:
    """What Kefu costs, and what it needs."""
    heads = ("", "monolith/s", "kefu/s", "ratio", "goal", *TIME_HEADS, "errors")
    lag_, floor_ = figures["event_lag"], figures["floor"]
    small = [
        ("database round trips a create", figures["round_trips"], ROUND_TRIPS,
         verdict(figures["round_trips"] <= ROUND_TRIPS)),
        ("event lag p99 under the create load, ms", lag_["p99"], LAG_MS, verdict(lag_["p99"] <= LAG_MS)),
        ("outbox rows at most, of all services", lag_["outbox_max"], "–", ""),
        ("floor: bare RPC echo, a second", floor_["rpc_echo"], "–", ""),
        ("floor: transactions with a case's rows, a second", floor_["bare_transaction"], "–", ""),
    ]  # fmt: skip
    memory = [(name, mb["rss"], mb["pss"]) for name, mb in figures["memory"].items()]
    return "\n".join([
        table(heads, [_compared(name, figures) for name in figures["kefu"]]),
        table(("", "measured", "goal", ""), small),
        table(("memory, MB", "resident", "of it its own share"), memory),
    ])  # fmt: skip


def _compared(name: str, figures: dict[str, Any]) -> list[Any]:
    ours, theirs = figures["kefu"][name], figures["monolith"][name]
    found = ratio(ours["rate"], theirs["rate"])
    goal = f"{GOALS[name]} {verdict(found >= GOALS[name])}" if name in GOALS else "–"
    return [name, theirs["rate"], ours["rate"], found, goal, *times(ours), ours["errors"] + theirs["errors"]]


def _rows(stand: Stand, base: str, company: Company, case_id: str, label: str) -> dict[str, Any]:
    create = company.request("POST", "/v1/complaints", CASE)
    wrk.run(base, [create], 2, stand.folder, f"{label}-warm")
    mixes = {
        "create": create,
        "get": company.request("GET", f"/v1/complaints/{case_id}"),
        "list of 20": company.request("GET", "/v1/complaints"),
    }
    return {
        name: wrk.run(base, [request], SECONDS, stand.folder, f"{label}-{name.split()[0]}").as_dict()
        for name, request in mixes.items()
    }


@contextmanager
def _monolith(stand: Stand, company: Company) -> Iterator[str]:
    port = free_block(1)
    process = next(p for p in stand.installation.processes if p.name == "complaints")
    environment = stand.installation.environment(process) | {"BENCH_COMPANY": json.dumps(asdict(company))}
    command = [
        sys.executable, "-W", "ignore", "-m", "gunicorn", "-w2", "-k", "gthread", "--threads", "8",
        "-b", f"127.0.0.1:{port}", "tests.load.monolith:create_app()",
    ]  # fmt: skip
    with (stand.folder / "monolith.log").open("wb") as log:
        running = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: answers(f"{url}/v1/complaints", 401), limit=30, what="the monolith answers")
        yield url
    finally:
        running.terminate()
        running.wait(15)
