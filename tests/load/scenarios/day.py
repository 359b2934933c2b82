"""A day of fifty companies of unequal size: 70 % reads, 20 % actions, 10 % creates, with all events and notices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from tests.load import lag
from tests.load.report import TIME_HEADS, table, times
from tests.load.stand import CASE, Company, Stand, answer, size
from tests.load.wrk import Request

COMPANIES, SECONDS = int(size("COMPANIES", 50)), size("DAY_SECONDS", 20)
SHARES = {"get": 30, "list": 20, "search": 10, "history": 10, "note": 12, "amend": 8, "create": 10}
"""Of a hundred requests: 70 reads, 20 actions, 10 creates."""
SERVICES = ("customers", "complaints", "notifications")
CASES, CUSTOMERS = 4, 2
"""On file before, in each company."""


def run(stand: Stand) -> dict[str, Any]:
    """The day under full load: as many requests as are answered."""
    mix = [request for rank in range(1, COMPANIES + 1) for request in _company(stand, rank)]
    stand.load(mix, "day-warm", 5)
    stand.quiet()
    with lag.measured(stand) as lags:
        figures = stand.load(mix, "day", SECONDS, kinds=True)
    return {"companies": COMPANIES, **figures.as_dict(), "lags": lags.figures, "memory": stand.memory()}


def report(figures: dict[str, Any]) -> str:
    """Throughput and times of each kind of request; how far behind the subscribers are."""
    whole = {"all": figures} | figures["kinds"]
    kinds = [(name, SHARES.get(name, 100), row["rate"], *times(row)) for name, row in whole.items()]
    lags = [(name, row["events"], *times(row)) for name, row in figures["lags"].items() if row["events"]]
    most = max(row["outbox_max"] for row in figures["lags"].values())
    said = (
        f"{figures['companies']} companies; answers by status: {figures['statuses']}; without answer or refused: "
        f"{figures['errors']}; all outboxes together held {most} rows at most."
    )
    by_kind, by_service = ("", "share %", "a second", *TIME_HEADS), ("event lag", "events", *TIME_HEADS)
    return "\n".join([table(by_kind, kinds), table(by_service, lags), said])


def _company(stand: Stand, rank: int) -> Iterator[Request]:
    """What the company of that rank by size asks for: of n-th size, the n-th part of the largest (Zipf)."""
    company = stand.company(f"day-{rank}", SERVICES)
    _put_on_file(stand, company, rank)
    cases = [stand.register(company, complainant=_complainant(rank, n))[0] for n in range(CASES)]
    for kind, requests in _kinds(company, rank, cases).items():
        for request in requests:
            yield replace(request, kind=kind, weight=SHARES[kind] / len(requests) / rank)


def _kinds(company: Company, rank: int, cases: Sequence[str]) -> dict[str, list[Request]]:
    ask, own = company.request, [f"/v1/complaints/{case}" for case in cases]
    words = (quote("刹车"), _plate(rank, 1))
    claims = [{"amount": n * 10_000, "currency": "CNY"} for n in range(len(own))]
    complaints = [{**CASE, "complainant": _complainant(rank, n)} for n in range(10)]
    return {
        "get": [ask("GET", path) for path in own],
        "list": [ask("GET", "/v1/complaints"), ask("GET", "/v1/complaints?state=open")],
        "search": [ask("GET", f"/v1/complaints?q={word}") for word in words],
        "history": [ask("GET", f"{path}/history") for path in own],
        "note": [ask("POST", f"{path}/actions/add_note", {"note": "已致电客户"}) for path in own],
        "amend": [ask("PATCH", path, {"claimed_amount": claim}) for path, claim in zip(own, claims, strict=True)],
        "create": [ask("POST", "/v1/complaints", complaint) for complaint in complaints],
    }


def _put_on_file(stand: Stand, company: Company, rank: int) -> None:
    with stand.platform.client(company.secret) as client:
        for n in range(CUSTOMERS):
            person = {
                "name": "王芳",
                "phone": _phone(rank, n),
                "assets": [{"kind": "vehicle", "plate": _plate(rank, n)}],
            }
            answer(client.post("/v1/customers", json=person))


def _complainant(rank: int, n: int) -> dict[str, str]:
    """The first ones are customers on file."""
    return {"name": "王芳", "phone": _phone(rank, n), "vehicle_plate": f"京A{_plate(rank, n)}"}


def _phone(rank: int, n: int) -> str:
    return f"138{rank:04d}{n:04d}"


def _plate(rank: int, n: int) -> str:
    return f"{rank:03d}{n:02d}"
