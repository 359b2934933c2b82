"""Kept reports as files: made of what was kept, stored at the first download, the same ever after (SPEC PL-13)."""

from __future__ import annotations

import base64
import io
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook
from sqlalchemy import update

from chassis import clock, press
from contracts.complaints import kept_reports as contract
from contracts.problems import PRINTING_UNAVAILABLE
from services.complaints.models import ComplaintRow
from services.complaints.reporting import books
from tests.service.complaints.bench import Bench, Company, Json
from tests.service.complaints.test_kept_reports import NOVEMBER

NAMES = {"labels": {"zh-CN": "=1+1 类别 <b>", "en": "=1+1 <b>odd</b>"}, "department": "service"}


@pytest.fixture(scope="module", autouse=True)
def _press() -> Iterator[None]:
    """Others load the machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(press, "SECONDS", 60)
        yield
    press.close()


@pytest.fixture
def company(bench: Bench) -> Company:
    """A car dealership with a few cases in October."""
    with clock.freeze(NOVEMBER):
        made = bench.company(figures={"customers": {"value": 4000}}, categories={"odd": NAMES})
        for number in range(6):
            category = ("repair_quality", "product_quality", "odd")[min(number % 4, 2)]
            made.register(received_at=f"2026-10-0{number + 1}T10:00:00+08:00", category=category)
        _found_valid(made)
    return made


def _found_valid(company: Company) -> None:
    with company.bench.database.begin(company.id) as session:
        session.execute(update(ComplaintRow).where(ComplaintRow.tenant_id == company.id).values(validity="valid"))


def made(company: Company, report: str = "management_review", period: str = "2026-H1") -> Json:
    found: Json = company.call(contract.MAKE_REPORT, report=report, period=period)
    return found


def file_of(company: Company, report: Json, **query: Any) -> tuple[str, bytes]:
    answer = company.call(contract.DOWNLOAD_REPORT, report_id=report["id"], **query)
    return answer["filename"], base64.b64decode(answer["content"])


def words_of(pdf: bytes, folder: Path) -> str:
    (folder / "a.pdf").write_bytes(pdf)
    done = subprocess.run(["pdftotext", "-layout", folder / "a.pdf", "-"], check=True, capture_output=True, text=True)
    return done.stdout


def test_as_a_workbook_with_native_charts(company: Company) -> None:
    with clock.freeze(NOVEMBER):
        report = made(company, "monthly", "2026-10")
    name, content = file_of(company, report, format="xlsx", locale="en")
    assert name == "Monthly complaint figures 2026-10.xlsx"
    book = load_workbook(io.BytesIO(content))
    figures = {row[0].value: row[1].value for row in book["Figures"].iter_rows(max_col=2)}
    assert (figures["Received"], figures["Valid, per cent"]) == (6, 1.0)
    groups = {row[0].value: row[1].value for row in book["By category"].iter_rows(max_col=2)}
    assert groups["=1+1 <b>odd</b>"] == 2
    assert book["By category"]["A6"].data_type == "s", "a text, never a formula"
    charts = [entry for entry in ZipFile(io.BytesIO(content)).namelist() if entry.startswith("xl/charts/chart")]
    assert len(charts) == len(report["tables"])


def test_as_a_paper_in_both_languages(company: Company, tmp_path: Path) -> None:
    with clock.freeze(NOVEMBER):
        report = made(company, "monthly", "2026-10")
    for locale, words in (
        ("zh-CN", ("月度投诉统计", "受理件数", "李顾问", "=1+1 类别 <b>")),
        ("en", ("Monthly complaint figures", "Received", "By category", "=1+1 <b>odd</b>")),
    ):
        name, content = file_of(company, report, format="pdf", locale=locale)
        assert name.endswith("2026-10.pdf")
        text = words_of(content, tmp_path)
        assert [word for word in words if word not in text] == []
        assert "宏远" in text


def test_the_first_download_is_kept(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    with clock.freeze(NOVEMBER):
        report = made(company)
    first = file_of(company, report, format="xlsx", locale="en")
    monkeypatch.setattr(books, "workbook", lambda _: b"something else")
    assert file_of(company, report, format="xlsx", locale="en") == first
    (kept,) = company.call(contract.GET_REPORT, report_id=report["id"])["files"]
    assert (kept["format"], kept["locale"], kept["size"]) == ("xlsx", "en", len(first[1]))
    assert len(kept["sha256"]) == 64


def test_no_file_is_kept_while_nothing_can_be_printed(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Any) -> bytes:
        raise PRINTING_UNAVAILABLE(reason="x")

    with clock.freeze(NOVEMBER):
        report = made(company)
    monkeypatch.setattr(books, "workbook", broken)
    assert company.refused(contract.DOWNLOAD_REPORT, report_id=report["id"], format="xlsx").code == (
        "printing_unavailable"
    )
    assert company.call(contract.GET_REPORT, report_id=report["id"])["files"] == []
    stranger = company.hire("general_manager")
    assert company.refused(contract.DOWNLOAD_REPORT, stranger, report_id=report["id"]).code == "not_found"


def test_a_review_counts_rate_causes_and_measures(company: Company) -> None:
    """SPEC IS-8."""
    with clock.freeze(NOVEMBER):
        case = company.register(received_at="2026-06-01T10:00:00+08:00", category="repair_quality")
        company.act(case, "open_corrective_action", problem="返修率高", department="service")
        _found_valid(company)
        review = made(company)
    figures = review["figures"]
    assert (figures["base"], figures["per_thousand"], figures["received"]) == (4000, 0.3, 1)
    assert (figures["awarded"], figures["awards"]) == (0, {"amount": 0, "currency": "CNY"})
    assert figures["measures_opened"] == 0, "it was opened in November"
    (causes,) = (table for table in review["tables"] if table["by"] == "causes")
    assert [(row["group"], row["figures"]) for row in causes["rows"]] == [
        ("repair_quality", {"counted": 1, "share": 100.0, "cumulative": 100.0})
    ]
