"""Messages through the whole platform: REST in, real broker and processes, a real mail and web server out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest
from standardwebhooks import Webhook

from kefu.waiting import wait_until
from tests.platform.running import Platform
from tests.service.notifications.bench import SECRET
from tests.service.notifications.receivers import MailServer, WebServer

QUIET = {"enabled": True, "from": "00:00", "to": "23:59"}
NEVER_QUIET = {"enabled": False, "from": "21:00", "to": "08:00"}
SECONDS = 15.0


@dataclass(frozen=True)
class Company:
    """A tenant with its administrator's client."""

    client: httpx.Client
    tenant_id: str

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(path, params=query).raise_for_status().json()

    def post(self, path: str, **body: Any) -> Any:
        answer = self.client.post(path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def put(self, path: str, **body: Any) -> Any:
        answer = self.client.put(path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def send(self, *phones: str, **more: Any) -> Any:
        people = [{"kind": "person", "address": {"phone": phone}} for phone in phones]
        return self.post("/v1/messages", **({"key": "system.channel_test", "recipients": people} | more))

    def deliveries(self, **filters: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("/v1/deliveries", limit=100, **filters)["items"]
        return found

    def await_state(self, state: str, number: int = 1) -> list[dict[str, Any]]:
        wait_until(lambda: len(self.deliveries(state=state)) >= number, limit=SECONDS, what=f"{number} {state}")
        return self.deliveries(state=state)


@pytest.fixture
def new_company(own_platform: Platform) -> Iterator[Callable[..., Company]]:
    with ExitStack() as stack:

        def make(**policy: Any) -> Company:
            body = {
                "code": f"n{uuid4().hex[:10]}", "name": "宏远汽车", "packs": ["dealership"],
                "services": ["customers", "complaints", "notifications"], "overrides": {"notifications": policy},
            }  # fmt: skip
            with own_platform.client() as operator:
                tenant = operator.post("/v1/tenants", json=body)
                assert tenant.is_success, tenant.text
                tenant_id = tenant.json()["id"]
                key = operator.post(f"/v1/tenants/{tenant_id}/admin-keys", json={"name": "test"}).raise_for_status()
            client = stack.enter_context(own_platform.client(key.json()["secret"]))
            return Company(client, tenant_id)

        yield make


@pytest.fixture
def web_server() -> Iterator[WebServer]:
    with WebServer().running() as server:
        yield server


def by_web(company: Company, server: WebServer) -> None:
    company.put("/v1/channels/sms", provider="http", http={"url": server.url, "signing_secret": SECRET})


@pytest.mark.clause("NT-1", "NT-2")
def test_mail_in_the_companys_own_words_leaves_by_its_own_server(new_company: Callable[..., Company]) -> None:
    company = new_company(quiet_hours=NEVER_QUIET)
    with MailServer().running() as server:
        smtp = {"host": "127.0.0.1", "port": server.port, "security": "none", "sender": "kefu@example.com"}
        company.put("/v1/channels/email", provider="smtp", smtp=smtp)
        place = "/v1/templates/system.channel_test/en/email"
        company.put(place, title="Hello", body="From {company}.")
        shown = company.post(f"{place}/preview", variables={"company": "Ada & Co"})
        assert shown["body"] == "From Ada & Co."
        person = {"kind": "person", "address": {"email": "li@example.com"}, "locale": "en-GB"}
        company.post("/v1/messages", key="system.channel_test", recipients=[person], variables={"company": "Ada & Co"})
        (sent,) = company.await_state("sent")
        (mail,) = server.mails
    assert (mail["Subject"], mail.get_content().strip()) == ("Hello", "From Ada & Co.")
    assert sent["address"] == "l***@example.com"


@pytest.mark.clause("NT-3")
def test_in_the_quiet_hours_only_urgent_messages_leave(
    new_company: Callable[..., Company], web_server: WebServer
) -> None:
    company = new_company(quiet_hours=QUIET)
    by_web(company, web_server)
    company.send("13800138000")
    company.send("13900139000", urgent=True)
    company.await_state("sent")
    wait_until(lambda: company.deliveries(state="queued")[0]["reason"] == "quiet_hours", limit=SECONDS, what="put off")
    assert [request.json["to"] for request in web_server.requests] == ["+8613900139000"]


@pytest.mark.clause("NT-4", "NT-5")
def test_a_message_outlives_its_sender_and_a_bad_provider(
    own_platform: Platform, new_company: Callable[..., Company], web_server: WebServer
) -> None:
    company = new_company(quiet_hours=NEVER_QUIET, retry_after_seconds=[1, 1])
    by_web(company, web_server)
    web_server.gate.clear()
    company.send("13800138000")
    assert web_server.arrived.acquire(timeout=SECONDS)
    own_platform.kill("notifications")  # with the message at the provider and no answer recorded
    web_server.gate.set()
    own_platform.start("notifications")
    own_platform.wait_ready("notifications")
    web_server.answers = [(500, {}, b"down")] * 5
    own_platform.move_clock(600)
    try:
        (parked,) = company.await_state("parked")
        web_server.answers = []
        company.post(f"/v1/deliveries/{parked['id']}/resend")
        (sent,) = company.await_state("sent")
    finally:
        own_platform.move_clock(0)
    assert {request.headers["webhook-id"] for request in web_server.requests} == {parked["id"]}
    Webhook(SECRET).verify(web_server.requests[-1].body, web_server.requests[-1].headers)
    scope = {"name": "carrier", "permissions": ["notifications.receipts"], "services": ["notifications"]}
    carrier = company.post("/v1/api-keys", **scope)["secret"]
    with own_platform.client(carrier) as client:
        receipt = {"provider_id": sent["provider_id"], "status": "delivered"}
        assert client.post("/v1/delivery-receipts", json=receipt).json()["state"] == "delivered"
        assert client.get("/v1/deliveries").status_code == 403
    assert company.get(f"/v1/deliveries/{parked['id']}")["state"] == "delivered"


@pytest.mark.clause("NT-6")
def test_a_scheduled_message_can_be_taken_back(new_company: Callable[..., Company], web_server: WebServer) -> None:
    company = new_company(quiet_hours=NEVER_QUIET)
    by_web(company, web_server)
    birthday = company.send("13800138000", not_before="2099-01-01T09:00:00+08:00")
    assert company.post(f"/v1/messages/{birthday['id']}/withdraw") == {"cancelled": 1}
    assert [d["state"] for d in company.deliveries()] == ["cancelled"]


@pytest.mark.clause("NT-7")
def test_a_campaign_at_a_slow_provider_does_not_delay_anothers_urgent_message(
    new_company: Callable[..., Company], web_server: WebServer
) -> None:
    big, small = new_company(quiet_hours=NEVER_QUIET), new_company(quiet_hours=NEVER_QUIET)
    with WebServer().running() as slow:
        slow.gate.clear()
        by_web(big, slow)
        by_web(small, web_server)
        big.send(*(f"137{n:08d}" for n in range(1000)))
        assert slow.arrived.acquire(timeout=SECONDS)
        small.send("13800138000", urgent=True)
        small.send("13800138000")
        small.await_state("sent", 2)
        assert len(slow.requests) == 1


@pytest.mark.clause("PL-1")
def test_messages_of_one_company_are_nothing_to_another(new_company: Callable[..., Company]) -> None:
    one, other = new_company(), new_company()
    message = one.send("13800138000")
    (delivery,) = one.deliveries()
    for verb, path in (
        ("GET", f"/v1/deliveries/{delivery['id']}"),
        ("POST", f"/v1/deliveries/{delivery['id']}/resend"),
        ("POST", f"/v1/deliveries/{delivery['id']}/cancel"),
        ("POST", f"/v1/messages/{message['id']}/withdraw"),
    ):
        assert other.client.request(verb, path).status_code == 404, path
    assert other.deliveries() == []
