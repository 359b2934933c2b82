"""The load: wrk, each connection closed after its answer so that gunicorn's workers share them evenly."""

from __future__ import annotations

import json
import math
import os
import random
import shutil
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).with_name("mix.lua")
CONNECTIONS = 16
_ORDERS = 20_000


@dataclass(frozen=True, slots=True)
class Request:
    """One request of a mix, sent as often as its `weight` says; requests of a `kind` are measured together."""

    method: str
    path: str
    credential: str
    body: Mapping[str, Any] | None = None
    weight: float = 1.0
    kind: str = "all"
    scheme: str = "Bearer"


@dataclass(frozen=True, slots=True)
class Figures:
    """What one run showed; times in milliseconds. `errors` are answers above 399 and requests without an answer."""

    rate: float
    p50: float
    p95: float
    p99: float
    errors: int
    statuses: dict[str, int] = field(default_factory=dict)
    """How often each status came; only for a run with kinds."""
    kinds: dict[str, dict[str, float]] = field(default_factory=dict)
    """Rate and times of each kind; only for a run with kinds."""

    def as_dict(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value != {}}


def run(
    base: str,
    mix: Sequence[Request],
    seconds: float,
    folder: Path,
    label: str,
    *,
    connections: int = CONNECTIONS,
    rate: float | None = None,
    kinds: bool = False,
) -> Figures:
    """Load `base` with requests of `mix` drawn at random (the same ones in every run) and measure.

    `seconds` is rounded up to whole ones. Every POST has an idempotency key of its own, made from `label`: use a label
    once. `rate` is how many requests a second to send at most; None: as many as are answered. `kinds` also measures
    each kind by itself. RuntimeError when wrk is not installed or gives nothing.
    """
    if shutil.which("wrk") is None:
        raise RuntimeError("wrk is not installed: apt-get install wrk")
    plan, samples = folder / f"{label}.plan.lua", folder / f"{label}.samples"
    plan.write_text(_plan(mix, label, round(1000 * connections / rate) if rate else 0))
    command = [
        "wrk",
        "-t1",
        f"-c{connections}",
        f"-d{math.ceil(seconds)}s",
        "--latency",
        "--timeout",
        "30s",
        "-s",
        str(SCRIPT),
        base,
    ]
    environment = os.environ | {"PLAN": str(plan)} | ({"SAMPLES": str(samples)} if kinds else {})
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    found = [line for line in done.stdout.splitlines() if line.startswith("JSON")]
    if not found:
        raise RuntimeError(f"wrk gave nothing:\n{done.stdout}{done.stderr}")
    raw = json.loads(found[-1].removeprefix("JSON"))
    passed = raw["duration"] / 1e6
    parts = _by_kind(samples.read_text().splitlines(), passed) if kinds else {}
    p50, p95, p99 = (raw[name] / 1000 for name in ("p50", "p95", "p99"))
    return Figures(round(raw["requests"] / passed, 1), p50, p95, p99, raw["errors"], **parts)


def percentiles(values: Iterable[float], digits: int = 1) -> dict[str, float]:
    """p50, p95 and p99 of the values; of none, nothing."""
    ordered = sorted(values)
    if not ordered:
        return {}
    return {f"p{share}": round(ordered[len(ordered) * share // 100], digits) for share in (50, 95, 99)}


def _plan(mix: Sequence[Request], label: str, pause: int) -> str:
    chosen = random.Random(label).choices(range(1, len(mix) + 1), [r.weight for r in mix], k=_ORDERS)
    order, requests = ",".join(map(str, chosen)), ",\n".join(_request(request) for request in mix)
    return f"return {{label = {_text(label)}, pause = {pause},\norder = {{{order}}},\nrequests = {{\n{requests}\n}}}}\n"


def _request(request: Request) -> str:
    body = _text(json.dumps(request.body, ensure_ascii=False)) if request.body is not None else "false"
    authorization = _text(f"{request.scheme} {request.credential}")
    return f"{{{_text(request.method)}, {_text(request.path)}, {authorization}, {body}, {_text(request.kind)}}}"


def _text(value: str) -> str:
    return f"[==[{value}]==]"


def _by_kind(lines: Iterable[str], seconds: float) -> dict[str, Any]:
    times: dict[str, list[float]] = defaultdict(list)
    statuses: Counter[str] = Counter()
    for line in lines:
        kind, status, micros = line.split()
        times[kind].append(float(micros) / 1000)
        statuses[status] += 1
    kinds = {kind: {"rate": round(len(v) / seconds, 1), **percentiles(v)} for kind, v in sorted(times.items())}
    return {"statuses": dict(statuses), "kinds": kinds}
