"""The complainant's link is a credential: it opens one case of one company, until it ends, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import uuid4

import httpx
import pytest

from kefu.waiting import wait_until
from tests.clauses.driver import SECONDS, Json
from tests.platform.running import Platform
from tests.security.calls import COMPLAINANT_OPERATIONS, TENANT_OPERATIONS, request, send
from tests.security.conftest import Sides
from tests.security.sides import PNG, Side

pytestmark = [pytest.mark.clause("PL-1", "UX-13"), pytest.mark.timeout(300)]
YEAR = 366 * 24 * 3600
CANARY = "13899990000"


@contextmanager
def holding(platform: Platform, token: str) -> Iterator[httpx.Client]:
    with platform.client(token) as client:
        yield client


def _problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"] if answer.is_error else ""


def _new_case(side: Side, **more: object) -> tuple[Json, str]:
    """A case of its own, with the token of a link to it."""
    complainant = {"name": "甲", "phone": CANARY, "vehicle_plate": "京B00001"}
    case = side.boss.register(complainant=complainant, **more)
    return case, side.boss.post(f"/v1/complaints/{case['id']}/status-link")["token"]


def test_a_link_shows_its_own_case_and_no_other(sides: Sides) -> None:
    ours, theirs = sides.ours, sides.theirs
    _, next_door = _new_case(ours)
    with (
        holding(sides.platform, ours.link) as mine,
        holding(sides.platform, theirs.link) as other,
        holding(sides.platform, next_door) as of_the_same_company,
    ):
        assert ours.word in mine.get("/v1/status").text
        assert not ours.shows_in(other.get("/v1/status").text)
        assert mine.get(f"/v1/status/files/{ours.ids['file_id']}").content == PNG
        for stranger in (other, of_the_same_company):
            assert _problem(stranger.get(f"/v1/status/files/{ours.ids['file_id']}")) == (404, "not_found")
            stolen = {"text": "x", "files": [ours.ids["file_id"]]}
            assert _problem(stranger.post("/v1/status/messages", json=stolen)) == (422, "invalid_request")


def test_a_file_of_staff_is_not_the_complainants_to_read_or_send(sides: Sides) -> None:
    staffs = sides.ours.ids["attachment_id"]
    with holding(sides.platform, sides.ours.link) as client:
        assert _problem(client.get(f"/v1/status/files/{staffs}")) == (404, "not_found")
        sent = client.post("/v1/status/messages", json={"text": "x", "files": [staffs]})
        assert _problem(sent) == (422, "invalid_request")


def test_a_link_opens_no_operation_of_the_company(sides: Sides) -> None:
    with holding(sides.platform, sides.ours.link) as client:
        for operation in TENANT_OPERATIONS:
            answer = send(client, operation, sides.ours.ids, request(operation, sides.ours.ids))
            assert _problem(answer) == (403, "wrong_audience"), operation.routing_key


def test_what_is_no_good_link_opens_nothing(sides: Sides) -> None:
    token = sides.ours.link
    swapped = token[:-1] + ("a" if token[-1] != "a" else "b")
    for bad in (swapped, token[:-1], f"{token}a", token.swapcase(), "ks_" + "A" * 24, f"ks_{uuid4().hex[:24]}"):
        with holding(sides.platform, bad) as client:
            for operation in COMPLAINANT_OPERATIONS:
                answer = send(client, operation, sides.ours.ids, request(operation, sides.ours.ids))
                assert _problem(answer) == (401, "unauthenticated"), (bad, operation.routing_key)


def test_revoking_takes_effect_at_once_and_for_every_link_of_the_case(sides: Sides) -> None:
    side = sides.ours
    case, first = _new_case(side)
    issued = side.boss.post(f"/v1/complaints/{case['id']}/status-link")
    typed = {"number": issued["number"], "code": issued["code"]}
    with holding(sides.platform, first) as one, holding(sides.platform, issued["token"]) as two:
        assert one.get("/v1/status").is_success
        opened = two.post("/v1/status-sessions", json=typed).json()["token"]
        side.boss.call("DELETE", f"/v1/complaints/{case['id']}/status-link")
        assert [_problem(client.get("/v1/status")) for client in (one, two)] == [(401, "unauthenticated")] * 2
        assert _problem(two.post("/v1/status-sessions", json=typed)) == (401, "status_link_not_valid")
    with holding(sides.platform, opened) as typed_in:
        assert _problem(typed_in.get("/v1/status")) == (401, "unauthenticated")
    fresh = side.boss.post(f"/v1/complaints/{case['id']}/status-link")["token"]
    with holding(sides.platform, fresh) as again:
        assert again.get("/v1/status").is_success
    actions = [entry["what"] for entry in side.boss.get(f"/v1/complaints/{case['id']}/history")["items"]]
    assert {"link", "link_revoked"} <= set(actions)


@pytest.fixture
def clock(sides: Sides) -> Iterator[Callable[[float], None]]:
    yield sides.platform.move_clock
    sides.platform.move_clock(0)


def test_a_link_ends(sides: Sides, clock: Callable[[float], None]) -> None:
    _, token = _new_case(sides.ours)
    with holding(sides.platform, token) as client:
        assert client.get("/v1/status").is_success
        clock(YEAR)
        assert _problem(client.get("/v1/status")) == (401, "unauthenticated")


def test_a_company_that_does_not_use_complaints_shows_none(sides: Sides) -> None:
    side = sides.theirs
    _, token = _new_case(side)
    with sides.platform.client() as operator, holding(sides.platform, token) as client:
        operator.delete(f"/v1/tenants/{side.id}/services/complaints").raise_for_status()
        try:
            wait_until(lambda: client.get("/v1/status").is_error, limit=SECONDS, what="the service is disabled")
            for operation in COMPLAINANT_OPERATIONS:
                answer = send(client, operation, side.ids, request(operation, side.ids))
                assert _problem(answer) == (403, "service_not_enabled"), operation.routing_key
        finally:
            operator.put(f"/v1/tenants/{side.id}/services/complaints").raise_for_status()


def test_nobodys_personal_data_is_on_the_page(sides: Sides) -> None:
    """Not even the complainant's own number: whoever gets hold of the link does not get that as well."""
    side = sides.ours
    case, token = _new_case(side)
    side.boss.act(case, "add_note", note=f"内部:联系人 {CANARY}")
    side.boss.act(case, "assign_handler", staff=side.ids["staff_id"])
    with holding(sides.platform, token) as client:
        for shown in (client.get("/v1/status").text, _page(sides.platform, token)):
            assert CANARY not in shown
            assert side.ids["staff_id"] not in shown
            assert f"worker {side.word}" not in shown
            assert "内部" not in shown


def _page(platform: Platform, token: str) -> str:
    with httpx.Client(base_url=platform.base_url, follow_redirects=True, trust_env=False) as browser:
        answer = browser.get(f"/s/{token}")
        assert answer.is_success, answer.text
        assert token not in str(answer.url)
        return answer.text


def test_the_page_keeps_the_link_to_itself(sides: Sides) -> None:
    token = sides.ours.link
    with httpx.Client(base_url=sides.platform.base_url, trust_env=False) as browser:
        came = browser.get(f"/s/{token}")
        assert (came.status_code, came.headers["location"]) == (303, "/s/case")
        cookie = came.headers["set-cookie"]
        assert all(mark in cookie for mark in ("HttpOnly", "SameSite=Lax", "Path=/s", "Max-Age=7200"))
        page = browser.get("/s/case")
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["cache-control"] == "no-store"
        assert "noindex" in page.headers["x-robots-tag"]
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "<script" not in page.text
        assert token not in page.text
        forged = browser.post("/s/case/messages", data={"text": "x", "key": "k" * 20})
        assert forged.status_code == 400
        assert browser.get("/s/case").is_success
    assert token not in sides.platform.logs("gateway")
