"""A second factor from end to end: a role wants one, its holder is led to it, signs in with it, loses it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import httpx
import pyotp

from kefu.waiting import wait_until
from tests.clauses.driver import PASSWORD, SECONDS, Company, Json, moment


def _sign_in(company: Company, **more: str) -> httpx.Response:
    body = {"tenant": company.code, "username": "mei", "password": PASSWORD, **more}
    return httpx.post(f"{company.platform.base_url}/v1/sessions", json=body, trust_env=False, timeout=30)


def _code(begun: Json, steps: int) -> str:
    """What the app shows that many steps from when it was set up, by the platform's clock."""
    at = moment(begun["confirm_before"]) - timedelta(minutes=15) + steps * timedelta(seconds=30)
    code: str = pyotp.parse_uri(begun["provisioning_uri"]).at(at)  # type: ignore[union-attr]
    return code


def test_who_must_have_a_second_factor_is_led_to_it_and_signs_in_with_it(
    found_company: Callable[..., Company],
) -> None:
    company = found_company(services=["complaints", "notifications"])
    mei = company.hire("mei", "front_desk")
    role = next(r for r in company.admin.get("/v1/roles", limit=100)["items"] if r["name"] == "front_desk")
    company.admin.call("PATCH", f"/v1/roles/{role['id']}", json={"second_factor": "required"})

    tokens = _sign_in(company).raise_for_status().json()
    assert tokens["must_enrol"]
    with company.platform.client(tokens["access_token"]) as client:
        for path in ("/v1/complaints", "/v1/notifications", "/v1/staff"):
            refused = client.get(path)
            assert (refused.status_code, refused.json()["code"]) == (403, "second_factor_required"), path
        assert client.get("/v1/me/second-factor").json()["required"]
        begun = client.post("/v1/me/second-factor", json={"password": PASSWORD}).raise_for_status().json()
        codes = client.post("/v1/me/second-factor/confirm", json={"code": _code(begun, 0)})
        assert len(codes.raise_for_status().json()["recovery_codes"]) == 10
        assert client.get("/v1/complaints").status_code == 200, "the same session opens everything at once"

    assert _sign_in(company).json()["code"] == "second_factor_needed"
    tokens = _sign_in(company, code=_code(begun, 1)).raise_for_status().json()
    assert _sign_in(company, code=_code(begun, 1)).json()["code"] == "sign_in_refused"
    company.admin.call("DELETE", f"/v1/staff/{mei.id}/second-factor")
    with company.platform.client(tokens["access_token"]) as client:
        wait_until(lambda: client.get("/v1/me").status_code == 401, limit=SECONDS, what="signed out by the reset")
    with company.platform.client(_sign_in(company).raise_for_status().json()["access_token"]) as client:
        begun = client.post("/v1/me/second-factor", json={"password": PASSWORD}).raise_for_status().json()
        client.post("/v1/me/second-factor/confirm", json={"code": _code(begun, 0)}).raise_for_status()
        wait_until(lambda: _told(client) == TOLD, limit=SECONDS, what="notices of what happened to the account")


TOLD = ["staff.second_factor_set", "staff.second_factor_reset", "staff.second_factor_set"]


def _told(client: httpx.Client) -> list[str]:
    return [notice["key"] for notice in client.get("/v1/notifications").json()["items"]][::-1]
