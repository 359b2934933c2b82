"""Companies are taken on whole or not at all, and their services switched, by the operator."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from chassis import clock
from contracts import tenants as contract
from contracts.problems import Problem
from tests.service.tenants.bench import OPERATOR, Bench, Company


def test_a_company_comes_with_its_packs_roles_policies_and_calendar(bench: Bench) -> None:
    company = bench.company(services=["notifications"], overrides={"notifications": {"frequency_cap": {"messages": 5}}})
    roles = company.call(contract.LIST_ROLES)["items"]
    assert [(role["name"], role["from_pack"]) for role in roles] == [("clerk", True), ("manager", True)]
    policy = company.call(contract.GET_POLICY, service="notifications")
    assert (policy["version"], policy["packs"]) == (1, ["shop"])
    assert policy["document"]["frequency_cap"] == {"messages": 5, "hours": 24}
    assert policy["document"]["quiet_hours"]["from"] == "21:00"
    calendar = company.call(contract.GET_CALENDAR)
    assert (calendar["country"], calendar["timezone"]) == ("CN", "Asia/Shanghai")


def test_everybody_is_told_of_a_new_company_in_one_transaction(company: Company) -> None:
    told = company.told("tenant.changed")
    assert [(t["code"], t["services"], t["status"]) for t in told] == [
        (company.code, ["customers", "notifications"], "active")
    ]
    assert told[0]["calendar"]["timezone"] == "Asia/Shanghai"
    assert [p["service"] for p in company.told("policy.activated")] == ["customers", "notifications"]
    assert {r["name"] for r in company.told("role.changed")} == {"clerk", "manager"}
    assert [s["service"] for s in company.told("service.enabled")] == ["customers", "notifications"]
    assert {row.action for row in company.audit()} == {"tenant.created", "policy.activated", "key.created"}


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"packs": ["brewery"]}, "unknown_pack"),
        ({"overrides": {"complaints": {}}}, "invalid_request"),
        ({"overrides": {"notifications": {"frequency_cap": {"messages": "many"}}}}, "policy_invalid"),
        ({"overrides": {"notifications": {"frequency_kap": {}}}}, "policy_invalid"),
        ({"services": ["tenants"]}, "invalid_request"),
        ({"packs": ["shop", "shop"]}, "invalid_request"),
        ({"timezone": "Mars/Olympus"}, "invalid_request"),
        ({"rate": "fast"}, "invalid_request"),
        ({"colour": "red"}, "invalid_request"),
        ({"overrides": {"notifications": {"a": "\x00"}}}, "invalid_request"),
    ],
)
def test_a_bad_company_leaves_nothing_behind(bench: Bench, fields: dict[str, object], code: str) -> None:
    name = f"t{uuid4().hex[:10]}"
    with pytest.raises(Problem) as caught:
        bench.company(code=name, **fields)
    assert caught.value.code == code
    assert bench.operator(contract.LIST_TENANTS, q=name)["items"] == []


def test_two_packs_are_merged_in_their_order(bench: Bench) -> None:
    company = bench.company(packs=["shop", "depot"])
    document = company.call(contract.GET_POLICY, service="notifications")["document"]
    assert document["frequency_cap"]["messages"] == 9
    assert document["quiet_hours"]["enabled"] is True
    assert "guard" in {role["name"] for role in company.call(contract.LIST_ROLES)["items"]}


def test_a_code_is_taken_once(bench: Bench, company: Company) -> None:
    with pytest.raises(Problem, match="conflict"):
        bench.company(code=company.code)


def test_the_same_request_again_gets_the_first_answer(bench: Bench) -> None:
    ctx = OPERATOR.with_(idempotency_key=uuid4().hex)
    fields = {"code": f"t{uuid4().hex[:10]}", "name": "万家", "packs": ["shop"], "services": []}
    first = bench.call(contract.CREATE_TENANT, ctx, **fields)
    assert bench.call(contract.CREATE_TENANT, ctx, **fields) == first
    with pytest.raises(Problem, match="idempotency_key_reused"):
        bench.call(contract.CREATE_TENANT, ctx, **{**fields, "name": "别家"})


def test_the_operator_lists_companies_page_by_page(bench: Bench) -> None:
    mark = f"p{uuid4().hex[:8]}"
    codes = [bench.company(code=f"{mark}-{n}", services=[]).code for n in range(5)]
    first = bench.operator(contract.LIST_TENANTS, q=mark, limit="2")
    second = bench.operator(contract.LIST_TENANTS, q=mark, limit="2", cursor=first["next_cursor"])
    last = bench.operator(contract.LIST_TENANTS, q=mark, limit="2", cursor=second["next_cursor"])
    assert [item["code"] for page in (first, second, last) for item in page["items"]] == codes
    assert last["next_cursor"] is None


def test_a_changed_company_is_told_and_a_stale_change_refused(bench: Bench, company: Company) -> None:
    changed = bench.operator(
        contract.UPDATE_TENANT, tenant_id=company.id, name="宏远集团", rate="600/minute", expected_version=1
    )
    assert (changed["name"], changed["rate"], changed["version"]) == ("宏远集团", "600/minute", 2)
    assert company.told("tenant.changed")[-1]["version"] == 2
    with pytest.raises(Problem, match="stale_version"):
        bench.operator(contract.UPDATE_TENANT, tenant_id=company.id, name="x", expected_version=1)
    unchanged = bench.operator(contract.UPDATE_TENANT, tenant_id=company.id, name="宏远集团")
    assert unchanged["version"] == 2


def test_a_service_is_switched_off_and_on_again_and_says_what_it_missed(bench: Bench, company: Company) -> None:
    off, on = datetime(2026, 11, 22, 2, tzinfo=UTC), datetime(2026, 11, 25, 2, tzinfo=UTC)
    with clock.freeze(off):
        state = bench.operator(contract.DISABLE_SERVICE, tenant_id=company.id, service="customers")
        again = bench.operator(contract.DISABLE_SERVICE, tenant_id=company.id, service="customers")
    assert state == again
    assert (state["enabled"], state["disabled_at"]) == (False, "2026-11-22T02:00:00Z")
    assert company.told("tenant.changed")[-1]["services"] == ["notifications"]
    with clock.freeze(on):
        state = bench.operator(contract.ENABLE_SERVICE, tenant_id=company.id, service="customers")
    assert (state["enabled_at"], state["disabled_at"]) == ("2026-11-25T02:00:00Z", "2026-11-22T02:00:00Z")
    assert [s["service"] for s in company.told("service.disabled")] == ["customers"]
    assert [s["service"] for s in company.told("service.enabled")] == ["customers", "notifications", "customers"]
    assert [p["version"] for p in company.told("policy.activated") if p["service"] == "customers"] == [1]


def test_a_service_enabled_later_brings_its_policy_into_force(bench: Bench) -> None:
    company = bench.company(services=["customers"])
    with pytest.raises(Problem, match="not_found"):
        company.call(contract.GET_POLICY, service="notifications")
    bench.operator(contract.ENABLE_SERVICE, tenant_id=company.id, service="notifications")
    assert company.call(contract.GET_POLICY, service="notifications")["version"] == 1
    states = {s["service"]: s["enabled"] for s in company.call(contract.LIST_SERVICES)["items"]}
    assert [name for name, enabled in states.items() if enabled] == ["customers", "notifications"]
    assert set(states) == set(contract.OPTIONAL_SERVICES)


def test_what_does_not_exist_is_not_found(bench: Bench) -> None:
    for operation in (contract.GET_TENANT, contract.UPDATE_TENANT):
        with pytest.raises(Problem, match="not_found"):
            bench.operator(operation, tenant_id=uuid4())
    for operation in (contract.ENABLE_SERVICE, contract.DISABLE_SERVICE):
        with pytest.raises(Problem, match="not_found"):
            bench.operator(operation, tenant_id=uuid4(), service="customers")
    with pytest.raises(Problem, match="not_found"):
        bench.operator(contract.CREATE_ADMIN_KEY, tenant_id=uuid4(), name="x")
