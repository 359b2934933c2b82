"""Webhooks through the whole platform: REST in, the real broker and processes, a partner's real web server out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from standardwebhooks import Webhook as Verifier

from kefu.waiting import wait_until
from tests.clauses.driver import Company, Json, Person
from tests.platform.running import Platform
from tests.service.notifications.receivers import Request, WebServer

LIMIT = 30.0
DOWN = (500, {}, b"our database is away")
QUICK = {"retry_after_seconds": [1] * 30, "disable_after_hours": 1}
OPENED, URGED = "complaint.opened", "complaint.sheet_opened"


@pytest.fixture
def server() -> Iterator[WebServer]:
    with WebServer().running() as running:
        yield running


class Hook:
    """A company's webhook at that server."""

    def __init__(self, admin: Person, server: WebServer, *types: str) -> None:
        self._admin, self._server = admin, server
        made = admin.post("/v1/webhooks", url=server.url, event_types=types)
        self.path, self.secret = f"/v1/webhooks/{made['id']}", made["secret"]

    def shown(self) -> Json:
        found: Json = self._admin.get(self.path)
        return found

    def post(self, what: str, **body: Any) -> Json:
        done: Json = self._admin.post(f"{self.path}/{what}", **body)
        return done

    def log(self, **filters: Any) -> list[Json]:
        found: list[Json] = self._admin.get(f"{self.path}/deliveries", limit=100, **filters)["items"]
        return found

    def await_delivered(self, number: int) -> None:
        wait_until(lambda: len(self.log(state="delivered")) >= number, limit=LIMIT, what=f"{number} delivered")

    def verified(self, request: Request) -> Json:
        """The envelope, believed by the reference library."""
        found: Json = Verifier(self.secret).verify(request.body, request.headers)
        return found


@contextmanager
def _founded(platform: Platform, **policy: Any) -> Iterator[Company]:
    with ExitStack() as stack:
        yield Company.found(platform, stack, overrides={"notifications": {"webhooks": policy}})


@pytest.mark.clause("PL-12", "UX-14")
def test_a_complaint_reaches_the_partner_signed_in_order_and_after_an_outage(
    own_platform: Platform, server: WebServer
) -> None:
    with _founded(own_platform, **QUICK) as company:
        admin, boss = company.admin, company.hire("boss", "administrator")
        hook = Hook(admin, server, OPENED, URGED)
        server.answers = [DOWN] * 10_000
        case = admin.register(category="repair_quality")
        admin.act(case, "urge", note="请尽快")
        wait_until(lambda: len(server.requests) >= 3, limit=LIMIT, what="the event was tried three times")
        assert len(hook.log()) == 2
        first = hook.verified(server.requests[0])
        assert (first["type"], first["data"]["number"], first["tenant_id"]) == (OPENED, case["number"], company.id)
        assert {request.headers["webhook-id"] for request in server.requests} == {first["id"]}

        own_platform.move_clock(2 * 3600)
        try:
            wait_until(lambda: not hook.shown()["enabled"], limit=LIMIT, what="the webhook is disabled")
            wait_until(lambda: "webhook.disabled" in boss.inbox(), limit=LIMIT, what="the administrator is told")
            tried = len(server.requests)
            server.answers = []
            hook.post("enable")
            hook.await_delivered(2)
        finally:
            own_platform.move_clock(0)
        assert [request.json["type"] for request in server.requests[tried:]] == [OPENED, URGED]
        again = next(one for one in hook.log() if one["event_type"] == OPENED)
        hook.post(f"deliveries/{again['id']}/resend")
        wait_until(lambda: len(server.requests) == tried + 3, limit=LIMIT, what="it is sent again")
        assert server.requests[-1].headers["webhook-id"] == first["id"]
        assert hook.verified(server.requests[-1]) == first


@pytest.mark.clause("PL-1", "PL-12")
def test_each_company_gets_its_own_events_only(own_platform: Platform, server: WebServer) -> None:
    with _founded(own_platform) as one, _founded(own_platform) as other, WebServer().running() as others:
        hook, theirs = Hook(one.admin, server, OPENED), Hook(other.admin, others, OPENED)
        one.admin.register()
        hook.await_delivered(1)
        theirs.post("test")
        theirs.await_delivered(1)
        assert [request.json["tenant_id"] for request in server.requests] == [one.id]
        assert [request.json["type"] for request in others.requests] == ["webhook.test"]
        assert other.admin.problem("GET", hook.path)["status"] == 404
