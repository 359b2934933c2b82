"""SPEC PL-9, UX-9: every list exports to a workbook, and so does every kept report."""

from __future__ import annotations

import io

import httpx
import pytest
from openpyxl import load_workbook

from kefu.waiting import wait_until
from tests.clauses.driver import SECONDS, Company, Json, Person

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def export(person: Person, list_: str, **filters: str) -> str:
    """Ask for the list, wait until it is there; its address."""
    taken: Json = person.post("/v1/exports", list=list_, filters=filters)
    path = f"/v1/exports/{taken['id']}"
    wait_until(lambda: person.get(path)["state"] == "done", limit=4 * SECONDS, what=f"{list_} are exported")
    return path


def sheet_of(answer: httpx.Response) -> list[tuple[object, ...]]:
    """Header and rows of a downloaded workbook."""
    assert (answer.status_code, answer.headers["content-type"]) == (200, XLSX), answer.text
    return list(load_workbook(io.BytesIO(answer.content)).worksheets[0].iter_rows(min_row=4, values_only=True))


@pytest.mark.clause("PL-9", "UX-9")
def test_lists_export_to_workbooks_of_what_the_asker_may_see(company: Company) -> None:
    manager, desk = company.team("customer_relations_manager", "front_desk")
    case = desk.register(content="=1+1")
    desk.register(content="第二件", channel="web")
    path = export(manager, "complaints", channel="phone")
    answer = manager.client.get(f"{path}/content")
    header, *rows = sheet_of(answer)
    assert [row[0] for row in rows] == [case["number"]]
    assert rows[0][header.index("内容")] == "=1+1", "a text, no formula"
    assert "filename*=UTF-8''" in answer.headers["content-disposition"]
    for list_, filters in (("sheets", {}), ("history", {"complaint_id": case["id"]})):
        assert len(sheet_of(manager.client.get(f"{export(manager, list_, **filters)}/content"))) >= 1
    assert desk.problem("POST", "/v1/exports", json={"list": "complaints"})["status"] == 403
    other = company.hire("other", "customer_relations_manager")
    assert other.problem("GET", f"{path}/content")["status"] == 404, "another's"
    wrong = manager.problem("POST", "/v1/exports", json={"list": "complaints", "filters": {"colour": "red"}})
    assert {error["field"] for error in wrong["errors"]} == {"filters.colour"}


@pytest.mark.clause("UX-9", "PL-13")
def test_a_kept_report_downloads_as_workbook_and_paper_the_same_each_time(company: Company) -> None:
    boss = company.as_("general_manager")
    boss.register(received_at="2025-03-05T10:00:00+08:00")
    path = f"/v1/reports/{boss.post('/v1/reports', report='monthly', period='2025-03')['id']}"
    for format_, kind in (("xlsx", XLSX), ("pdf", "application/pdf")):
        first, second = (boss.client.get(f"{path}/content", params={"format": format_}) for _ in range(2))
        assert (first.status_code, first.headers["content-type"]) == (200, kind), first.text
        assert first.content == second.content
    files = boss.get(path)["files"]
    assert {(one["format"], one["locale"]) for one in files} == {("xlsx", "zh-CN"), ("pdf", "zh-CN")}
    assert all(len(one["sha256"]) == 64 for one in files)
