"""Duplicates merged into one case, and taken out again (SPEC UX-1)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from contracts import complaints as contract
from contracts.problems import Problem
from tests.service.complaints.bench import Bench, Company, Json

OTHER = {"name": "李雷", "phone": "13900139000", "vehicle_plate": "京B54321"}
MONTH = datetime.now(ZoneInfo("Asia/Shanghai")).strftime("%Y-%m")


def merge(company: Company, case: Json, into: Json, ctx: Any = None) -> Json:
    merged: Json = company.call(
        contract.MERGE_COMPLAINT, ctx, complaint_id=case["id"], into=into["id"], reason="同一件事"
    )
    return merged


def unmerge(company: Company, case: Json) -> Json:
    parted: Json = company.call(contract.UNMERGE_COMPLAINT, complaint_id=case["id"], reason="并错了")
    return parted


def listed(company: Company, **query: Any) -> list[str]:
    return [case["id"] for case in company.call(contract.LIST_COMPLAINTS, **query)["items"]]


def test_everything_on_the_duplicate_is_read_through_the_surviving_case(company: Company) -> None:
    into, case = company.register(), company.register(content="刹车又响了", complainant=OTHER)
    file = company.attach(case)
    survivor = merge(company, case, into)
    assert survivor["id"] == into["id"]
    (told,) = survivor["merged"]
    assert (told["number"], told["content"], told["complainant"]["name"]) == (case["number"], "刹车又响了", "李雷")
    assert {"complaint_id": case["id"], "number": case["number"], "kind": "merged"} in survivor["links"]
    files = company.call(contract.LIST_ATTACHMENTS, complaint_id=into["id"])["items"]
    assert [one["id"] for one in files] == [file["id"]]
    read = company.call(contract.GET_ATTACHMENT, complaint_id=into["id"], attachment_id=file["id"])
    assert read["sha256"] == file["sha256"]
    assert {case["id"], into["id"]} == {entry["complaint_id"] for entry in company.history(into)}
    assert listed(company, q=case["number"]) == [into["id"]]
    assert listed(company) == [into["id"]]
    assert listed(company, merged=True) == [case["id"]]


def test_the_duplicate_stands_still_and_says_where_it_went(company: Company) -> None:
    into, case = company.register(), company.register()
    merge(company, case, into)
    shown = company.case(case)
    assert (shown["merged_into_id"], shown["actions"], shown["waits_for"], shown["due_at"]) == (
        into["id"],
        [],
        [],
        None,
    )
    assert {clock["state"] for clock in shown["deadlines"]} <= {"held", "done"}
    calls: list[tuple[Any, Json]] = [
        (contract.ACT, {"name": "add_note", "note": "x"}), (contract.UPDATE_COMPLAINT, {"subject": "x"}),
        (contract.MERGE_COMPLAINT, {"into": into["id"], "reason": "again"}),
        (contract.SPLIT_COMPLAINT, {"items": [{"content": "x"}], "reason": "why"}),
    ]  # fmt: skip
    for operation, fields in calls:
        problem = company.refused(operation, complaint_id=case["id"], **fields)
        assert (problem.code, problem.params["into"]) == ("case_merged", into["number"])
        assert problem.params["complaint_id"] == into["id"]
    (event,) = company.events("complaint.merged")
    assert (event["complaint_id"], event["into_id"], event["into_number"]) == (case["id"], into["id"], into["number"])
    follower = company.register(follows=case["id"])
    assert {"complaint_id": into["id"], "number": into["number"], "kind": "follows"} in follower["links"]


def test_merging_and_taking_out_leaves_both_as_they_were(company: Company) -> None:
    into, case = company.register(), company.register(complainant=OTHER, media_risk=True, group_size=12)
    before = {one["id"]: stable(company.case(one)) for one in (into, case)}
    merge(company, case, into)
    assert company.case(into)["group_size"] == 13
    assert unmerge(company, case)["id"] == case["id"]
    assert {one["id"]: stable(company.case(one)) for one in (into, case)} == before
    assert listed(company, sort="received_at") == [into["id"], case["id"]]
    assert company.call(contract.LIST_COMPLAINTS, q=case["number"])["items"][0]["id"] == case["id"]
    company.act(case, "add_note", note="它又动了")


def stable(case: Json) -> Json:
    """A case without what counts its changes; a clock that the merge itself started and ended stays on record."""
    kept = {name: value for name, value in case.items() if name not in {"version", "updated_at"}}
    return {**kept, "deadlines": [clock for clock in case["deadlines"] if clock["state"] != "done"]}


@pytest.mark.parametrize("pack", ["developer"])
def test_people_of_different_complainants_add_up_and_raise_the_level(bench: Bench, pack: str) -> None:
    company = bench.company(pack)
    usual = {"channel": "phone", "category": None, "group_size": 6}
    into = company.register(**{k: v for k, v in usual.items() if v}, subject="华府")
    same = company.register(group_size=8, subject="华府")
    other = company.register(group_size=5, subject="华府", complainant=OTHER)
    assert merge(company, same, into)["group_size"] == 8, "the same complainant: the most stands"
    survivor = merge(company, other, into)
    assert survivor["group_size"] == 13
    assert survivor["level_reasons"]
    raised = survivor["level"]
    assert raised != into["level"]
    company.act(into, "add_note", note="之后有人写了记录")
    unmerge(company, other)
    again = company.case(into)
    assert (again["group_size"], again["level"]) == (8, into["level"])


def test_figures_count_a_merged_case_once(company: Company) -> None:
    into, case = company.register(claimed_amount={"amount": 100}), company.register(claimed_amount={"amount": 70})
    company.register(complainant=OTHER)
    merge(company, case, into)
    figures = company.call(contract.MONTHLY_REPORT, month=MONTH)["figures"]
    assert (figures["received"], figures["merged"], figures["open_at_end"]) == (2, 1, 2)
    assert figures["claimed"]["amount"] == 100
    unmerge(company, case)
    figures = company.call(contract.MONTHLY_REPORT, month=MONTH)["figures"]
    assert (figures["received"], figures["merged"], figures["claimed"]["amount"]) == (3, 0, 170)


def test_merges_make_no_circle_and_chains_are_followed(company: Company) -> None:
    first, second, third = (company.register() for _ in range(3))
    assert company.refused(contract.MERGE_COMPLAINT, complaint_id=first["id"], into=first["id"], reason="why").code == (
        "invalid_request"
    )
    merge(company, first, second)
    problem = company.refused(contract.MERGE_COMPLAINT, complaint_id=second["id"], into=first["id"], reason="why")
    assert (problem.code, problem.params["into"]) == ("case_merged", second["number"])
    merge(company, second, third)
    assert {one["number"] for one in company.case(third)["merged"]} == {first["number"], second["number"]}
    assert company.case(first)["links"] == [
        {"complaint_id": third["id"], "number": third["number"], "kind": "merged_into"}
    ]
    unmerge(company, first)
    assert [one["number"] for one in company.case(third)["merged"]] == [second["number"]]
    unmerge(company, second)
    assert company.case(third)["merged"] == []
    assert company.case(second)["merged"] == []


def test_neither_a_closed_case_nor_one_at_work_is_merged_away(company: Company) -> None:
    into, case = company.register(category="repair_quality"), company.register(category="repair_quality")
    company.act(case, "open_corrective_action", problem="异响", department="service")
    problem = company.refused(contract.MERGE_COMPLAINT, complaint_id=case["id"], into=into["id"], reason="why")
    assert problem.code == "open_sheets"
    assert problem.params["sheets"] in str(company.case(case)["sheets"])


def test_only_who_may_see_both_merges_them(company: Company) -> None:
    manager = company.hire("customer_relations_manager")
    near = company.register()
    far = company.register(org_unit_id=company.units["north"])
    for case, into in ((near, far), (far, near)):
        problem = company.refused(
            contract.MERGE_COMPLAINT, manager, complaint_id=case["id"], into=into["id"], reason="why"
        )
        assert problem.code == "not_found"
    assert company.refused(contract.UNMERGE_COMPLAINT, complaint_id=near["id"], reason="why").code == "not_merged"


def test_a_case_merged_twice_at_once_is_merged_once(company: Company) -> None:
    one, two = company.register(), company.register()

    def attempt(pair: tuple[Json, Json]) -> str:
        try:
            merge(company, *pair)
        except Problem as problem:
            return problem.code
        return "merged"

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(attempt, [(one, two), (two, one)] * 2))
    assert sorted(outcomes) == ["case_merged"] * 3 + ["merged"]
    assert sum(company.case(case)["merged_into_id"] is not None for case in (one, two)) == 1


def test_several_matters_become_cases_of_their_own(company: Company) -> None:
    case = company.register(category="repair_quality", subject="刹车")
    file, other = company.attach(case, "照片"), company.attach(case, "录音")
    items = [
        {"content": "发票开错", "category": "service_attitude", "attachments": [file["id"]]},
        {"content": "洗车划痕"},
    ]
    answer = company.call(contract.SPLIT_COMPLAINT, complaint_id=case["id"], items=items[1:], reason="两件事")
    (link,) = answer["made"]
    items[0].pop("category")
    answer = company.call(contract.SPLIT_COMPLAINT, complaint_id=case["id"], items=items, reason="又两件")
    made = [company.case({"id": one["complaint_id"]}) for one in answer["made"]]
    assert [one["content"] for one in made] == ["发票开错", "洗车划痕"]
    assert {one["complainant"]["name"] for one in made} == {"王芳"}
    assert {one["received_at"] for one in made} == {case["received_at"]}
    assert made[0]["links"] == [{"complaint_id": case["id"], "number": case["number"], "kind": "split_from"}]
    kept = company.call(contract.LIST_ATTACHMENTS, complaint_id=made[0]["id"])["items"]
    assert [one["sha256"] for one in kept] == [file["sha256"]]
    assert kept[0]["id"] != file["id"]
    assert len(company.call(contract.LIST_ATTACHMENTS, complaint_id=case["id"])["items"]) == 2
    told = company.history(case, "split")[-1]["fields"]["made"]
    assert [one["number"] for one in told] == [one["number"] for one in made]
    assert len(company.events("complaint.opened")) == 4
    assert company.events("complaint.split")[-1]["made"] == [one["id"] for one in made]
    wrong = company.refused(
        contract.SPLIT_COMPLAINT, complaint_id=made[1]["id"], reason="why",
        items=[{"content": "x", "attachments": [other["id"]]}],
    )  # fmt: skip
    assert wrong.errors[0]["field"] == "items.0.attachments"
    assert link["kind"] == "split_into"
