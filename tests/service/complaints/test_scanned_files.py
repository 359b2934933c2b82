"""No file that the virus scanner objects to, or that it could not look at, is taken (ASVS 5.4.3)."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from chassis import metrics
from chassis.tables import AuditRow
from contracts import complaints as contract
from contracts.problems import Problem
from tests.platform import clamd
from tests.service.complaints.bench import Company, Json


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if not clamd.PROGRAM:
        pytest.skip("clamd is not installed: apt-get install clamav-daemon")
    with clamd.running(tmp_path_factory.mktemp("clamd")) as (_, socket):
        yield socket


def refused(company: Company, case: Json, content: bytes) -> Problem:
    sent = base64.b64encode(content).decode()
    return company.refused(contract.ADD_ATTACHMENT, complaint_id=case["id"], content=sent, filename="a.txt")


def files(company: Company, case: Json) -> list[Json]:
    found: list[Json] = company.call(contract.LIST_ATTACHMENTS, complaint_id=case["id"])["items"]
    return found


def count(outcome: str) -> float:
    return metrics.REGISTRY.get_sample_value("kefu_scans_total", {"service": "complaints", "outcome": outcome}) or 0.0


def test_an_infected_file_is_refused_and_put_on_record(
    company: Company, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEFU_CLAMD", address)
    case = company.register()
    company.attach(case, "harmless")
    before = count("infected"), count("clean")
    problem = refused(company, case, clamd.MARK)
    assert (problem.code, problem.status, problem.params) == ("file_infected", 422, {"found": "Kefu.Test.UNOFFICIAL"})
    assert len(files(company, case)) == 1
    with company.bench.database.begin(company.id) as session:
        row = session.scalars(select(AuditRow).where(AuditRow.action == "file.infected")).one()
    assert row.after is not None
    assert row.after["operation"] == "complaints.add_attachment"
    assert row.after["size"] == len(clamd.MARK)
    assert (count("infected") - before[0], count("clean") - before[1]) == (1, 0)


def test_while_the_scanner_is_away_no_file_is_taken_unless_the_operator_says_so(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEFU_CLAMD", "unix:/nowhere/clamd.ctl")
    case, before = company.register(), count("unscanned_refused")
    problem = refused(company, case, b"harmless")
    assert (problem.code, problem.status) == ("scanner_unavailable", 503)
    assert files(company, case) == []
    assert count("unscanned_refused") == before + 1
    monkeypatch.setenv("KEFU_UNSCANNED_FILES", "accept")
    company.attach(case, "harmless")
    assert len(files(company, case)) == 1
