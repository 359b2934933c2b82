"""A noisy neighbour: one company at fifty times its rate limit, and what the others feel of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.load.report import TIME_HEADS, ratio, table, times, verdict
from tests.load.stand import CASE, SECONDS, Company, Stand
from tests.load.wrk import Figures, Request

LIMIT, TIMES_OVER = 5, 60
"""The noisy company's requests a second, and how many times that it tries to send: at least fifty then go out."""
PACE = 40.0
"""Requests a second of the others together: a machine with room to spare, as it is when nobody is noisy."""
OTHERS = 3
GOAL = 1.5


def run(stand: Stand) -> dict[str, Any]:
    """The others' times when it is quiet and when it is not."""
    noisy = stand.company("noisy", rate=f"{LIMIT}/second")
    mix = [request for n in range(OTHERS) for request in _mix(stand, stand.company(f"calm-{n}"))]
    stand.load(mix, "calm-warm", 3, rate=PACE)
    seconds = 2 * SECONDS
    quiet = stand.load(mix, "calm-quiet", seconds, rate=PACE)
    with ThreadPoolExecutor(1) as pool:
        noise = pool.submit(_noise, stand, noisy, seconds + 2)
        disturbed = stand.load(mix, "calm-disturbed", seconds, rate=PACE)
    made = noise.result()
    return {
        "quiet": quiet.as_dict(), "disturbed": disturbed.as_dict(), "noise": made.as_dict(),
        "times_limit": ratio(made.rate, LIMIT), "p99_ratio": ratio(disturbed.p99, quiet.p99),
    }  # fmt: skip


def report(figures: dict[str, Any]) -> str:
    """The others, quiet and disturbed."""
    rows = [(name, row["rate"], *times(row), row["errors"])
            for name, row in figures.items() if name in {"quiet", "disturbed", "noise"}]  # fmt: skip
    found, statuses = figures["p99_ratio"], figures["noise"]["statuses"]
    said = (
        f"The noisy company sent {figures['times_limit']} times its limit; its answers by status: {statuses}. "
        f"The others' p99 is {found} of quiet (goal {GOAL}): {verdict(found <= GOAL)}."
    )
    return "\n".join([table(("", "a second", *TIME_HEADS, "refused or failed"), rows), said])


def _mix(stand: Stand, company: Company) -> list[Request]:
    case_id = stand.register(company)[0]
    return [
        company.request("GET", f"/v1/complaints/{case_id}", weight=5),
        company.request("GET", "/v1/complaints", weight=3),
        company.request("POST", "/v1/complaints", CASE, weight=2),
    ]


def _noise(stand: Stand, company: Company, seconds: float) -> Figures:
    asked = company.request("GET", "/v1/complaints", kind="noise")
    return stand.load([asked], "noise", seconds, rate=LIMIT * TIMES_OVER, kinds=True)
