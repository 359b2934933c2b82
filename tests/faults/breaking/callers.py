"""Callers who ask the same thing at once, or all the time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from uuid import UUID, uuid4

import httpx

from tests.faults.history import Outcome, Write
from tests.faults.runs import Run
from tests.faults.workload import Load
from tests.faults.writes import COMPLAINT, complaint_body

AT_ONCE = 50
LIMIT = 30.0
NOISY_RATE = "600/minute"
NOISY_THREADS = 24


@contextmanager
def same_key_at_once(run: Run) -> Iterator[None]:
    """One key fifty times: one is done, and whoever is answered gets its reply."""
    answers = _at_once(run)
    made = [answer.json() for answer in answers if answer.status_code == httpx.codes.CREATED]
    assert made
    assert all(reply == made[0] for reply in made), "one key got two replies"
    rest = {(answer.status_code, answer.json().get("code")) for answer in answers if not answer.is_success}
    assert rest <= {(409, "idempotency_key_in_use")}, rest
    yield


def _at_once(run: Run) -> list[httpx.Response]:
    company, key = run.company, f"fifty-{uuid4()}"
    body = complaint_body(run.chance, key)
    gate = threading.Barrier(AT_ONCE)

    def call(_number: int) -> httpx.Response:
        gate.wait(LIMIT)
        return company.client.post("/v1/complaints", json=body, headers={"Idempotency-Key": key})

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(call, range(AT_ONCE)))
    run.load.history.add(Write(key, company.id, COMPLAINT.name, "POST", "/v1/complaints", body), Outcome.OK, 201, 0.0)
    return answers


@contextmanager
def noisy_neighbour(run: Run) -> Iterator[None]:
    """A company calls as fast as it can, far beyond its rate: it is told so, and the others go on."""
    noisy = run.join("dealership", "customers", "complaints", "notifications")
    with run.site.platform.client() as operator:
        operator.patch(f"/v1/tenants/{noisy.id}", json={"rate": NOISY_RATE}).raise_for_status()
    quiet = set(run.load.companies)
    load = Load([noisy], run.load.history, run.load.seed + 1, run.load.mix, pace=0.0)
    with load.running(NOISY_THREADS):
        yield
    load.settle()
    told = {told.write.key: told for told in run.load.history.told}.values()
    limited = sum(429 in t.statuses for t in told if t.write.tenant_id == noisy.id)
    assert limited, "it never reached its rate"
    bothered = [t for t in told if t.write.tenant_id in quiet and (t.last is Outcome.UNCLEAR or 429 in t.statuses)]
    assert not bothered, [(t.write.key, t.statuses) for t in bothered]
    run.notes.append(f"{_share(run, noisy.id):.0f}x the calls of the others, {limited} refused")


def _share(run: Run, noisy: UUID) -> float:
    calls = [told.write.tenant_id == noisy for told in run.load.history.told]
    others = len(calls) - sum(calls)
    return sum(calls) / max(1.0, others / (len(run.companies) - 1))
