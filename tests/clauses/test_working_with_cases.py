"""Working with many cases: merging, splitting, files, mentions, watchers filters (UX-1, UX-2, UX-6 to UX-8)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kefu.waiting import wait_until
from tests.clauses.driver import SECONDS, Company

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


@pytest.mark.clause("UX-6")
def test_one_action_is_taken_on_many_cases_each_with_its_result(company: Company) -> None:
    manager = company.as_("customer_relations_manager")
    cases = [manager.register() for _ in range(3)]
    manager.act(cases[1], "pause", reason="customer_documents")
    ids = [case["id"] for case in cases]
    order = {"action": "pause", "fields": {"reason": "customer_documents"}, "complaint_ids": ids}
    job = manager.post("/v1/complaint-bulk", **order)
    address = f"/v1/complaint-bulk/{job['id']}"
    wait_until(lambda: manager.get(address)["state"] == "done", limit=SECONDS, what="the job is over")
    items = manager.get(f"{address}/items")["items"]
    assert [item["state"] for item in items] == ["done", "refused", "done"]
    assert items[1]["problem"]["code"] == "action_not_available"
    assert manager.case(cases[0])["state"] == "waiting"
    assert manager.history(cases[0], "action")[-1]["by"] == manager.username


@pytest.mark.clause("UX-8")
def test_a_reply_is_written_from_a_template_in_the_complainants_language(company: Company) -> None:
    manager, technician = company.team("customer_relations_manager", "technician")
    case = manager.register()
    found = {one["key"]: one for one in manager.get("/v1/reply-templates")["items"]}
    address = f"/v1/reply-templates/{found['delay']['id']}"
    for language, greeting in (("zh-CN", "尊敬的王芳"), ("en", "Dear 王芳")):
        preview = technician.post(f"{address}/render", complaint_id=case["id"], language=language)
        assert greeting in preview["text"]
        assert case["number"] in preview["text"]
    worded = company.admin.call("PATCH", address, json={"texts": {"zh-CN": "{complainant}:{number} 处理中,{company}"}})
    assert (worded["origin"], worded["version"]) == ("company", 1)
    manager.act(case, "add_note", note={"reply_template": worded["id"]}, audience="complainant")
    (entry,) = manager.history(case, "action")
    assert entry["fields"]["note"] == f"王芳:{case['number']} 处理中,宏远"
    wrong = company.admin.problem("PATCH", address, json={"texts": {"zh-CN": "{nmber}"}})
    assert (wrong["code"], wrong["errors"][0]["code"]) == ("invalid_request", "unknown_variable")
