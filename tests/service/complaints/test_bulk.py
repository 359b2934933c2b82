"""One action on many cases (SPEC UX-6)."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import Any

import pytest
from sqlalchemy import update

from chassis import tenancy
from contracts import complaints as contract
from contracts.context import Context
from services.complaints.models import BulkRow
from tests.service.complaints.bench import Bench, Company, Json


def ask(company: Company, who: Context | None = None, **fields: Any) -> Json:
    made: Json = company.call(contract.CREATE_BULK, who, **fields)
    return made


def results(company: Company, who: Context | None, job: Json, **query: Any) -> list[Json]:
    page = company.call(contract.LIST_BULK_ITEMS, who, bulk_id=job["id"], limit=100, **query)
    items: list[Json] = page["items"]
    return items


@pytest.fixture
def li(company: Company) -> Context:
    return company.hire("customer_relations_manager", "li.si")


def test_each_case_is_acted_on_by_the_same_door_in_the_askers_name(company: Company, li: Context) -> None:
    cases = [company.register() for _ in range(3)]
    closed = company.register(org_unit_id=company.units["north"])
    ids = [one["id"] for one in (*cases, closed)]
    job = ask(company, li, action="pause", fields={"reason": "customer_documents"}, complaint_ids=ids)
    assert (job["state"], job["total"], job["waiting"]) == ("queued", 4, 4)
    company.act(cases[1], "pause", reason="customer_documents")
    company.work_bulk_through()
    job = company.call(contract.GET_BULK, li, bulk_id=job["id"])
    assert (job["state"], job["done"], job["refused"], job["waiting"]) == ("done", 2, 2, 0)
    items = results(company, li, job)
    assert [item["complaint_id"] for item in items] == ids
    assert [item["state"] for item in items] == ["done", "refused", "done", "refused"]
    assert items[1]["problem"]["code"] == "action_not_available"
    assert "stand already" in items[1]["problem"]["detail"]
    assert (items[3]["problem"]["code"], items[3]["number"]) == ("not_found", None)
    assert company.case(cases[0])["state"] == "waiting"
    (entry,) = company.history(cases[0], "action")
    assert (entry["by"], entry["by_id"]) == ("li.si", li.actor.id)
    assert [one["id"] for one in company.call(contract.LIST_BULK, li)["items"]] == [job["id"]]
    assert len(results(company, li, job, state="refused")) == 2


def test_what_the_asker_may_not_do_alone_is_refused_for_many(company: Company) -> None:
    clerk = company.hire("front_desk", "clerk")
    case = company.register()
    job = ask(company, clerk, action="add_note", fields={"note": "x"}, complaint_ids=[case["id"]])
    company.work_bulk_through()
    (item,) = results(company, clerk, job)
    assert (item["state"], item["problem"]["code"]) == ("refused", "forbidden")
    other = company.hire("customer_relations_manager", "li.si")
    assert company.refused(contract.GET_BULK, other, bulk_id=job["id"]).code == "not_found"
    assert company.refused(contract.CANCEL_BULK, clerk, bulk_id=job["id"]).code == "bulk_over"


def test_fields_and_versions_are_checked_case_by_case(company: Company, li: Context) -> None:
    old, fresh = company.register(), company.register()
    company.act(old, "add_note", note="inzwischen")
    versions = {one["id"]: one["version"] for one in (old, fresh)}
    job = ask(
        company, li, action="add_note", fields={"note": "y"}, complaint_ids=list(versions), expected_versions=versions
    )
    wrong = ask(company, li, action="add_note", fields={"colour": "red"}, complaint_ids=[fresh["id"]])
    company.work_bulk_through()
    assert [item["state"] for item in results(company, li, job)] == ["refused", "done"]
    assert results(company, li, job)[0]["problem"]["code"] == "stale_version"
    (item,) = results(company, li, wrong)
    assert {error["field"] for error in item["problem"]["errors"]} == {"colour"}


def test_cases_are_named_by_a_filter_as_well(company: Company, li: Context) -> None:
    chosen = company.register(category="repair_quality")
    company.register(category="suggestion")
    saved = company.call(contract.CREATE_FILTER, li, name="f", query={"category": "repair_quality"})
    job = ask(company, li, action="add_note", fields={"note": "z"}, filter=saved["id"], query={"state": "open"})
    company.work_bulk_through()
    assert [item["complaint_id"] for item in results(company, li, job)] == [chosen["id"]]
    refusals = (
        {"filter": saved["id"], "query": {"state": "closed"}}, {"complaint_ids": []}, {},
        {"complaint_ids": [chosen["id"]], "query": {"category": "suggestion"}},
    )  # fmt: skip
    for wrong in refusals:
        assert company.refused(contract.CREATE_BULK, li, action="add_note", **wrong).code == "invalid_request"


def test_decisions_are_taken_case_by_case_unless_the_policy_says_otherwise(bench: Bench) -> None:
    for bulk, code in ((None, None), (False, "action_not_in_bulk")):
        more = {} if bulk is None else {"actions": {"add_note": {"bulk": bulk}}}
        company = bench.company("dealership", **more)
        who, case = company.context(), company.register()
        job = ask(company, who, action="add_note", fields={"note": "x"}, complaint_ids=[case["id"]])
        company.work_bulk_through()
        (item,) = results(company, who, job)
        assert (item["problem"] or {}).get("code") == code


def test_the_rest_is_left_alone_when_it_is_cancelled_or_the_asker_has_left(company: Company, li: Context) -> None:
    cases = [company.register() for _ in range(2)]
    ids = [case["id"] for case in cases]
    job = ask(company, li, action="add_note", fields={"note": "x"}, complaint_ids=ids)
    cancelled = company.call(contract.CANCEL_BULK, li, bulk_id=job["id"])
    assert (cancelled["state"], cancelled["waiting"]) == ("cancelled", 2)
    ask(company, li, action="add_note", fields={"note": "x"}, complaint_ids=ids)
    with company.bench.database.begin(company.id) as session:
        tenancy.store_staff(session, company.id, {
            "id": li.actor.id, "version": 2, "name": "li.si", "username": "li.si", "roles": [], "org_unit_ids": [],
            "active": False, "email": None, "phone": None, "locale": None,
        })  # fmt: skip
    company.work_bulk_through()
    assert [company.history(case, "action") for case in cases] == [[], []]


@pytest.mark.parametrize("when", ["inside", "after"])
def test_a_process_killed_in_the_middle_leaves_each_case_acted_on_once(
    company: Company, li: Context, when: str
) -> None:
    cases = [company.register() for _ in range(4)]
    job = ask(company, li, action="add_note", fields={"note": "x"}, complaint_ids=[case["id"] for case in cases])
    url = company.bench.database.url.render_as_string(hide_password=False)
    command = [sys.executable, "-W", "ignore", "-m", "tests.service.complaints.dying", url, str(company.id), "2", when]
    died = subprocess.run(command, check=False, capture_output=True, text=True)
    assert died.returncode == -signal.SIGKILL, died.stderr
    left = company.call(contract.GET_BULK, li, bulk_id=job["id"])
    assert (left["state"], left["done"]) == ("running", 1 if when == "inside" else 2)
    company.work_bulk_through()
    assert company.call(contract.GET_BULK, li, bulk_id=job["id"])["done"] == left["done"], "it is leased still"
    with company.bench.database.begin(company.id) as session:
        session.execute(update(BulkRow).values(lease_until=None))
    company.work_bulk_through()
    job = company.call(contract.GET_BULK, li, bulk_id=job["id"])
    assert (job["state"], job["done"], job["refused"]) == ("done", 4, 0)
    assert [len(company.history(case, "action")) for case in cases] == [1, 1, 1, 1]
