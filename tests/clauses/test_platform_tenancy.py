"""Tenancy through the whole platform, as operator, administrators, staff and partners see it: REST only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest
from click.testing import CliRunner

from kefu.commands.keys import group as keys_command
from kefu.commands.policy import group as policy_command
from kefu.commands.tenants import group as tenants_command
from kefu.waiting import wait_until
from tests.platform.running import Platform

PASSWORD = "open sesame 123"
Problem = tuple[int, str]


@dataclass(frozen=True)
class Company:
    """A company of a test's own, seen by its administrator."""

    id: str
    code: str
    key: str
    client: httpx.Client


NewCompany = Callable[..., Company]


@pytest.fixture
def new_company(platform: Platform, request: pytest.FixtureRequest) -> NewCompany:
    def make(pack: str = "dealership", services: tuple[str, ...] = ("customers", "complaints")) -> Company:
        code = f"t{uuid4().hex[:10]}"
        body = {"code": code, "name": "宏远", "packs": [pack], "services": services}
        with platform.client() as operator:
            tenant = operator.post("/v1/tenants", json=body).raise_for_status().json()
            made = operator.post(f"/v1/tenants/{tenant['id']}/admin-keys", json={"name": "admin"}).raise_for_status()
        client = platform.client(made.json()["secret"])
        request.addfinalizer(client.close)
        return Company(tenant["id"], code, made.json()["secret"], client)

    return make


def problem(reply: httpx.Response) -> Problem:
    """(status, code) of a problem document."""
    assert reply.headers["content-type"].startswith("application/problem+json"), reply.text
    return reply.status_code, reply.json()["code"]


def made(reply: httpx.Response) -> dict[str, Any]:
    assert reply.status_code in {200, 201}, reply.text
    body: dict[str, Any] = reply.json()
    return body


def staff(company: Company, username: str, **fields: Any) -> dict[str, Any]:
    body = {"username": username, "name": username, "password": PASSWORD, **fields}
    return made(company.client.post("/v1/staff", json=body))


def sign_in(platform: Platform, company: Company, username: str) -> dict[str, Any]:
    body = {"tenant": company.code, "username": username, "password": PASSWORD}
    with platform.client("nobody-yet") as client:
        return made(client.post("/v1/sessions", json=body))


@pytest.mark.clause("PL-1")
def test_two_companies_share_the_platform_and_never_see_each_other(new_company: NewCompany) -> None:
    first, second = new_company(), new_company("property")
    unit = made(first.client.post("/v1/org-units", json={"code": "south", "name": "南店", "kind": "store"}))
    person = staff(first, "li")
    key = made(first.client.post("/v1/api-keys", json={"name": "POS", "permissions": ["customers.read"]}))
    for path in (f"/v1/org-units/{unit['id']}", f"/v1/staff/{person['id']}"):
        assert first.client.get(path).status_code == 200
        assert problem(second.client.get(path)) == (404, "not_found")
    assert problem(second.client.delete(f"/v1/api-keys/{key['id']}")) == (404, "not_found")
    for path in ("/v1/org-units", "/v1/staff"):
        assert second.client.get(path).json()["items"] == []
    assert made(second.client.post("/v1/org-units", json={"code": "south", "name": "南区", "kind": "site"}))
    assert problem(second.client.get("/v1/tenants"))[0] in {401, 403}
    assert problem(second.client.get(f"/v1/tenants/{first.id}"))[0] in {401, 403}


@pytest.mark.clause("PL-2", "NX-6")
def test_a_service_that_is_not_enabled_is_refused_until_the_operator_enables_it(
    platform: Platform, new_company: NewCompany
) -> None:
    company = new_company(services=("customers",))
    assert company.client.get("/v1/customers").status_code == 200
    assert problem(company.client.get("/v1/templates")) == (403, "service_not_enabled")
    assert "/v1/templates" not in company.client.get("/v1/openapi.json").json()["paths"]
    with platform.client() as operator:
        on = made(operator.put(f"/v1/tenants/{company.id}/services/notifications"))
        assert (on["enabled"], on["disabled_at"]) == (True, None)
        wait_until(lambda: company.client.get("/v1/templates").status_code == 200, limit=10, what="templates open")
        assert "/v1/templates" in company.client.get("/v1/openapi.json").json()["paths"]
        off = made(operator.delete(f"/v1/tenants/{company.id}/services/notifications"))
        wait_until(lambda: company.client.get("/v1/templates").status_code == 403, limit=10, what="templates closed")
        again = made(operator.put(f"/v1/tenants/{company.id}/services/notifications"))
    assert again["disabled_at"] == off["disabled_at"], "it says since when it saw nothing"
    states = {state["service"]: state["enabled"] for state in company.client.get("/v1/services").json()["items"]}
    assert [service for service, enabled in states.items() if enabled] == ["customers", "notifications"]


@pytest.mark.clause("PL-3")
def test_staff_act_in_their_org_units_with_all_below_and_nowhere_else(
    platform: Platform, new_company: NewCompany
) -> None:
    company = new_company()
    south = made(company.client.post("/v1/org-units", json={"code": "south", "name": "南区", "kind": "region"}))
    north = made(company.client.post("/v1/org-units", json={"code": "north", "name": "北区", "kind": "region"}))
    store_body = {"code": "s1", "name": "一店", "kind": "store", "parent_id": south["id"]}
    store = made(company.client.post("/v1/org-units", json=store_body))
    staff(company, "li", roles=["administrator"], org_unit_ids=[south["id"]])
    with platform.client(sign_in(platform, company, "li")["access_token"]) as li:
        assert set(li.get("/v1/me").json()["org_unit_ids"]) == {south["id"], store["id"]}
        desk = {"code": "d1", "name": "前台", "kind": "department", "parent_id": store["id"]}
        assert li.post("/v1/org-units", json=desk).status_code == 201
        outside = {**desk, "code": "d2", "parent_id": north["id"]}
        assert problem(li.post("/v1/org-units", json=outside)) == (403, "org_unit_out_of_scope")


@pytest.mark.clause("PL-4")
def test_packs_name_the_roles_and_each_action_needs_its_permission(platform: Platform, new_company: NewCompany) -> None:
    company = new_company()
    roles = {role["name"]: role for role in company.client.get("/v1/roles", params={"limit": 100}).json()["items"]}
    assert roles["front_desk"]["labels"]["zh-CN"] == "前台接待"
    assert roles["front_desk"]["from_pack"] is True
    own = {"name": "trainee", "labels": {"zh-CN": "见习", "en": "Trainee"}, "permissions": ["tenants.read"]}
    assert company.client.post("/v1/roles", json=own).status_code == 201
    staff(company, "mei", roles=["trainee"])
    with platform.client(sign_in(platform, company, "mei")["access_token"]) as mei:
        assert mei.get("/v1/staff").status_code == 200
        refused = mei.post("/v1/staff", json={"username": "x", "name": "x"})
        assert problem(refused) == (403, "forbidden")
        assert "tenants.staff" in refused.json()["detail"]


@pytest.mark.clause("PL-5", "PL-10")
def test_policy_is_data_checked_previewed_versioned_and_on_record(
    platform: Platform, new_company: NewCompany, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = new_company()
    monkeypatch.setenv("KEFU_URL", platform.base_url)
    monkeypatch.setenv("KEFU_KEY", company.key)
    before = company.client.get("/v1/policies/complaints").json()
    overrides = tmp_path / "overrides.yaml"
    overrides.write_text("reopen:\n  within: {amount: 11, unit: days}\nreopenn: {}\n")
    refused = CliRunner().invoke(policy_command, ["preview", "complaints", str(overrides)])
    assert refused.exit_code == 1
    assert "reopenn" in refused.output
    assert "line 3" in refused.output
    overrides.write_text("reopen:\n  within: {amount: 11, unit: days}\n")
    shown = CliRunner().invoke(policy_command, ["preview", "complaints", str(overrides), "--note", "十一天"])
    assert shown.exit_code == 0, shown.output
    assert "reopen.within" in shown.output
    assert company.client.get("/v1/policies/complaints").json() == before
    draft = shown.output.split()[-1]
    for _ in range(2):
        done = CliRunner().invoke(policy_command, ["activate", "complaints", draft])
        assert "version 2 is in force" in done.output
    active = company.client.get("/v1/policies/complaints").json()
    assert active["document"]["reopen"]["within"] == {"amount": 11, "unit": "days"}
    versions = company.client.get("/v1/policies/complaints/versions").json()["items"]
    assert [(version["version"], version["note"]) for version in versions] == [(2, "十一天"), (1, "")]


@pytest.mark.clause("PL-15")
def test_a_partners_key_is_scoped_and_refused_within_seconds_of_its_revocation(
    platform: Platform, new_company: NewCompany, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = new_company()
    monkeypatch.setenv("KEFU_URL", platform.base_url)
    monkeypatch.setenv("KEFU_KEY", company.key)
    made_by = CliRunner().invoke(keys_command, ["create", "POS", "--permission", "customers.read"])
    key_id, secret = made_by.output.split()
    with platform.client(secret) as pos:
        assert pos.get("/v1/customers").status_code == 200
        assert problem(pos.post("/v1/customers", json={"name": "王芳"})) == (403, "forbidden")
        assert problem(pos.get("/v1/api-keys")) == (403, "forbidden")
        assert secret not in company.client.get("/v1/api-keys").text
        assert CliRunner().invoke(keys_command, ["revoke", key_id]).exit_code == 0
        wait_until(lambda: pos.get("/v1/customers").status_code == 401, limit=5, what="the revoked key is refused")
        assert problem(pos.get("/v1/customers")) == (401, "unauthenticated")


@pytest.mark.clause("PL-15")
def test_a_write_repeated_with_its_idempotency_key_makes_one_record(new_company: NewCompany) -> None:
    company = new_company()
    headers = {"Idempotency-Key": uuid4().hex}
    body = {"name": "POS", "permissions": ["customers.read"]}
    first = made(company.client.post("/v1/api-keys", json=body, headers=headers))
    assert made(company.client.post("/v1/api-keys", json=body, headers=headers)) == first
    assert len(company.client.get("/v1/api-keys").json()["items"]) == 2
    other = company.client.post("/v1/api-keys", json={**body, "name": "DMS"}, headers=headers)
    assert problem(other) == (422, "idempotency_key_reused")


@pytest.mark.clause("PL-15")
def test_lists_page_by_cursor_and_problems_speak_the_callers_language(new_company: NewCompany) -> None:
    company = new_company()
    names = [f"u{number}" for number in range(3)]
    for name in names:
        company.client.post("/v1/org-units", json={"code": name, "name": name, "kind": "store"}).raise_for_status()
    first = company.client.get("/v1/org-units", params={"limit": 2}).json()
    second = company.client.get("/v1/org-units", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [unit["code"] for page in (first, second) for unit in page["items"]] == names
    for locale, word in (("en", "org unit"), ("zh-CN", "未找到")):
        missing = company.client.get(f"/v1/org-units/{uuid4()}", headers={"Accept-Language": locale})
        assert word in missing.json()["detail"]


def test_signing_in_renewing_and_out(platform: Platform, new_company: NewCompany) -> None:
    company = new_company()
    staff(company, "li", roles=["front_desk"])
    tokens = sign_in(platform, company, "li")
    with platform.client("nobody-yet") as client:
        renewed = made(client.post("/v1/sessions/refresh", json={"refresh_token": tokens["refresh_token"]}))
        reused = client.post("/v1/sessions/refresh", json={"refresh_token": tokens["refresh_token"]})
        assert problem(reused) == (401, "unauthenticated")
        wrong = {"tenant": company.code, "username": "li", "password": "not the one"}
        assert problem(client.post("/v1/sessions", json=wrong)) == (401, "sign_in_refused")
    with platform.client(renewed["access_token"]) as li:
        wait_until(lambda: li.get("/v1/me").status_code == 401, limit=10, what="the reused token ended the session")
    with platform.client(sign_in(platform, company, "li")["access_token"]) as li:
        assert li.get("/v1/me").json()["actor"]["name"] == "li"
        assert li.delete("/v1/sessions/current").status_code == 204
        wait_until(lambda: li.get("/v1/me").status_code == 401, limit=10, what="signed out")


def test_the_operator_works_from_the_command_line(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEFU_URL", platform.base_url)
    monkeypatch.setenv("KEFU_KEY", platform.operator_key)
    code = f"t{uuid4().hex[:10]}"
    run = CliRunner().invoke
    created = run(tenants_command, ["create", code, "万家物业", "--pack", "property", "--service", "customers"])
    assert created.exit_code == 0, created.output
    key = created.output.split()[-1]
    with platform.client(key) as admin:
        assert admin.get("/v1/me").json()["tenant_name"] == "万家物业"
    assert "is on since" in run(tenants_command, ["enable", code, "notifications"]).output
    assert "is off since" in run(tenants_command, ["disable", code, "customers"]).output
    listed = run(tenants_command, ["list", "--query", code]).output
    assert "万家物业" in listed
    assert "notifications" in listed
    missing = run(tenants_command, ["enable", "nobody", "customers"])
    assert (missing.exit_code, "kefu tenants list" in missing.output) == (1, True)
