"""The load: wrk with 16 connections, each closed after its answer so that gunicorn's workers share them evenly."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

SCRIPT = """
local counter, base = 0, "%s"
request = function()
  counter = counter + 1
  local headers = {["Authorization"]="Bearer %s", ["Connection"]="close", ["Content-Type"]="application/json"}
  if "%s" == "POST" then headers["Idempotency-Key"] = base .. "-" .. tostring(counter) end
  return wrk.format("%s", nil, headers, %s)
end
done = function(summary, latency, requests)
  io.write("JSON" .. string.format('{"requests":%%d,"duration":%%d,"errors":%%d,"p50":%%d,"p95":%%d,"p99":%%d}',
    summary.requests, summary.duration,
    summary.errors.status + summary.errors.connect + summary.errors.read
      + summary.errors.write + summary.errors.timeout,
    latency:percentile(50), latency:percentile(95), latency:percentile(99)) .. "\\n")
end
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """What one run showed; times in milliseconds."""

    rate: float
    p50: float
    p95: float
    p99: float
    errors: int

    def as_dict(self) -> dict[str, float]:
        return asdict(self)


def run(  # noqa: PLR0917  (a request, for so long, into this folder)
    url: str, method: str, credential: str, body: str | None, seconds: float, folder: Path, label: str
) -> Figures:
    """Load `url` and measure. RuntimeError when wrk is not installed or gives nothing."""
    if shutil.which("wrk") is None:
        raise RuntimeError("wrk is not installed: apt-get install wrk")
    script = folder / f"{label}.lua"
    script.write_text(SCRIPT % (label, credential, method, method, f"[==[{body}]==]" if body else "nil"))
    command = ["wrk", "-t1", "-c16", f"-d{seconds:g}s", "--latency", "-s", str(script), url]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    found = [line for line in done.stdout.splitlines() if line.startswith("JSON")]
    if not found:
        raise RuntimeError(f"wrk gave nothing:\n{done.stdout}{done.stderr}")
    raw = json.loads(found[-1].removeprefix("JSON"))
    rate = raw["requests"] / (raw["duration"] / 1e6)
    return Figures(round(rate, 1), raw["p50"] / 1000, raw["p95"] / 1000, raw["p99"] / 1000, raw["errors"])
