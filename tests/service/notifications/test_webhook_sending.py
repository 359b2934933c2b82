"""Events on their way to partners: signed, in order, tried again for days, given up, sent again (PL-12, UX-14)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from standardwebhooks import Webhook as Verifier

from chassis import clock
from chassis.ids import new_id
from contracts import complaints, notifications
from contracts.notifications import TEST_TYPE
from kefu.waiting import wait_until
from services.notifications.jobs import WEBHOOK_SENDERS, Dispatcher, forget_old
from services.notifications.sending import webhooks
from services.notifications.sending.webhooks import LEASE, Endpoint, due_endpoints, take
from tests.service.notifications.bench import Company
from tests.service.notifications.receivers import WebServer
from tests.service.notifications.test_messages import NOON

OPENED, MOVED, CLOSED = complaints.COMPLAINT_OPENED, complaints.COMPLAINT_MOVED, complaints.COMPLAINT_CLOSED
DOWN = (503, {}, b"down for now")
LIMIT = 20.0


@pytest.fixture
def server() -> Iterator[WebServer]:
    with WebServer().running() as running:
        yield running


class Partner:
    """A company with one webhook, and what its receiver got."""

    def __init__(self, company: Company, server: WebServer) -> None:
        company.settings(services=["complaints", "customers", "notifications"])
        self.company, self.server = company, server
        types = [OPENED.type, MOVED.type, CLOSED.type]
        made = company.call(notifications.CREATE_WEBHOOK, url=server.url, event_types=types)
        self.id, self.secret = made["id"], made["secret"]

    def call(self, operation: Any, **payload: Any) -> Any:
        return self.company.call(operation, webhook_id=self.id, **payload)

    def log(self, **filters: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call(notifications.LIST_WEBHOOK_DELIVERIES, limit=100, **filters)["items"]
        return found

    def tries(self, delivery: dict[str, Any]) -> list[dict[str, Any]]:
        shown = self.call(notifications.GET_WEBHOOK_DELIVERY, webhook_delivery_id=delivery["id"])
        found: list[dict[str, Any]] = shown["tries"]
        return found

    def got(self) -> list[tuple[str, str]]:
        """(event's type, its aggregate) of every request, in order."""
        return [(request.json["type"], request.json["aggregate_id"]) for request in self.server.requests]


@pytest.fixture
def partner(company: Company, server: WebServer) -> Partner:
    return Partner(company, server)


def at(hours: float) -> Any:
    return clock.freeze(NOON + timedelta(hours=hours))


@pytest.mark.clause("PL-12", "UX-14")
def test_the_published_envelope_arrives_signed(partner: Partner) -> None:
    event = partner.company.happened(OPENED, number="TS202611-0001", title="刹车异响")
    partner.company.send_webhooks()
    (request,) = partner.server.requests
    assert Verifier(partner.secret).verify(request.body, request.headers)["data"]["number"] == "TS202611-0001"
    assert request.body.decode() == event.body
    assert request.headers["webhook-id"] == str(event.id)
    (delivery,) = partner.log()
    assert (delivery["state"], delivery["attempts"], delivery["status"]) == ("delivered", 1, 200)
    assert [(t["outcome"], t["status"], t["response"]) for t in partner.tries(delivery)] == [
        ("delivered", 200, '{"id": "p-1"}')
    ]
    assert partner.call(notifications.GET_WEBHOOK)["last_delivered_at"] is not None


@pytest.mark.clause("UX-14")
def test_both_secrets_sign_until_the_overlap_is_over(partner: Partner) -> None:
    with at(0):
        new = partner.call(notifications.ROTATE_WEBHOOK_SECRET, overlap_hours=2)["secret"]
        partner.company.happened(OPENED)
        partner.company.send_webhooks()
    with at(3):
        partner.company.happened(OPENED)
        partner.company.send_webhooks()
    during, later = partner.server.requests
    assert len(during.headers["webhook-signature"].split()) == 2
    assert len(later.headers["webhook-signature"].split()) == 1
    for secret, request in ((partner.secret, during), (new, during), (new, later)):
        Verifier(secret).verify(request.body, request.headers)


@pytest.mark.clause("PL-12")
def test_events_of_one_aggregate_wait_for_the_earlier_one_and_others_do_not(partner: Partner) -> None:
    case, other = new_id(), new_id()
    partner.server.answers = [DOWN]
    with at(0):
        for event in (OPENED, MOVED, CLOSED):
            partner.company.happened(event, case)
        partner.company.happened(OPENED, other)
        partner.company.send_webhooks()  # the first fails, and the endpoint rests for a second
    with at(2 / 3600):
        partner.company.send_webhooks()
        assert partner.got() == [(OPENED.type, str(case)), (OPENED.type, str(other))]
    with at(6 / 3600):
        partner.company.send_webhooks()
    assert partner.got()[2:] == [(OPENED.type, str(case)), (MOVED.type, str(case)), (CLOSED.type, str(case))]
    assert {delivery["state"] for delivery in partner.log()} == {"delivered"}


@pytest.mark.clause("UX-14")
def test_it_is_tried_for_days_then_disabled_told_enabled_and_goes_out_in_order(
    partner: Partner, server: WebServer
) -> None:
    company, case = partner.company, new_id()
    boss = company.staff(role="administrator")
    server.answers = [DOWN] * 1000
    with at(0):
        company.happened(OPENED, case)
        company.happened(CLOSED, case)
    while partner.call(notifications.GET_WEBHOOK)["enabled"]:
        (first,) = partner.log(event_type=OPENED.type)
        due = datetime.fromisoformat(first["due_at"])
        with clock.freeze(due):
            company.send_webhooks()
    hours = (due - NOON) / timedelta(hours=1)
    assert 72 <= hours <= 105
    assert {kind for kind, _ in partner.got()} == {OPENED.type}
    assert 11 <= len(server.requests) <= 12
    assert partner.call(notifications.GET_WEBHOOK)["disabled_reason"] == "failing"
    with at(hours):
        (notice,) = company.call(notifications.LIST_NOTIFICATIONS, as_staff=boss)["items"]
    assert (notice["key"], notice["subject"]["id"]) == ("webhook.disabled", partner.id)
    assert server.url.partition("?")[0] in notice["body"]
    assert "?" not in notice["body"].partition("http")[2].partition(" ")[0]  # a query may hold the partner's secret
    assert company.told() == ["webhook.disabled"]

    with at(hours + 10):
        company.happened(OPENED, new_id())  # kept, though nothing is sent
        company.send_webhooks()
        sent = len(server.requests)
        server.answers = []
        assert partner.call(notifications.ENABLE_WEBHOOK)["failing_since"] is None
        company.send_webhooks()
    first = [CLOSED.type] if partner.log(state="failed") else [OPENED.type, CLOSED.type]
    assert [kind for kind, which in partner.got()[sent:] if which == str(case)] == first
    for failed in partner.log(state="failed"):
        with at(hours + 11):
            since = (NOON - timedelta(hours=1)).isoformat()
            assert partner.call(notifications.RESEND_FAILED, since=since) == {"queued": 1}
            company.send_webhooks()
        assert partner.got()[-1] == (OPENED.type, failed["aggregate_id"])
    assert {delivery["state"] for delivery in partner.log()} == {"delivered"}


@pytest.mark.clause("UX-14")
def test_what_failed_for_good_lets_the_later_ones_go_and_can_be_sent_again(partner: Partner) -> None:
    company, case = partner.company, new_id()
    company.policy(webhooks={"retry_after_seconds": [60, 60]})
    partner.server.answers = [(400, {}, b"no such field")] * 3
    with at(0):
        first, _ = company.happened(OPENED, case), company.happened(CLOSED, case)
    for minutes in range(12):
        with at(minutes / 60):
            company.send_webhooks()
    assert [kind for kind, _ in partner.got()] == [OPENED.type] * 3 + [CLOSED.type]
    (failed,) = partner.log(state="failed")
    assert [t["response"] for t in partner.tries(failed)] == ["no such field"] * 3
    with at(1):
        again = partner.call(notifications.RESEND_WEBHOOK_DELIVERY, webhook_delivery_id=failed["id"])
        assert (again["state"], again["attempts"]) == ("pending", 0)
        company.send_webhooks()
        assert partner.call(notifications.RESEND_FAILED, since=NOON.isoformat()) == {"queued": 0}
    assert partner.server.requests[-1].headers["webhook-id"] == str(first.id)
    assert len(partner.log(state="delivered")) == 2


@pytest.mark.clause("UX-14")
def test_one_that_is_gone_is_disabled_at_once(partner: Partner) -> None:
    partner.server.answers = [(410, {}, b"")]
    partner.company.happened(OPENED)
    partner.company.send_webhooks()
    shown = partner.call(notifications.GET_WEBHOOK)
    assert (shown["enabled"], shown["disabled_reason"]) == (False, "gone")
    for operation in (notifications.TEST_WEBHOOK, notifications.RESEND_FAILED):
        payload = {"since": NOON.isoformat()} if operation == notifications.RESEND_FAILED else {}
        refused = partner.company.refused(operation, webhook_id=partner.id, **payload)
        assert refused.code == "webhook_disabled"


@pytest.mark.clause("UX-14")
def test_a_test_event_goes_at_once_without_retries(partner: Partner) -> None:
    with at(0):
        partner.server.answers = [DOWN]
        partner.company.happened(OPENED)
        partner.company.send_webhooks()  # it rests now
        partner.call(notifications.TEST_WEBHOOK)
        partner.company.send_webhooks()
        request = partner.server.requests[-1]
        assert Verifier(partner.secret).verify(request.body, request.headers)["type"] == TEST_TYPE
        partner.server.answers = [(500, {}, b"")]
        refused = partner.call(notifications.TEST_WEBHOOK)
        partner.company.send_webhooks()
    (failed,) = partner.log(state="failed")
    assert failed["id"] == refused["id"]


@pytest.mark.clause("UX-14")
@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 404, 409, 429, 500])
def test_only_2xx_counts_as_delivered(partner: Partner, status: int) -> None:
    partner.server.answers = [(status, {"Location": "http://127.0.0.1:1/"}, b"\x00\xff no text")]
    partner.company.happened(OPENED)
    partner.company.send_webhooks()
    (delivery,) = partner.log()
    assert (delivery["state"], delivery["status"]) == ("pending", status)
    assert partner.tries(delivery)[0]["response"] == "�� no text"


def test_a_receiver_that_is_not_there_is_an_attempt_without_a_status(partner: Partner) -> None:
    partner.call(notifications.UPDATE_WEBHOOK, url="http://127.0.0.1:9/")
    partner.company.happened(OPENED)
    partner.company.send_webhooks()
    (tried,) = partner.tries(partner.log()[0])
    assert (tried["outcome"], tried["status"], tried["response"]) == ("failed", None, None)
    assert "ConnectError" in tried["error"]


def test_what_waits_goes_to_the_new_address(partner: Partner) -> None:
    with WebServer().running() as moved:
        partner.company.happened(OPENED)
        partner.call(notifications.UPDATE_WEBHOOK, url=moved.url)
        partner.company.send_webhooks()
        assert (len(moved.requests), len(partner.server.requests)) == (1, 0)


def test_one_disabled_by_hand_gets_everything_in_order_once_it_is_enabled(partner: Partner) -> None:
    case = new_id()
    partner.call(notifications.DISABLE_WEBHOOK)
    for event in (OPENED, MOVED, CLOSED):
        partner.company.happened(event, case)
    partner.company.send_webhooks()
    assert partner.got() == []
    partner.call(notifications.ENABLE_WEBHOOK)
    partner.company.send_webhooks()
    assert [kind for kind, _ in partner.got()] == [OPENED.type, MOVED.type, CLOSED.type]


def test_a_sender_that_died_is_taken_over_after_the_lease_with_the_same_id(partner: Partner) -> None:
    with at(0):
        partner.company.happened(OPENED)
        with partner.company.begin() as tx:
            lost = take(tx, UUID(partner.id))
        assert lost is not None
        refused = partner.company.refused(
            notifications.RESEND_WEBHOOK_DELIVERY, webhook_id=partner.id, webhook_delivery_id=str(lost.delivery_id)
        )
        assert refused.code == "webhook_busy"
        partner.company.send_webhooks()
        assert partner.got() == []
    with clock.freeze(NOON + LEASE):
        partner.company.send_webhooks()
    with partner.company.begin() as tx:
        webhooks.record(tx, lost, webhooks.Result(None, "late", 1.0))  # the first one comes back after all
    (delivery,) = partner.log()
    assert (delivery["state"], delivery["attempts"]) == ("delivered", 2)
    assert [t["outcome"] for t in partner.tries(delivery)] == ["lost", "delivered"]
    assert partner.server.requests[0].headers["webhook-id"] == str(lost.event_id)


def test_two_processes_never_send_two_events_of_one_aggregate_at_once(partner: Partner) -> None:
    case = new_id()
    for event in (OPENED, MOVED):
        partner.company.happened(event, case)
    with partner.company.begin() as tx:
        assert take(tx, UUID(partner.id)) is not None
    with partner.company.begin() as tx:
        assert take(tx, UUID(partner.id)) is None


def test_the_log_is_forgotten_after_its_days(partner: Partner) -> None:
    class Job:
        begin = staticmethod(partner.company.begin)

        def tenants(self) -> list[UUID]:
            return [partner.company.tenant_id]

    with clock.freeze(datetime(2026, 10, 1, tzinfo=UTC)):
        partner.company.happened(OPENED)
        partner.company.send_webhooks()
    with at(0):
        partner.company.happened(OPENED)
        partner.company.send_webhooks()
        forget_old(Job())  # type: ignore[arg-type]
    assert len(partner.log()) == 1


@pytest.mark.clause("NT-7", "UX-14")
def test_one_companys_hanging_endpoints_do_not_delay_anothers(new_company: Callable[..., Company]) -> None:
    """Twenty hanging endpoints of one company take its share of the senders, and no more."""

    class Job:
        def __init__(self, *companies: Company) -> None:
            self.work, self._companies = companies[0].work, companies
            self.begin = companies[0].begin

        def known_tenants(self) -> list[UUID]:
            return [company.tenant_id for company in self._companies]

    with WebServer().running() as hanging, WebServer().running() as quick:
        hanging.gate.clear()
        big, small = new_company(), Partner(new_company(), quick)
        for _ in range(notifications.MAX_WEBHOOKS):
            Partner(big, hanging)
        big.happened(OPENED)
        dispatcher = Dispatcher()
        dispatcher.look(Job(big))  # type: ignore[arg-type]
        for _ in range(4):
            assert hanging.arrived.acquire(timeout=LIMIT)
        small.company.happened(OPENED)
        dispatcher.wake(small.company.tenant_id)
        dispatcher.look(Job(small.company))  # type: ignore[arg-type]
        wait_until(lambda: small.log(state="delivered"), limit=LIMIT, what="the small company's event is delivered")
        assert len(hanging.requests) < WEBHOOK_SENDERS / 2
        hanging.gate.set()
        wait_until(lambda: _all_delivered(big), limit=LIMIT, what="the big company's events are delivered")


def _all_delivered(company: Company) -> bool:
    hooks = company.call(notifications.LIST_WEBHOOKS, limit=100)["items"]
    return all(hook["last_delivered_at"] for hook in hooks)


def test_a_dead_endpoint_rests_so_that_it_costs_few_connections(partner: Partner) -> None:
    partner.server.answers = [DOWN] * 1000
    with at(0):
        for _ in range(50):
            partner.company.happened(OPENED)
    for second in range(0, 300, 15):
        with at(second / 3600):
            partner.company.send_webhooks()
    assert len(partner.server.requests) <= 9
    assert Endpoint(partner.company.tenant_id, UUID(partner.id)) not in _due(partner)


def _due(partner: Partner) -> list[Endpoint]:
    with at(300 / 3600), partner.company.begin() as tx:
        return due_endpoints(tx)
