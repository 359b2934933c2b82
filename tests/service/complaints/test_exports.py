"""Exports of lists: made page by page as the asker may see them, once, and deleted when their days are over (UX-9)."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from chassis import clock, press
from chassis.storage import FolderStorage
from chassis.tables import AuditRow
from chassis.timers import Job, TenantQueue
from contracts import complaints
from contracts.complaints import exports as contract
from contracts.context import Context
from services.complaints.jobs import exports as jobs
from services.complaints.jobs import forget_exports, make_exports
from services.complaints.service import shared
from services.complaints.usecases import exports
from tests.service.complaints.bench import Company, Json


@pytest.fixture(scope="module", autouse=True)
def _press() -> Iterator[None]:
    yield
    press.close()


@pytest.fixture
def storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FolderStorage:
    made = FolderStorage(tmp_path / "exports")
    monkeypatch.setattr(shared, "export_storage", lambda: made)
    monkeypatch.setattr(shared, "export_limits", lambda: (3, 7))
    monkeypatch.setattr(jobs, "PAGE", 2)
    return made


def ask(company: Company, list_: str = "complaints", ctx: Context | None = None, **filters: Any) -> Json:
    taken: Json = company.call(contract.CREATE_EXPORT, ctx, list=list_, filters=filters)
    return taken


def run(company: Company, storage: FolderStorage) -> None:
    queue = TenantQueue(60)
    queue._looked_at = float("inf")  # others' companies are not this test's
    queue.tell(company.id)
    make_exports(Job(company.bench), queue, storage)


def state(company: Company, taken: Json, ctx: Context | None = None) -> Json:
    found: Json = company.call(contract.GET_EXPORT, ctx or company.boss, export_id=taken["id"])
    return found


def rows_of(company: Company, taken: Json, ctx: Context) -> list[tuple[Any, ...]]:
    """Header and rows of the finished workbook."""
    answer = company.call(contract.DOWNLOAD_EXPORT, ctx, export_id=taken["id"])
    (sheet,) = load_workbook(io.BytesIO(base64.b64decode(answer["content"]))).worksheets
    return list(sheet.iter_rows(min_row=4, values_only=True))


@pytest.fixture
def company(bench: Any) -> Company:
    """A car dealership with five cases, one of another store."""
    made = bench.company()
    made.boss = made.context()
    for number in range(4):
        made.register(content=f"=HYPERLINK({number})")
    made.register(org_unit_id=made.units["north"], content="北店")
    return made


def test_a_list_is_exported_page_by_page(company: Company, storage: FolderStorage) -> None:
    taken = ask(company, ctx=company.boss)
    assert (taken["state"], taken["rows"], taken["clear"]) == ("queued", 0, True)
    early = company.refused(contract.DOWNLOAD_EXPORT, company.boss, export_id=taken["id"])
    assert early.code == "export_not_ready"
    run(company, storage)
    done = state(company, taken)
    assert (done["state"], done["rows"]) == ("done", 5)
    assert done["filename"].startswith("Complaints 20")
    header, *rows = rows_of(company, taken, company.boss)
    assert header[:2] == ("Number", "Received at")
    listed = company.call(complaints.LIST_COMPLAINTS, company.boss, limit=100)["items"]
    assert [row[0] for row in rows] == [item["number"] for item in listed]
    assert rows[-1][header.index("Content")] == "=HYPERLINK(0)", "a text"
    assert rows[-1][header.index("Phone")] == "+8613800138000"
    assert list(storage.workshop.iterdir()) == []
    with company.bench.database.begin(company.id) as session:
        (audited,) = session.scalars(select(AuditRow).where(AuditRow.action == "list.exported"))
        assert audited.after == {"list": "complaints", "clear": True}


def test_it_holds_what_the_asker_may_see(company: Company, storage: FolderStorage) -> None:
    south = company.context(
        org_unit_ids=frozenset({company.units["south"]}),
        permissions=frozenset({"complaints.export", "complaints.read"}),
    )
    taken = ask(company, ctx=south)
    run(company, storage)
    header, *rows = rows_of(company, taken, south)
    assert len(rows) == 4
    assert {row[header.index("Phone")] for row in rows} == {"+86****8000"}
    assert state(company, taken, south)["clear"] is False
    assert company.refused(contract.GET_EXPORT, company.context(), export_id=taken["id"]).code == "not_found"
    assert company.call(contract.LIST_EXPORTS, company.context())["items"] == []
    administrator = company.context(permissions=frozenset({"complaints.export", "tenants.admin"}))
    assert [one["id"] for one in company.call(contract.LIST_EXPORTS, administrator)["items"]] == [taken["id"]]
    assert len(rows_of(company, taken, administrator)) == 5
    in_clear = ask(company, ctx=company.boss)
    run(company, storage)
    assert company.refused(contract.DOWNLOAD_EXPORT, administrator, export_id=in_clear["id"]).code == "not_found"


@pytest.mark.parametrize("list_", ["sheets", "urging_notices", "corrective_actions", "precedents", "history"])
def test_every_list_exports(company: Company, storage: FolderStorage, list_: str) -> None:
    case = company.register(category="repair_quality")
    company.act(case, "urge", note="请尽快")
    company.act(case, "open_corrective_action", problem="返修", department="service")
    taken = ask(company, list_, company.boss, **({"complaint_id": case["id"]} if list_ == "history" else {}))
    run(company, storage)
    expected = {"sheets": 2, "urging_notices": 1, "corrective_actions": 1, "precedents": 0}
    found = state(company, taken)
    assert found["state"] == "done"
    assert found["rows"] == expected.get(list_, found["rows"])
    assert found["rows"] > 0 or list_ == "precedents"
    assert len(rows_of(company, taken, company.boss)) == found["rows"] + 1


def test_filters_are_those_of_the_list(company: Company, storage: FolderStorage) -> None:
    taken = ask(company, ctx=company.boss, q="北店")
    run(company, storage)
    assert state(company, taken)["rows"] == 1
    for list_, filters in (
        ("complaints", {"state": "x"}), ("complaints", {"limit": 5}), ("sheets", {"q": "x"}), ("history", {}),
    ):  # fmt: skip
        problem = company.refused(contract.CREATE_EXPORT, list=list_, filters=filters)
        assert problem.code == "invalid_request"
        assert problem.errors[0]["field"].startswith("filters."), problem.errors
    unknown = company.refused(contract.CREATE_EXPORT, list="history", filters={"complaint_id": str(company.id)})
    assert unknown.code == "not_found"


def test_a_company_has_a_few_under_way_at_a_time(company: Company, storage: FolderStorage) -> None:
    for _ in range(3):
        ask(company, ctx=company.boss)
    refused = company.refused(contract.CREATE_EXPORT, company.boss, list="complaints")
    assert (refused.code, refused.params["limit"]) == ("too_many_exports", 3)
    run(company, storage)
    assert ask(company, ctx=company.boss)["state"] == "queued"


def test_what_a_killed_process_left_is_made_by_another(company: Company, storage: FolderStorage) -> None:
    taken = ask(company, ctx=company.boss)
    with Job(company.bench).begin(company.id) as tx:
        turn = exports.claim(tx)
        assert turn is not None, "and then the process is killed"
    run(company, storage)
    assert state(company, taken)["state"] == "running"
    with clock.freeze(clock.now() + exports.LEASE + timedelta(seconds=1)):
        run(company, storage)
        done = state(company, taken)
        assert (done["state"], done["rows"]) == ("done", 5)
        with Job(company.bench).begin(company.id) as tx:
            assert not exports.go_on(tx, turn, 2), "who comes back finds it taken"
    assert state(company, taken) == done


def test_what_breaks_off_again_and_again_is_given_up(
    company: Company, storage: FolderStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(press, "workbook_file", broken)
    taken, now = ask(company, ctx=company.boss), clock.now()
    for attempt in range(exports.MAX_ATTEMPTS + 1):
        with clock.freeze(now + attempt * 2 * exports.LEASE):
            run(company, storage)
    failed = state(company, taken)
    assert (failed["state"], failed["reason"]) == ("failed", exports.BROKE_OFF["en"])


def test_too_many_rows_are_refused_with_what_to_do(
    company: Company, storage: FolderStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "MAX_ROWS", 3)
    taken = ask(company, ctx=company.boss)
    run(company, storage)
    assert "narrow the filters" in state(company, taken)["reason"]


def test_it_is_deleted_when_its_days_are_over(company: Company, storage: FolderStorage) -> None:
    taken = ask(company, ctx=company.boss)
    run(company, storage)
    key = state(company, taken)["sha256"]
    assert storage.get(company.id, key)
    forget_exports(Job(company.bench), storage)
    assert state(company, taken)["state"] == "done"
    with clock.freeze(clock.now() + timedelta(days=7, minutes=1)):
        forget_exports(Job(company.bench), storage)
    assert company.refused(contract.GET_EXPORT, company.boss, export_id=taken["id"]).code == "not_found"
    with pytest.raises(KeyError):
        storage.get(company.id, key)
