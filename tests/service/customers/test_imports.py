"""Imports: dry run, all or nothing, good rows; the same file again changes nothing (PL-14, UX-9)."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import pytest
from openpyxl import Workbook
from sqlalchemy import func, select

from chassis.work import Transaction
from contracts import customers as contract
from contracts.problems import Problem
from services.customers import jobs
from services.customers.domain.rows import Row
from services.customers.models import Import, ImportFile
from services.customers.usecases import importing, imports
from tests.service.customers.bench import Bench, Company

GOOD = "姓名,电话,车牌号\n王芳,13812345678,粤B12345\n李雷,13900001111,粤B99999\n"
MIXED = GOOD + "韩梅梅,12ab,粤B88888\n,13700002222,\n"


def counts(import_: dict[str, object]) -> tuple[object, ...]:
    return tuple(import_[f"rows_{name}"] for name in ("total", "done", "created", "updated", "unchanged", "bad"))


@pytest.mark.clause("PL-14")
def test_a_dry_run_lists_each_bad_row_and_stores_nothing(company: Company) -> None:
    found = company.import_(MIXED, "dry_run")
    assert found["state"] == "done"
    assert counts(found) == (4, 4, 2, 0, 0, 2)
    assert [(error["row"], error["column"], error["code"]) for error in found["errors"]] == [
        (4, "电话", "bad_phone"), (5, "姓名", "required"),
    ]  # fmt: skip
    assert company.search() == []
    assert company.events("import.finished") == []


def test_errors_speak_the_readers_language(company: Company) -> None:
    made = company.import_(MIXED, "dry_run")
    chinese = company.context(locale="zh-CN")
    read = company.call(contract.LIST_IMPORT_ERRORS, chinese, import_id=made["id"])["items"]
    assert read[1]["message"] == "为必填项"
    assert made["errors"][1]["message"] == "must be given"


@pytest.mark.clause("PL-14")
def test_all_or_nothing_stores_none_when_one_is_bad(company: Company) -> None:
    refused = company.import_(MIXED, "all_or_nothing")
    assert refused["state"] == "refused"
    assert counts(refused) == (4, 4, 0, 0, 0, 2)
    assert company.search() == []
    done = company.import_(GOOD, "all_or_nothing")
    assert (done["state"], counts(done)) == ("done", (2, 2, 2, 0, 0, 0))
    assert company.search(plate="粤B99999") == ["李雷"]


@pytest.mark.clause("PL-14")
def test_good_rows_are_stored_and_bad_ones_listed(company: Company) -> None:
    found = company.import_(MIXED, "good_rows")
    assert (found["state"], counts(found)) == ("done", (4, 4, 2, 0, 0, 2))
    assert sorted(company.search()) == ["李雷", "王芳"]
    (told,) = company.events("import.finished")
    assert (told["rows_created"], told["rows_bad"]) == (2, 2)


@pytest.mark.clause("PL-14", "UX-9")
@pytest.mark.parametrize("mode", ["good_rows", "all_or_nothing"])
def test_the_same_file_again_changes_nothing(company: Company, mode: str) -> None:
    company.import_(GOOD, mode)
    before = [company.call(contract.LIST_CUSTOMERS), company.audited("customer.updated"), company.events("asset.added")]
    again = company.import_(GOOD, mode)
    assert counts(again) == (2, 2, 0, 0, 2, 0)
    after = [company.call(contract.LIST_CUSTOMERS), company.audited("customer.updated"), company.events("asset.added")]
    assert after == before


def test_the_same_file_does_not_undo_what_staff_changed_since(company: Company) -> None:
    company.import_(GOOD)
    (made,) = company.call(contract.LIST_CUSTOMERS, phone="13812345678")["items"]
    company.call(contract.UPDATE_CUSTOMER, customer_id=made["id"], note="已核实", name="王方")
    assert counts(company.import_(GOOD))[4] == 2
    assert company.search(q="王方") == ["王方"]


def test_a_changed_row_updates_its_customer_and_keeps_what_it_leaves_empty(company: Company) -> None:
    company.import_("客户编号,姓名,电话,备注\nC-1,王芳,13812345678,旧\n")
    changed = company.import_("客户编号,姓名,电话,备注\nC-1,王芳,13900001111,\n")
    assert counts(changed) == (1, 1, 0, 1, 0, 0)
    (found,) = company.call(contract.LIST_CUSTOMERS)["items"]
    assert (found["phone"], found["note"]) == ("139****1111", "旧")


def test_customers_on_file_are_recognised(company: Company) -> None:
    company.customer("王芳", phone="13812345678")
    company.customer("旧名", external_ref="C-2")
    found = company.import_("客户编号,姓名,电话,车牌号\n,王芳,138 1234 5678,粤B12345\nC-2,新名,,\n")
    assert counts(found) == (2, 2, 0, 2, 0, 0)
    assert sorted(company.search()) == ["新名", "王芳"]
    assert company.search(plate="粤B12345") == ["王芳"]


def test_two_cars_in_two_rows_belong_to_one_customer(company: Company) -> None:
    text = "姓名,电话,车牌号\n王芳,13812345678,粤B12345\n王芳,13812345678,粤B99999\n"
    assert counts(company.import_(text, "dry_run")) == (2, 2, 1, 1, 0, 0)
    assert counts(company.import_(text)) == (2, 2, 1, 1, 0, 0)
    (found,) = company.call(contract.LIST_CUSTOMERS)["items"]
    assert len(company.call(contract.LIST_ASSETS, customer_id=found["id"])["items"]) == 2


@pytest.mark.clause("RF-13")
@pytest.mark.parametrize("mode", ["dry_run", "good_rows"])
def test_a_second_household_of_a_unit_is_a_bad_row(company: Company, mode: str) -> None:
    text = "姓名,客户类型,楼栋,房号\n王家,住户,3栋,1204\n李家,住户,3号楼,1204室\n"
    found = company.import_(text, mode)
    assert counts(found)[2] == 1
    assert [(error["row"], error["column"]) for error in found["errors"]] == [(3, "房号")]


def test_org_units_are_named_by_code_and_within_the_callers_scope(company: Company) -> None:
    text = "姓名,电话,门店编码\n王芳,13812345678,south\n李雷,13900001111,north\n韩梅,13700002222,west\n"
    northern = company.context(org_unit_ids=frozenset({company.units["north"]}))
    found = company.import_(text, "good_rows", northern)
    assert [(error["row"], error["code"]) for error in found["errors"]] == [
        (2, "out_of_scope"),
        (4, "unknown_org_unit"),
    ]
    assert company.search(org_unit_id=company.units["north"]) == ["李雷"]


def test_an_import_acts_in_the_uploaders_name(company: Company) -> None:
    company.import_(GOOD)
    assert {row.actor_name for row in company.audited("customer.created")} == {"李顾问"}


def test_xlsx_is_read_and_formula_like_text_kept_as_text(company: Company) -> None:
    book = Workbook()
    book.active.append(["Name", "Phone", "Note"])
    book.active.append(["王芳", 13812345678, '=HYPERLINK("http://x")'])
    packed = io.BytesIO()
    book.save(packed)
    assert counts(company.import_(packed.getvalue())) == (1, 1, 1, 0, 0, 0)
    assert company.call(contract.LIST_CUSTOMERS)["items"][0]["note"] == '=HYPERLINK("http://x")'


def test_a_header_that_is_not_understood_refuses_the_file(company: Company) -> None:
    found = company.import_("姓名,电话,爱好\n王芳,13812345678,茶\n")
    assert found["state"] == "refused"
    assert [(error["row"], error["column"], error["code"]) for error in found["errors"]] == [
        (1, "爱好", "unknown_column")
    ]


@pytest.mark.parametrize("content", ["", "not base64!", base64.b64encode(b"\xd0\xcf\x11\xe0").decode()])
def test_what_is_no_file_is_refused_at_once(company: Company, content: str) -> None:
    with pytest.raises(Problem) as refused:
        company.call(contract.CREATE_IMPORT, kind="customers", mode="dry_run", filename="a.xls", content=content)
    assert refused.value.code == "unreadable_file"


def test_a_file_over_the_limit_is_refused(company: Company) -> None:
    content = base64.b64encode(b"a" * (imports.MAX_MB * 1_000_000 + 1)).decode()
    with pytest.raises(Problem) as refused:
        company.call(contract.CREATE_IMPORT, kind="customers", mode="dry_run", filename="a.csv", content=content)
    assert refused.value.code == "unreadable_file"


def test_the_file_is_dropped_when_the_import_ended(bench: Bench, company: Company) -> None:
    company.import_(GOOD)
    with bench.database.begin(company.id) as session:
        assert session.scalar(select(func.count()).select_from(ImportFile)) == 0


def test_an_import_broken_off_goes_on_where_it_stood(
    bench: Bench, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies after the first of three chunks; the next one takes over when the lease has ended."""
    monkeypatch.setattr(jobs, "CHUNK", 1)
    text = GOOD + "韩梅梅,13700002222,\n"
    taken = company.call(
        contract.CREATE_IMPORT, kind="customers", mode="good_rows", filename="f.csv",
        content=base64.b64encode(text.encode()).decode(),
    )  # fmt: skip
    with bench.database.begin(company.id) as session:
        row = session.scalars(select(Import)).one()
    broken = jobs.ImportRun(bench.work, row)
    assert [broken.step() for _ in range(2)] == [True, True]
    assert len(company.search()) == 1

    with bench.database.begin(company.id) as session:
        session.scalars(select(Import)).one().lease_until = None
    company.run_imports()
    found = company.call(contract.GET_IMPORT, import_id=taken["id"])
    assert (found["state"], counts(found)) == ("done", (3, 3, 3, 0, 0, 0))
    assert len(company.search()) == 3


def test_nobody_else_works_on_a_leased_import(company: Company, bench: Bench) -> None:
    taken = company.call(
        contract.CREATE_IMPORT, kind="customers", mode="good_rows", filename="f.csv",
        content=base64.b64encode(GOOD.encode()).decode(),
    )  # fmt: skip
    company.claim()
    company.run_imports()
    assert company.call(contract.GET_IMPORT, import_id=taken["id"])["state"] == "queued"


def test_a_row_stored_by_somebody_else_at_the_same_time_is_recognised(
    bench: Bench, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look and the write another call stores the same reference: the chunk is taken again and finds it."""
    if bench.database.sqlite:
        pytest.skip("SQLite has one writer: nothing comes between")
    raced: list[str] = []

    class KnownThenOvertaken(importing.Known):
        def __init__(self, tx: Transaction, rows: Sequence[Row]) -> None:
            super().__init__(tx, rows)
            if not raced:
                raced.append(company.customer("李雷", external_ref="C-1")["id"])

    monkeypatch.setattr(importing, "Known", KnownThenOvertaken)
    found = company.import_("客户编号,姓名\nC-1,王芳\n")
    assert counts(found) == (1, 1, 0, 1, 0, 0)
    assert [customer["id"] for customer in company.call(contract.LIST_CUSTOMERS)["items"]] == raced


def test_a_second_row_about_a_new_customer_adds_to_it(company: Company) -> None:
    text = "客户编号,姓名,电话,备注\nC-1,王芳,13812345678,\nC-1,王芳,,常客\n,王芳,13812345678,急\n"
    assert counts(company.import_(text)) == (3, 3, 1, 2, 0, 0)
    (found,) = company.call(contract.LIST_CUSTOMERS)["items"]
    assert (found["external_ref"], found["note"], found["phone"]) == ("C-1", "急", "138****5678")


def test_namesakes_with_references_of_their_own_stay_apart(company: Company) -> None:
    text = "客户编号,姓名,电话\nC-1,王芳,13812345678\nC-2,王芳,13812345678\n"
    assert counts(company.import_(text))[2] == 2


@pytest.mark.clause("GR-7", "PL-14")
def test_grades_come_by_the_file_and_are_told_where_they_change(company: Company) -> None:
    kept = company.customer("王芳", external_ref="C-1", grade="B")
    text = "客户编号,姓名,客户等级\nC-1,王芳,A级\nC-2,李雷,\nC-3,韩梅梅,级\n"
    assert counts(company.import_(text, "dry_run")) == (3, 3, 1, 1, 0, 1)
    found = company.import_(text)
    assert [(one["row"], one["column"], one["code"]) for one in found["errors"]] == [(4, "客户等级", "bad_grade")]
    graded = {one["external_ref"]: one["grade"] for one in company.call(contract.LIST_CUSTOMERS)["items"]}
    assert graded == {"C-1": "A", "C-2": None}
    (told,) = [one for one in company.events("customer.updated") if "grade" in one["changed"]]
    assert (told["customer_id"], told["grade"]) == (kept["id"], "A")
    assert company.search(grade="A") == ["王芳"]
    company.import_("客户编号,姓名,客户等级\nC-1,王芳,\n")
    assert company.search(grade="A") == ["王芳"], "what a row leaves empty stays"
