"""The gateway before the real services: revocation, isolation of failures, enablement. Real processes on SQLite."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx
import pytest

from kefu.waiting import wait_until
from tests.platform.running import Platform

REVOKED_WITHIN = 5.0
REFUSED_WITHIN = 3.0
"""Seconds; meant is one, which a busy machine may not keep. A call that waited for its deadline would take ten."""


@pytest.fixture(scope="module")
def own_platform(new_platform: Callable[..., Platform]) -> Iterator[Platform]:
    """A platform whose processes the tests may kill."""
    running = new_platform("sqlite")
    yield running
    running.close()


@pytest.fixture
def admin(own_platform: Platform) -> Iterator[httpx.Client]:
    """The administrator of a new company with customers and notifications."""
    body = {"code": f"c{uuid4().hex[:10]}", "name": "宏远汽车", "packs": ["dealership"],
            "services": ["customers", "notifications"]}  # fmt: skip
    with own_platform.client() as operator:
        tenant = operator.post("/v1/tenants", json=body).raise_for_status().json()
        key = operator.post(f"/v1/tenants/{tenant['id']}/admin-keys", json={"name": "test"}).raise_for_status().json()
    with own_platform.client(key["secret"]) as client:
        wait_until(lambda: client.get("/v1/customers").status_code == 200, limit=20, what="the company is known")
        yield client


def _new_key(admin: httpx.Client, **body: object) -> dict[str, str]:
    made = admin.post("/v1/api-keys", json={"name": "POS", "permissions": ["customers.read"], **body})
    key: dict[str, str] = made.raise_for_status().json()
    return key


@pytest.mark.clause("PL-15")
def test_a_revoked_key_is_dead_within_five_seconds(own_platform: Platform, admin: httpx.Client) -> None:
    key = _new_key(admin)
    with own_platform.client(key["secret"]) as partner:
        assert partner.get("/v1/customers").status_code == 200
        assert admin.delete(f"/v1/api-keys/{key['id']}").status_code == 204
        wait_until(
            lambda: partner.get("/v1/customers").status_code == 401, limit=REVOKED_WITHIN, what="the key is dead"
        )
    # a connection each, so that every worker has its share of them
    headers = {"Authorization": f"Bearer {key['secret']}"}
    url = f"{own_platform.base_url}/v1/customers"
    assert {httpx.get(url, headers=headers, trust_env=False).status_code for _ in range(40)} == {401}


@pytest.mark.clause("PL-15")
def test_a_key_opens_what_it_was_made_for_and_no_more(own_platform: Platform, admin: httpx.Client) -> None:
    with own_platform.client(_new_key(admin, services=["customers"])["secret"]) as partner:
        assert partner.get("/v1/customers").status_code == 200
        written = partner.post("/v1/customers", json={"name": "李四"})
        assert (written.status_code, written.json()["code"]) == (403, "forbidden")
        other = partner.get("/v1/templates")
        assert (other.status_code, other.json()["code"]) == (403, "service_not_enabled")
        assert partner.get("/v1/tenants").json()["code"] == "wrong_audience"


@pytest.mark.clause("PL-2", "NX-6")
def test_a_service_opens_and_closes_with_the_operators_switch(own_platform: Platform, admin: httpx.Client) -> None:
    tenant_id = admin.get("/v1/me").json()["tenant_id"]
    switch = f"/v1/tenants/{tenant_id}/services/complaints"
    assert admin.get("/v1/complaints").json()["code"] == "service_not_enabled"
    assert "/v1/complaints" not in admin.get("/v1/openapi.json").json()["paths"]
    with own_platform.client() as operator:
        operator.put(switch).raise_for_status()
        wait_until(lambda: admin.get("/v1/complaints").status_code == 200, limit=20, what="complaints are open")
        assert "/v1/complaints" in admin.get("/v1/openapi.json").json()["paths"]
        operator.delete(switch).raise_for_status()
    wait_until(
        lambda: admin.get("/v1/complaints").json().get("code") == "service_not_enabled", limit=20, what="closed again"
    )


@pytest.mark.faults
def test_a_dead_service_is_refused_within_a_second_and_the_others_go_on(
    own_platform: Platform, admin: httpx.Client
) -> None:
    own_platform.kill("notifications")
    try:
        with ThreadPoolExecutor(4) as pool:
            assert all(pool.map(lambda _: _is_refused_fast(admin, "/v1/templates"), range(20)))
        assert admin.get("/v1/customers").status_code == 200
    finally:
        own_platform.start("notifications")
        own_platform.wait_ready("notifications")
    wait_until(lambda: admin.get("/v1/templates").status_code == 200, limit=10, what="notifications is back")


def _is_refused_fast(client: httpx.Client, path: str) -> bool:
    began = time.monotonic()
    answer = client.get(path)
    fast = time.monotonic() - began < REFUSED_WITHIN
    return answer.status_code == 503 and answer.headers["Retry-After"] == "1" and fast


@pytest.mark.faults
def test_known_credentials_work_while_the_tenants_service_is_down(own_platform: Platform, admin: httpx.Client) -> None:
    # Both workers must know the credential; which one answers is not ours to choose.
    for _ in range(20):
        assert httpx.get(f"{own_platform.base_url}/v1/customers", headers=admin.headers).status_code == 200
    own_platform.kill("tenants")
    try:
        assert _is_refused_fast(admin, "/v1/staff")
        assert admin.get("/v1/customers").status_code == 200
        with own_platform.client(f"kf_{uuid4().hex}") as stranger:
            assert stranger.get("/v1/customers").status_code == 503
    finally:
        own_platform.start("tenants")
        own_platform.wait_ready("tenants")
    wait_until(lambda: admin.get("/v1/staff").status_code == 200, limit=10, what="tenants is back")


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_forged_token_is_refused(own_platform: Platform, admin: httpx.Client, part: int) -> None:
    admin.post(
        "/v1/staff",
        json={"username": "li.si", "name": "李四", "password": "a long enough one", "roles": [], "org_unit_ids": []},
    ).raise_for_status()
    company = admin.get("/v1/me").json()["tenant_code"]
    signing_in = {"tenant": company, "username": "li.si", "password": "a long enough one"}
    with own_platform.client() as anybody:
        tokens = anybody.post("/v1/sessions", json=signing_in).raise_for_status().json()
    token = tokens["access_token"]
    assert httpx.get(f"{own_platform.base_url}/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    parts = token.split(".")
    parts[part] = parts[part][:-4] + ("AAAA" if parts[part][-4:] != "AAAA" else "BBBB")
    forged = httpx.get(f"{own_platform.base_url}/v1/me", headers={"Authorization": f"Bearer {'.'.join(parts)}"})
    assert (forged.status_code, forged.json()["code"]) == (401, "unauthenticated")
