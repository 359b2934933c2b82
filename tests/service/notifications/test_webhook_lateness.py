"""How late events are, told apart by whose fault it is (NT-7, PL-16)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest

from chassis import metrics
from chassis.ids import new_id
from contracts import notifications
from services.notifications.sending.lateness import Lateness, Waiting, waiting
from tests.service.notifications.bench import Company
from tests.service.notifications.receivers import WebServer
from tests.service.notifications.test_messages import NOON
from tests.service.notifications.test_webhook_sending import CLOSED, DOWN, OPENED, Partner, at

NOTHING = Waiting(None, None, None)


@pytest.fixture
def server() -> Iterator[WebServer]:
    with WebServer().running() as running:
        yield running


@pytest.fixture
def partner(company: Company, server: WebServer) -> Partner:
    return Partner(company, server)


def seen(partner: Partner) -> Waiting:
    with partner.company.begin() as tx:
        return waiting(tx)


def test_an_event_that_no_sender_took_is_late_by_our_fault(partner: Partner) -> None:
    with at(0):
        assert seen(partner) == NOTHING
        partner.company.happened(OPENED)
    with at(1):
        assert seen(partner) == Waiting(working=NOON, failing=None, due=NOON)
        partner.company.send_webhooks()
        assert seen(partner) == NOTHING


def test_what_waits_for_a_retry_or_an_earlier_event_is_late_by_the_partners(partner: Partner) -> None:
    partner.company.policy(webhooks={"retry_after_seconds": [3600]})
    partner.server.answers = [DOWN]
    case = new_id()
    with at(0):
        partner.company.happened(OPENED, case)
        partner.company.happened(CLOSED, case)
        partner.company.send_webhooks()
    with at(0.5):
        assert seen(partner) == Waiting(working=None, failing=NOON, due=None)
    with at(2):
        assert seen(partner).due is not None, "the retry is due now, and nobody has sent it"


def test_one_disabled_or_of_a_company_that_left_the_service_waits_for_nobody(partner: Partner) -> None:
    with at(0):
        partner.company.happened(OPENED)
        partner.call(notifications.DISABLE_WEBHOOK)
        assert seen(partner) == NOTHING
        partner.call(notifications.ENABLE_WEBHOOK)
        assert seen(partner).due == NOON
        partner.company.settings(services=["complaints"])
        assert seen(partner) == NOTHING


def test_the_gauges_have_the_latest_of_all_companies_and_no_tenant_in_them(
    partner: Partner, new_company: Callable[..., Company], server: WebServer
) -> None:
    other = Partner(new_company(), server)

    class Job:
        work = partner.company.work

        def known_tenants(self) -> list[UUID]:
            return [partner.company.tenant_id, other.company.tenant_id]

    with at(0):
        partner.company.happened(OPENED)
    with at(1):
        other.company.happened(OPENED)
    with at(2):
        Lateness().look(Job())  # type: ignore[arg-type]
    assert "kefu_webhook_overdue_seconds 7200.0" in metrics.exposition().decode()
    assert 'kefu_webhook_oldest_seconds{endpoint="working"} 7200.0' in metrics.exposition().decode()
    assert 'kefu_webhook_oldest_seconds{endpoint="failing"} 0.0' in metrics.exposition().decode()
    with at(2):
        for one in (partner, other):
            one.company.send_webhooks()
        Lateness().look(Job())  # type: ignore[arg-type]
    assert "kefu_webhook_overdue_seconds 0.0" in metrics.exposition().decode()
