"""Create, get and list by the REST APIs of other programs, on the same machine, database server and client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import click

from tests.load import seeding, wrk
from tests.load.peers import django_helpdesk, request_tracker
from tests.load.peers.site import PeerUnavailableError, Site
from tests.load.report import TIME_HEADS, ratio, table, times
from tests.load.scenarios.growth import sample
from tests.load.stand import CASE, SECONDS, Stand, size

FEW, MANY = 100, int(size("TICKETS", 20_000))
SLOW_SECONDS, SLOW_CONNECTIONS = 30, 4
"""How reads among many are measured: some take seconds each."""
KEFU = "Kefu"


def run(stand: Stand) -> dict[str, Any]:
    """Each program with few and with many tickets; one that cannot be installed is left out with a word why."""
    figures: dict[str, Any] = {}
    sizes = (FEW, MANY)  # Request Tracker makes ten a second: only few of its
    for name, serving, measured in (
        (KEFU, _kefu, sizes),
        (django_helpdesk.NAME, django_helpdesk.serving, sizes),
        (request_tracker.NAME, request_tracker.serving, sizes[:1]),
    ):
        try:
            for tickets in measured:
                with serving(stand, tickets) as site:
                    figures.setdefault(name, {})[str(tickets)] = _measure(
                        stand, site, f"{name.split()[0]}-{tickets}", tickets
                    )
        except (PeerUnavailableError, TimeoutError) as error:
            click.secho(f"{name} is left out: {error}", fg="yellow", err=True)
    return figures


def report(figures: dict[str, Any]) -> str:
    """Per program and number of tickets; how many times the peer's rate Kefu's is."""
    heads = ("", "tickets", "", "a second", "Kefu's is × as many", *TIME_HEADS, "errors")
    return table(heads, [row for name, stages in figures.items() for row in _rows_of(name, stages, figures[KEFU])])


def _rows_of(name: str, stages: Mapping[str, Any], ours: Mapping[str, Any]) -> Iterator[list[Any]]:
    for tickets, kinds in stages.items():
        for kind, row in kinds.items():
            times_as_many = "" if name == KEFU else ratio(ours[tickets][kind]["rate"], row["rate"])
            yield [name, int(tickets), kind, row["rate"], times_as_many, *times(row), row["errors"]]


def _measure(stand: Stand, site: Site, label: str, tickets: int) -> dict[str, Any]:
    return {
        kind: wrk.run(
            site.url, [request], SLOW_SECONDS if slow else SECONDS, stand.folder, f"{label}-{kind.split()[0]}",
            connections=SLOW_CONNECTIONS if slow else wrk.CONNECTIONS,
        ).as_dict()
        for kind, request in site.requests.items()
        for slow in [tickets > FEW and request.method == "GET" and label.partition("-")[0] != KEFU]
    }  # fmt: skip


@contextmanager
def _kefu(stand: Stand, tickets: int) -> Iterator[Site]:
    company = stand.company(f"peers-{tickets}")
    templates = [sample(stand, company, n) for n in range(20)]
    seeding.cases(stand, company, templates, tickets - len(templates))
    yield Site(stand.platform.base_url, {
        "get": company.request("GET", f"/v1/complaints/{templates[0]}"),
        "list of 20": company.request("GET", "/v1/complaints?limit=20"),
        "create": company.request("POST", "/v1/complaints", CASE),
    })  # fmt: skip
