"""`make bench`: what Kefu costs beside a monolith that does the same without messages, in one run on one machine.

Starts its own PostgreSQL, RabbitMQ and processes, prints a table and writes var/bench.json. Figures of one machine are
noisy: read the ratios. KEFU_BENCH_SECONDS sets how long each row is measured (default 10).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import httpx
import psutil
import psycopg2

from kefu.broker import PrivateBroker
from kefu.installation import Installation, free_addresses
from kefu.ports import free_block
from kefu.postgres import PrivatePostgres
from kefu.processes import SERVICES
from kefu.waiting import wait_until
from tests.load import floor, wrk
from tests.platform.running import Platform

SECONDS = float(os.environ.get("KEFU_BENCH_SECONDS", "10"))
LEFT_OUT = ("notifications",)
"""Not part of the comparison: one subscriber, customers, stands for all."""
GOALS = {"create": 0.5, "get": 0.4}
CASE = {
    "channel": "phone",
    "content": "刹车异响,两次维修后仍未解决,要求彻底检查并说明原因",
    "complainant": {"name": "王芳", "phone": "13800138000", "vehicle_plate": "京A12345"},
    "remedy_sought": "彻底修复",
    "occurred_at": "2026-11-20T09:00:00+08:00",
}


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="kefu-bench-"))
    with PrivateBroker(folder / "rabbitmq") as broker, PrivatePostgres() as postgres:
        names = postgres.create_databases("bench", SERVICES)
        bind, metrics_base = free_addresses()
        installation = Installation(
            amqp_uri=broker.uri(), database_url=postgres.url(names), migration_url=postgres.owner_url(names),
            var=folder, bind=bind, metrics_base=metrics_base,
            settings={"KEFU_LOG_LEVEL": "WARNING", "KEFU_GATEWAY_WORKERS": "2", "KEFU_RATE": "1000000/minute"},
        )  # fmt: skip
        results: dict[str, Any] = {"seconds": SECONDS, "cpus": os.cpu_count()}
        with Platform(installation, folder) as platform:
            principal = _company(platform)
            for name in LEFT_OUT:
                platform.stop(name)
            results["kefu"] = _kefu(platform, principal, folder)
            results["round_trips"] = _round_trips(postgres, platform, principal, installation)
            results["memory_mb"] = _memory(platform)
            results["outbox_left"] = _outbox(installation)
        with _monolith(installation, principal, folder) as url:
            results["monolith"] = _http(url, principal, folder, "monolith")
        results["floor"] = {
            "rpc_echo": round(floor.rpc_echo(broker.uri(), SECONDS / 2), 1),
            "bare_transaction": round(
                floor.bare_transaction(installation.database_url.replace("{service}", "complaints"),
                                       principal["tenant_id"], SECONDS / 2), 1),
        }  # fmt: skip
    _report(results)


def _company(platform: Platform) -> dict[str, Any]:
    operator = platform.client()
    made = operator.post("/v1/tenants", json={
        "code": "bench", "name": "Bench", "packs": ["dealership"],
        "services": ["customers", "complaints"],
        "locale": "zh-CN", "timezone": "Asia/Shanghai"}).raise_for_status().json()  # fmt: skip
    key = operator.post(f"/v1/tenants/{made['id']}/admin-keys", json={"name": "bench"}).raise_for_status().json()
    administrator = platform.client(key["secret"])
    desk = administrator.post("/v1/api-keys", json={
        "name": "desk", "services": ["complaints", "customers"],
        "permissions": ["complaints.register", "complaints.read"]}).raise_for_status().json()  # fmt: skip
    return {
        "secret": desk["secret"], "tenant_id": made["id"], "roles": [],
        "actor": {"kind": "key", "id": desk["id"], "name": "desk"},
        "permissions": ["complaints.register", "complaints.read"],
    }  # fmt: skip


def _kefu(platform: Platform, principal: dict[str, Any], folder: Path) -> dict[str, Any]:
    before = _event_lag(platform)
    figures = _http(platform.base_url, principal, folder, "kefu")
    figures["event_lag"] = _lag_percentiles(before, _event_lag(platform))
    return figures


def _http(base: str, principal: dict[str, Any], folder: Path, label: str) -> dict[str, Any]:
    secret = principal["secret"]
    first = _create(base, secret)
    body = json.dumps(CASE, ensure_ascii=False)
    wrk.run(f"{base}/v1/complaints", "POST", secret, body, 2, folder, f"{label}-warm")
    rows = {"create": wrk.run(f"{base}/v1/complaints", "POST", secret, body, SECONDS, folder, f"{label}-create")}
    rows["get"] = wrk.run(f"{base}/v1/complaints/{first}", "GET", secret, None, SECONDS, folder, f"{label}-get")
    rows["list"] = wrk.run(f"{base}/v1/complaints", "GET", secret, None, SECONDS, folder, f"{label}-list")
    return {name: figures.as_dict() for name, figures in rows.items()}


def _create(base: str, secret: str) -> str:
    reply = httpx.post(
        f"{base}/v1/complaints", json=CASE, headers={"Authorization": f"Bearer {secret}"}, trust_env=False, timeout=30
    )
    found: str = reply.raise_for_status().json()["id"]
    return found


@contextmanager
def _monolith(installation: Installation, principal: dict[str, Any], folder: Path) -> Iterator[str]:
    port = free_block(1)
    environment = installation.environment() | {"BENCH_PRINCIPAL": json.dumps(principal)}
    command = [
        sys.executable, "-W", "ignore", "-m", "gunicorn", "-w2", "-k", "gthread", "--threads", "8",
        "-b", f"127.0.0.1:{port}", "tests.load.monolith:create_app()",
    ]  # fmt: skip
    with (folder / "monolith.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: _answers(url), limit=30, what="the monolith answers")
        yield url
    finally:
        process.terminate()
        process.wait(15)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/v1/complaints", trust_env=False).status_code == 401
    except httpx.HTTPError:
        return False


def _round_trips(
    postgres: PrivatePostgres, platform: Platform, principal: dict[str, Any], installation: Installation
) -> int:
    """Statements PostgreSQL got for one create, from its own log."""
    database = installation.database_url.rpartition("/")[2].replace("{service}", "complaints")
    postgres.execute("ALTER SYSTEM SET log_statement = 'all'")
    postgres.execute("ALTER SYSTEM SET log_line_prefix = '%d|%a|%v|'")
    postgres.execute("SELECT pg_reload_conf()")
    noted = "log_statement"
    wait_until(lambda: noted in postgres.log.read_text(errors="replace"), limit=10, what="statements are logged")
    begun = len(postgres.log.read_text(errors="replace"))
    _create(platform.base_url, principal["secret"])
    postgres.execute("ALTER SYSTEM RESET log_statement")
    postgres.execute("SELECT pg_reload_conf()")
    lines = postgres.log.read_text(errors="replace")[begun:].splitlines()
    mine = [line for line in lines if line.startswith(f"{database}|kefu-complaints|") and "statement:" in line]
    transactions: dict[str, list[str]] = {}
    for line in mine:
        transactions.setdefault(line.split("|")[2], []).append(line)
    creating = [t for t in transactions.values() if any('INTO "complaints"' in line for line in t)]
    trips = max(map(len, creating), default=0)
    if os.environ.get("KEFU_BENCH_STATEMENTS"):
        click.echo("\n".join(line[:200] for line in mine))
    return trips


def _event_lag(platform: Platform) -> dict[float, float]:
    """Cumulative counts of the subscriber's lag histogram, by upper bound in seconds."""
    counts: dict[float, float] = {}
    for line in platform.metrics("customers").splitlines():
        if line.startswith("kefu_event_lag_seconds_bucket"):
            labels, value = line.rsplit(" ", 1)
            bound = float(labels.split('le="')[1].split('"')[0])
            counts[bound] = counts.get(bound, 0) + float(value)
    return counts


def _lag_percentiles(before: dict[float, float], after: dict[float, float]) -> dict[str, Any]:
    """Upper bounds in milliseconds within which that share of events was applied."""
    delta = {bound: after[bound] - before.get(bound, 0) for bound in sorted(after)}
    total = max(delta.values(), default=0)
    found: dict[str, Any] = {"events": int(total)}
    for share in (50, 95, 99):
        bound = next((b for b, count in delta.items() if total and count >= total * share / 100), float("nan"))
        found[f"p{share}_at_most_ms"] = bound * 1000
    return found


def _memory(platform: Platform) -> dict[str, float]:
    """Resident megabytes of each process and its children."""
    sizes = {}
    for name in set(platform.names) - set(LEFT_OUT):
        process = psutil.Process(platform.pid(name))
        family = [process, *process.children(recursive=True)]
        sizes[name] = round(max(member.memory_info().rss for member in family) / 2**20, 1)
    return sizes


def _outbox(installation: Installation) -> int:
    """Rows left in the outbox once the load is over; waits up to 30 s for none."""
    url = installation.migration_url.replace("{service}", "complaints").replace("postgresql+psycopg2", "postgresql")
    left = -1
    for _ in range(300):
        with psycopg2.connect(url) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT set_config('kefu.system', 'on', true)")
            cursor.execute("SELECT count(*) FROM outbox")
            (left,) = cursor.fetchone() or (-1,)
        if left == 0:
            break
        time.sleep(0.1)
    return int(left)


def _report(results: dict[str, Any]) -> None:
    kefu, monolith = results["kefu"], results["monolith"]
    heads = ("monolith/s", "kefu/s", "ratio", "goal", "p50 ms", "p95 ms", "p99 ms", "errors")
    click.echo("\n" + " " * 8 + "".join(f"{head:>11}" for head in heads))
    results["ratios"] = {}
    for row in ("create", "get", "list"):
        ours, theirs = kefu[row], monolith[row]
        ratio = round(ours["rate"] / theirs["rate"], 2)
        results["ratios"][row] = ratio
        times = [ours[name] for name in ("p50", "p95", "p99")]
        cells = (theirs["rate"], ours["rate"], ratio, GOALS.get(row, ""), *times, ours["errors"])
        click.echo(f"{row:8}" + "".join(f"{cell:>11}" for cell in cells))
    click.echo(f"\nfloor: {results['floor']}")
    click.echo(f"event lag: {kefu['event_lag']} (goal p99 250 ms)")
    click.echo(f"database round trips a create: {results['round_trips']} (goal 6)")
    click.echo(f"resident MB: {results['memory_mb']} (goal 80 a service)")
    click.echo(f"outbox rows left: {results['outbox_left']}")
    path = Path("var/bench.json")
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(results, indent=2, ensure_ascii=False))
    click.echo(f"\nwritten to {path}")


if __name__ == "__main__":
    main()
