"""Saved filters and the counts of a work queue (SPEC UX-6)."""

from __future__ import annotations

from typing import Any

import pytest

from contracts import complaints as contract
from contracts.context import Context
from tests.service.complaints.bench import Bench, Company, Json


@pytest.fixture
def li(company: Company) -> Context:
    return company.hire("customer_relations_manager", "li.si")


def save(company: Company, who: Context, name: str = "我的", **fields: Any) -> Json:
    made: Json = company.call(contract.CREATE_FILTER, who, name=name, **{"query": {}, **fields})
    return made


def listed(company: Company, who: Context | None = None, **query: Any) -> list[str]:
    return [case["id"] for case in company.call(contract.LIST_COMPLAINTS, who, **query)["items"]]


def names(company: Company, who: Context) -> list[str]:
    return [one["name"] for one in company.call(contract.LIST_FILTERS, who)["items"]]


def test_a_saved_filter_lists_and_is_narrowed_further(company: Company, li: Context) -> None:
    first = company.register(category="repair_quality")
    second = company.register(category="repair_quality", channel="visit")
    company.register(category="suggestion")
    saved = save(company, li, query={"category": "repair_quality", "state": "open"}, sort="received_at")
    assert (saved["query"], saved["mine"], saved["broken"]) == (
        {"category": "repair_quality", "state": "open"}, True, [],
    )  # fmt: skip
    assert listed(company, li, filter=saved["id"]) == [first["id"], second["id"]]
    assert listed(company, li, filter=saved["id"], sort="-received_at") == [second["id"], first["id"]]
    assert listed(company, li, filter=saved["id"], channel="visit") == [second["id"]]
    assert listed(company, li, filter=saved["id"], state="closed") == []
    page = company.call(contract.LIST_COMPLAINTS, li, filter=saved["id"], limit=1)
    assert listed(company, li, filter=saved["id"], cursor=page["next_cursor"]) == [second["id"]]


def test_a_filter_is_checked_as_the_list_checks_it(company: Company, li: Context) -> None:
    problem = company.refused(contract.CREATE_FILTER, li, name="x", query={"state": "ajar", "colour": "red"})
    assert {error["field"] for error in problem.errors} == {"query.state", "query.colour"}
    save(company, li)
    assert company.refused(contract.CREATE_FILTER, li, name="我的", query={}).code == "conflict"
    assert company.refused(contract.CREATE_FILTER, li, name="y", query={}, role="pope").errors[0]["field"] == "role"
    north = company.units["north"]
    assert company.refused(contract.CREATE_FILTER, li, name="z", query={}, org_unit_id=north).code == (
        "org_unit_out_of_scope"
    )


def test_filters_are_ones_own_until_they_are_shared(company: Company, li: Context) -> None:
    wang = company.hire("customer_relations_manager", "wang.wu")
    clerk = company.hire("technician", "near")
    far = company.hire("technician", "far", unit="north")
    own = save(company, li, "自己")
    shared = save(company, li, "经理们", role="customer_relations_manager")
    of_store = save(company, li, "本店", org_unit_id=company.units["south"])
    assert names(company, wang) == ["经理们", "本店"]
    assert names(company, clerk) == ["本店"]
    assert names(company, far) == []
    assert company.refused(contract.LIST_COMPLAINTS, wang, filter=own["id"]).code == "not_found"
    assert company.refused(contract.DELETE_FILTER, wang, filter_id=shared["id"]).code == "filter_not_yours"
    company.call(contract.UPDATE_FILTER, li, filter_id=shared["id"], name="主管", role=None)
    assert names(company, wang) == ["本店"]
    chosen = company.call(contract.SET_DEFAULT_FILTER, wang, filter_id=of_store["id"])
    assert chosen["default"]
    assert [one["default"] for one in company.call(contract.LIST_FILTERS, li)["items"]] == [False, False, False]
    company.call(contract.DELETE_FILTER, li, filter_id=of_store["id"])
    assert names(company, wang) == []
    assert company.call(contract.SET_DEFAULT_FILTER, li, filter_id=own["id"])["mine"] is not False
    assert not company.call(contract.UNSET_DEFAULT_FILTER, li, filter_id=own["id"])["default"]


def test_a_filter_that_can_find_nothing_any_more_says_so(bench: Bench) -> None:
    company = bench.company("dealership", categories=_category("tyres"))
    li = company.hire("customer_relations_manager", "li.si")
    saved = save(company, li, query={"category": "tyres"})
    case = company.register(category="tyres")
    company.activate()
    shown = company.call(contract.GET_FILTER, li, filter_id=saved["id"])
    assert shown["broken"] == [{"field": "category", "value": "tyres"}]
    assert listed(company, li, filter=saved["id"]) == [case["id"]], "older cases keep what their policy knew"
    company.call(contract.UPDATE_FILTER, li, filter_id=saved["id"], query={"category": "windows"})
    problem = company.refused(contract.LIST_COMPLAINTS, li, filter=saved["id"])
    assert (problem.code, problem.params["parts"]) == ("filter_broken", "category=windows")


def _category(key: str) -> Json:
    return {key: {"labels": {"zh-CN": "轮胎", "en": "Tyres"}, "department": "service"}}


def test_what_is_mine_is_found_by_me(company: Company, li: Context) -> None:
    mine = company.register(li)
    other = company.register()
    assert listed(company, li, handler_id="me") == [mine["id"]]
    assert listed(company, handler_id=li.actor.id) == [mine["id"]]
    company.call(contract.WATCH, li, complaint_id=other["id"])
    assert listed(company, li, watching="me") == [other["id"]]
    company.act(mine, "add_note", note="@li.si 请看")
    assert listed(company, li, mentioned="me") == [mine["id"]]
    company.call(contract.MERGE_COMPLAINT, complaint_id=other["id"], into=mine["id"], reason="重复")
    assert listed(company, li, watching="me") == [mine["id"]], "a watched duplicate is followed to where it went"
    saved = save(company, li, query={"handler_id": "me"}, role="customer_relations_manager")
    wang = company.hire("customer_relations_manager", "wang.wu")
    assert listed(company, wang, filter=saved["id"]) == [], "me is whoever calls"


def test_counts_are_those_of_the_list(company: Company, li: Context) -> None:
    for category in ("repair_quality", "repair_quality", "suggestion"):
        company.register(category=category)
    company.register(org_unit_id=company.units["north"])
    counts = company.call(contract.COUNT_COMPLAINTS, li)
    by = {group["by"]: {row["key"]: row["complaints"] for row in group["rows"]} for group in counts["groups"]}
    assert (counts["total"], counts["overdue"], by["state"]) == (3, 0, {"open": 3})
    assert by["category"] == {"repair_quality": 2, "suggestion": 1}
    assert sum(by["stage"].values()) == sum(by["level"].values()) == 3
    assert company.call(contract.COUNT_COMPLAINTS, li, category="suggestion")["total"] == 1
    assert company.call(contract.COUNT_COMPLAINTS)["total"] == 4


def test_a_case_is_found_by_its_complainants_number_however_it_is_written(company: Company) -> None:
    case, _other = company.register(), company.register(complainant={"name": "李雷", "vehicle_plate": "京B1"})
    for q in ("13800138000", "138 0013 8000", "+86 138-0013-8000"):
        assert listed(company, q=q) == [case["id"]], q
    assert listed(company, q="13800138001") == []
    assert listed(company, q=case["number"]) == [case["id"]]


def test_a_number_written_down_wrongly_is_taken_away(company: Company) -> None:
    case = company.register()
    changed = company.call(contract.UPDATE_COMPLAINT, complaint_id=case["id"], complainant={"phone": None})
    assert (changed["complainant"]["phone"], changed["complainant"]["name"]) == (None, "王芳")
    assert listed(company, q="13800138000") == []
    told = [event["key"] for event in company.events("complaint.message_requested")]
    company.act(case, "add_note", note="照片已收到", audience="complainant")
    assert [event["key"] for event in company.events("complaint.message_requested")] == told
