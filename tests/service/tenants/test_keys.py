"""API keys: shown once, kept hashed, cut by their maker, good until revoked or expired (PL-15)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from chassis import clock
from chassis.tables import StoredRequest
from contracts import tenants as contract
from contracts.problems import Problem
from services.tenants.bootstrap import another_operator_key, ensure_operator
from services.tenants.models import ApiKey
from tests.service.tenants.bench import Bench, Company

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)


def make(company: Company, **fields: object) -> dict[str, object]:
    made: dict[str, object] = company.call(
        contract.CREATE_API_KEY, **{"name": "POS", "permissions": ["customers.read"], **fields}
    )
    return made


def test_a_key_opens_what_it_says_for_its_company_only(company: Company, bench: Bench) -> None:
    south = company.unit("south")
    store = company.unit("store", south)
    company.unit("north")
    made = make(company, permissions=["*"], services=["customers"], org_unit_ids=[south["id"]], locale="en")
    found = bench.introspect(str(made["secret"]))
    assert found["actor"] == {"kind": "key", "id": made["id"], "name": "POS"}
    assert (found["tenant_id"], found["tenant_code"], found["audience"]) == (str(company.id), company.code, "tenant")
    assert (found["services"], found["permissions"]) == (["customers"], ["customers.*"])
    assert set(found["org_unit_ids"]) == {south["id"], store["id"]}
    assert (found["locale"], found["expires_at"], found["credential_id"]) == ("en", None, made["id"])


def test_the_secret_is_nowhere_in_the_database(company: Company, bench: Bench) -> None:
    ctx = company.admin.with_(idempotency_key=uuid4().hex)
    body = {"name": "POS", "permissions": ["customers.read"]}
    made = company.call(contract.CREATE_API_KEY, ctx, **body)
    assert company.call(contract.CREATE_API_KEY, ctx, **body) == made
    secret = made["secret"].rpartition("_")[2]
    with bench.database.begin(company.id) as session:
        key = session.get_one(ApiKey, (company.id, UUID(made["id"])))
        stored = session.get_one(StoredRequest, (company.id, f"key:{ctx.actor.id}", ctx.idempotency_key))
        assert secret.encode() not in key.digest
        assert secret not in str(stored.reply)
    assert secret not in str(company.events())
    assert secret not in str([row.after for row in company.audit()])
    listed = company.call(contract.LIST_API_KEYS)["items"]
    assert [item["name"] for item in listed] == ["POS", "admin"]
    assert all("secret" not in item for item in listed)


def test_nobody_gives_a_key_what_they_do_not_hold(company: Company) -> None:
    company.staff("mei", roles=["manager"])
    ctx = company.as_staff("mei").with_(permissions=frozenset({"customers.*", "tenants.keys"}))
    for wide in (["*"], ["complaints.read"], ["tenants.staff"], ["customers.read", "notifications.*"]):
        with pytest.raises(Problem, match="scope_too_wide"):
            company.call(contract.CREATE_API_KEY, ctx, name="x", permissions=wide)
    company.call(contract.CREATE_API_KEY, ctx, name="x", permissions=["customers.read", "customers.*"])
    company.call(contract.CREATE_API_KEY, ctx, name="x", permissions=["*"], services=["customers"])


def test_a_key_reaches_no_further_than_its_maker(company: Company, bench: Bench) -> None:
    south, north = company.unit("south"), company.unit("north")
    store = company.unit("store", south)
    ctx = company.admin.with_(org_unit_ids=frozenset({UUID(south["id"]), UUID(store["id"])}))
    made = company.call(contract.CREATE_API_KEY, ctx, name="x", permissions=["customers.read"])
    assert made["org_unit_ids"] == [south["id"]]
    assert set(bench.introspect(made["secret"])["org_unit_ids"]) == {south["id"], store["id"]}
    with pytest.raises(Problem, match="org_unit_out_of_scope"):
        company.call(contract.CREATE_API_KEY, ctx, name="x", permissions=["customers.read"], org_unit_ids=[north["id"]])


def test_a_revoked_key_is_refused_and_everybody_is_told_once(company: Company, bench: Bench) -> None:
    made = make(company)
    company.call(contract.REVOKE_API_KEY, key_id=made["id"])
    company.call(contract.REVOKE_API_KEY, key_id=made["id"])
    assert company.told("credential.revoked") == [{"credential_id": made["id"]}]
    with pytest.raises(Problem, match="unauthenticated"):
        bench.introspect(str(made["secret"]))


def test_a_key_ends_when_it_says(company: Company, bench: Bench) -> None:
    with clock.freeze(NOW):
        made = make(company, expires_at=(NOW + timedelta(hours=1)).isoformat())
        assert bench.introspect(str(made["secret"]))["expires_at"] == "2026-11-22T03:00:00Z"
        with pytest.raises(Problem, match="invalid_request"):
            make(company, expires_at=NOW.isoformat())
    with clock.freeze(NOW + timedelta(hours=1)), pytest.raises(Problem, match="unauthenticated"):
        bench.introspect(str(made["secret"]))


@pytest.mark.parametrize("change", ["prefix", "secret", "case", "empty", "token", "nul"])
def test_every_bad_credential_gets_the_same_answer(company: Company, bench: Bench, change: str) -> None:
    kf, prefix, secret = str(make(company)["secret"]).split("_")
    bad = {
        "prefix": f"{kf}_{'x' * 12}_{secret}",
        "secret": f"{kf}_{prefix}_{'x' * 43}",
        "case": f"{kf}_{prefix}_{secret.swapcase()}",
        "empty": "",
        "token": "eyJhbGciOiJub25lIn0.e30.",
        "nul": "kf_\x00",
    }[change]
    with pytest.raises(Problem) as caught:
        bench.introspect(bad)
    assert caught.value.to_wire() == {"code": "unauthenticated", "status": 401, "params": {}, "errors": []}


def test_a_suspended_company_is_let_in_nowhere(company: Company, bench: Bench) -> None:
    company.staff()
    tokens = company.sign_in()
    bench.operator(contract.UPDATE_TENANT, tenant_id=company.id, status="suspended")
    for attempt in (
        lambda: bench.introspect(company.admin_key),
        lambda: bench.introspect(tokens["access_token"]),
        lambda: company.refresh(tokens["refresh_token"]),
        company.sign_in,
    ):
        with pytest.raises(Problem):
            attempt()
    bench.operator(contract.UPDATE_TENANT, tenant_id=company.id, status="active")
    assert bench.introspect(company.admin_key)["tenant_code"] == company.code


def test_another_companys_key_is_not_there(company: Company, bench: Bench) -> None:
    made = make(bench.company())
    with pytest.raises(Problem, match="not_found"):
        company.call(contract.REVOKE_API_KEY, key_id=made["id"])
    assert bench.introspect(str(made["secret"]))


def test_the_operators_key_is_made_once_and_opens_no_company(bench: Bench) -> None:
    url = bench.database.url.render_as_string(hide_password=False)
    first = ensure_operator(url)
    assert first
    assert ensure_operator(url) is None
    found = bench.introspect(first)
    assert (found["audience"], found["tenant_id"], found["actor"]["kind"]) == ("operator", None, "operator")
    second = another_operator_key(url)
    assert bench.introspect(second)["credential_id"] != found["credential_id"]
    third = another_operator_key(url, revoke_others=True)
    assert bench.introspect(third)
    for lost in (first, second):
        with pytest.raises(Problem, match="unauthenticated"):
            bench.introspect(lost)
