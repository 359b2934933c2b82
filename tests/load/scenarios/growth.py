"""What growth costs: from one tenant to 1,500, from 100 cases to 200,000 in one of them, from one process to two; and
the sweep of 50,000 running deadlines."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from tests.load import seeding
from tests.load.report import ratio, table, verdict
from tests.load.stand import CASE, SECONDS, Company, Stand, size

TENANTS, RECORDS, DEADLINES = (int(size(*s)) for s in (("TENANTS", 1_500), ("RECORDS", 20_000), ("DEADLINES", 50_000)))
ROW, SWEEP_SECONDS = SECONDS / 2, size("SWEEP_SECONDS", 20)
GOAL, SWEEP_GOAL = 0.75, 2.0
TOPICS = ("刹车异响", "变速箱顿挫", "空调不制冷", "漆面划伤", "交车延期")
CATEGORIES = ("product_quality", "repair_quality", "service_quality", "sales_contract")
SAMPLES = 100
"""Cases the company has from the start: enough that every list fills its page, in the first row as in the last."""
AMOUNTS = 20
READ = 50
"""Different cases that are read."""


def run(stand: Stand) -> dict[str, Any]:
    """The same load on one company, while the platform grows around it and then within it."""
    company, template = stand.company("growth"), stand.company("growth-template")
    templates = [sample(stand, company, n) for n in range(SAMPLES)]
    stages = {f"one tenant, {SAMPLES} cases": _rows(stand, company, "empty")}
    copies = seeding.tenants(stand, template, TENANTS)
    stand.calm()
    stages[f"{TENANTS:,} tenants"] = _rows(stand, company, "tenants")
    spread = stand.load([other.request("GET", "/v1/complaints") for other in copies], "spread", ROW).as_dict()
    seeding.cases(stand, company, templates, RECORDS)
    stand.calm()
    stages[f"and {RECORDS:,} cases in one"] = _rows(stand, company, "records")
    with stand.another("complaints"):
        stages["and two processes of complaints"] = _rows(stand, company, "instances")
    return {"stages": stages, "all_tenants_calling": spread, "sweep": _sweep(stand, company), "memory": stand.memory()}


def report(figures: dict[str, Any]) -> str:
    """Throughput by stage, and its ratio to the almost empty platform's."""
    stages: Mapping[str, Mapping[str, Any]] = figures["stages"]
    kinds, base = list(next(iter(stages.values()))), next(iter(stages.values()))
    rows = []
    for name, stage in stages.items():
        ratios = [ratio(stage[kind]["rate"], base[kind]["rate"]) for kind in kinds]
        cells = [f"{stage[kind]['rate']:.0f} ({found})" for kind, found in zip(kinds, ratios, strict=True)]
        errors = sum(stage[kind]["errors"] for kind in kinds)
        rows.append((name, *cells, min(ratios), GOAL, verdict(min(ratios) >= GOAL), errors))
    spread, sweep = figures["all_tenants_calling"], figures["sweep"]
    heads = ("a second (ratio to the first row)", *kinds, "least", "goal", "", "errors")
    said = (
        f"Lists of all tenants in turn, each with a key of its own: {spread['rate']}/s, p99 {spread['p99']:.0f} ms, "
        f"{spread['errors']} errors.\n"
    )
    cost = (sweep["running"], sweep["with"], sweep["without"], sweep["cost"], SWEEP_GOAL)
    swept = table(
        ("running deadlines", "CPU s a minute", "without them", "of it the sweep", "goal", ""),
        [(*cost, verdict(sweep["cost"] < SWEEP_GOAL))],
    )
    return "\n".join([table(heads, rows), said, swept])


def sample(stand: Stand, company: Company, n: int) -> str:
    """A new case; those of different `n` differ in topic, category and level."""
    complainant = {"name": "王芳", "phone": f"137{n:08d}", "vehicle_plate": f"京B{n:05d}"}
    claimed = {"amount": n % AMOUNTS * 500_000, "currency": "CNY"}
    return stand.register(
        company, content=f"{TOPICS[n % len(TOPICS)]},要求处理", category=CATEGORIES[n % len(CATEGORIES)],
        subject=f"车型{n}", claimed_amount=claimed, complainant=complainant,
    )[0]  # fmt: skip


def _rows(stand: Stand, company: Company, label: str) -> dict[str, Any]:
    ask = company.request
    with stand.sql("complaints") as cursor:
        order = f"tenant_id = '{company.id}' ORDER BY md5(id::text) LIMIT {READ}"
        cursor.execute(f"SELECT id, number FROM complaints WHERE {order}")
        found = cursor.fetchall()
    filters = ("state=open&level=major", "category=repair_quality", "overdue=false&sort=-priority")
    words = [quote(word) for word in (*TOPICS, *(number for _, number in found[:5]))]
    mixes = {
        "get": [ask("GET", f"/v1/complaints/{id_}") for id_, _ in found],
        "list": [ask("GET", f"/v1/complaints?{filter_}") for filter_ in filters],
        "search": [ask("GET", f"/v1/complaints?q={word}") for word in words],
        "create": [ask("POST", "/v1/complaints", CASE)],
    }
    stand.load([request for mix in mixes.values() for request in mix], f"{label}-warm", 2)
    figures = {kind: stand.load(mix, f"{label}-{kind}", ROW).as_dict() for kind, mix in mixes.items()}
    stand.quiet()
    return figures


def _sweep(stand: Stand, company: Company) -> dict[str, float]:
    """CPU seconds a minute of complaints and PostgreSQL with nothing to do but their timers, without and with deadlines
    that run, of which some seven a minute pass."""
    without = _idle_cpu(stand)
    seeding.deadlines(stand, company, DEADLINES)
    with_ = _idle_cpu(stand)
    running = stand.value("complaints", "SELECT count(*) FROM deadlines WHERE next_at IS NOT NULL")
    return {"running": running, "without": without, "with": with_, "cost": round(with_ - without, 2)}


def _idle_cpu(stand: Stand) -> float:
    begun, cpu = time.monotonic(), stand.cpu_seconds("complaints")
    time.sleep(SWEEP_SECONDS)
    return round(60 * (stand.cpu_seconds("complaints") - cpu) / (time.monotonic() - begun), 2)
