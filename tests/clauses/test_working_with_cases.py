"""Working with many cases: merging, splitting, files, mentions, watchers filters (UX-1, UX-2, UX-6, UX-7)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.clauses.driver import Company

CompanyOf = Callable[..., Company]


@pytest.mark.clause("UX-1")
def test_a_duplicate_is_merged_without_loss_and_taken_out_again(found_company: CompanyOf) -> None:
    company = found_company("developer")
    manager = company.as_("customer_service_manager")
    into = manager.register(subject="华府 1 栋", group_size=6)
    other = {"name": "李雷", "phone": "13900139000"}
    case = manager.register(subject="华府 1 栋", group_size=7, complainant=other, content="外墙又漏水了")
    file = {"file": ("漏水.txt", "照片说明".encode())}
    attached = manager.call("POST", f"/v1/complaints/{case['id']}/attachments", files=file)

    survivor = manager.post(f"/v1/complaints/{case['id']}/merge", into=into["id"], reason="同一处漏水")
    assert (survivor["id"], survivor["group_size"]) == (into["id"], 13)
    assert survivor["level"] != into["level"], "n >= 10 weighs more (RF-3)"
    assert [one["number"] for one in survivor["merged"]] == [case["number"]]
    through = manager.get(f"/v1/complaints/{into['id']}/attachments/{attached['id']}")
    assert through["sha256"] == attached["sha256"]

    refused = manager.refused(case, "add_note", note="客户又来电")
    assert (refused["status"], refused["code"]) == (409, "case_merged")
    assert into["number"] in refused["detail"]
    assert manager.case(case)["merged_into_id"] == into["id"]
    found = manager.get("/v1/complaints", q=case["number"])["items"]
    assert [one["id"] for one in found] == [into["id"]], "who calls about the old number finds the case it went into"

    manager.post(f"/v1/complaints/{case['id']}/unmerge", reason="是另一栋楼")
    assert manager.case(into)["group_size"] == 6
    assert manager.case(into)["level"] == into["level"]
    manager.act(case, "add_note", note="继续处理")


@pytest.mark.clause("UX-1", "UX-2")
def test_matters_of_one_case_become_cases_that_carry_its_files(company: Company) -> None:
    manager = company.as_("customer_relations_manager")
    case = manager.register()
    file = {"file": ("小票.txt", "发票照片".encode())}
    attached = manager.call("POST", f"/v1/complaints/{case['id']}/attachments", files=file)
    items = [{"content": "发票金额不对", "attachments": [attached["id"]]}]
    done = manager.post(f"/v1/complaints/{case['id']}/split", items=items, reason="与刹车无关")
    (link,) = done["made"]
    made = manager.get(f"/v1/complaints/{link['complaint_id']}")
    assert (made["content"], made["complainant"]["name"]) == ("发票金额不对", case["complainant"]["name"])
    (carried,) = manager.get(f"/v1/complaints/{made['id']}/attachments")["items"]
    assert carried["sha256"] == attached["sha256"]
    assert link["number"] in str(manager.history(case, "split"))
    assert made["received_at"] == case["received_at"]


@pytest.mark.clause("UX-7")
def test_a_colleague_named_in_a_note_is_told_and_hears_what_happens_then(company: Company) -> None:
    handler, technician = company.team("customer_relations_consultant", "technician")
    case = handler.register(category="repair_quality")
    handler.act(case, "add_note", note="请 @technician 到店检查")
    technician.await_notice(case, "complaint.mentioned")
    manager = company.as_("customer_relations_manager")
    manager.call("PATCH", f"/v1/complaints/{case['id']}", json={"media_risk": True})
    technician.await_notice(case, "complaint.watched")
    assert "complaint.watched" not in manager.inbox(case), "nobody is told of their own acts"
    technician.call("DELETE", f"/v1/complaints/{case['id']}/watchers/me")
    assert technician.get(f"/v1/complaints/{case['id']}/watchers")["items"] == []
    (entry,) = [one for one in manager.history(case, "action") if one["action"] == "add_note"]
    assert entry["audience"] is None, "a note is for the company's own people, unless it says otherwise"


@pytest.mark.clause("UX-6")
def test_filters_are_saved_shared_and_narrowed_and_a_queue_is_counted(company: Company) -> None:
    manager, technician = company.team("customer_relations_manager", "technician")
    case = manager.register(category="repair_quality")
    manager.register(category="suggestion")
    saved = manager.post(
        "/v1/complaint-filters", name="质量投诉", query={"category": "repair_quality", "handler_id": "me"},
        sort="due_at", role="technician",
    )  # fmt: skip
    manager.call("PUT", f"/v1/complaint-filters/{saved['id']}/default")
    (mine,) = manager.get("/v1/complaint-filters")["items"]
    assert (mine["default"], mine["broken"]) == (True, [])
    query = {"filter": saved["id"], "sort": "-received_at"}
    assert [one["id"] for one in manager.get("/v1/complaints", **query)["items"]] == [case["id"]]
    assert manager.get("/v1/complaint-counts", filter=saved["id"])["total"] == 1
    assert manager.get("/v1/complaints", **query, state="closed")["items"] == []
    assert technician.get("/v1/complaints", **query)["items"] == [], "me is whoever calls"
    refused = technician.problem("DELETE", f"/v1/complaint-filters/{saved['id']}")
    assert (refused["status"], refused["code"]) == (403, "filter_not_yours")
