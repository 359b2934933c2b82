"""Who acts in one store sees and sends again what concerns it and the company, and nothing of other stores (PL-3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from chassis.ids import new_id
from contracts import complaints, notifications
from contracts.core import Operation
from tests.service.notifications.bench import Company
from tests.service.notifications.receivers import WebServer
from tests.service.notifications.test_messages import NOON
from tests.service.notifications.test_webhook_sending import OPENED, Partner, at

pytestmark = pytest.mark.clause("PL-3")


@pytest.fixture
def server() -> Iterator[WebServer]:
    with WebServer().running() as running:
        yield running


@pytest.fixture
def stores(company: Company) -> tuple[UUID, UUID]:
    return company.unit(), company.unit()


def message(company: Company, store: UUID | None) -> dict[str, Any]:
    """A message to a customer, asked for by another service; the delivery it made."""
    subject = new_id()
    to = [{"kind": "person", "address": {"phone": "13800138000"}}]
    about = {"subject": {"kind": "complaint", "id": str(subject)}, "org_unit_id": str(store) if store else None}
    asked = {"key": "system.channel_test", "recipients": to, **about}
    company.event(complaints.MESSAGE_REQUESTED, asked, "complaint_message_requested")
    found: dict[str, Any] = company.call(notifications.LIST_DELIVERIES, subject_id=str(subject))["items"][0]
    return found


def test_a_delivery_belongs_to_the_store_its_message_is_about(company: Company, stores: tuple[UUID, UUID]) -> None:
    here, there = stores
    ours, theirs, nobodys = message(company, here), message(company, there), message(company, None)
    assert [one["org_unit_id"] for one in (ours, nobodys)] == [str(here), None]
    listed = company.call(notifications.LIST_DELIVERIES, units=[here])["items"]
    assert {one["id"] for one in listed} == {ours["id"], nobodys["id"]}
    for operation in (notifications.GET_DELIVERY, notifications.RESEND_DELIVERY):
        assert company.call(operation, units=[here], delivery_id=ours["id"])
        assert company.refused(operation, units=[here], delivery_id=theirs["id"]).code == "not_found"
    closed: tuple[tuple[Operation, dict[str, Any]], ...] = (
        (notifications.CANCEL_DELIVERY, {"delivery_id": theirs["id"]}),
        (notifications.RECORD_RECEIPT, {"delivery_id": theirs["id"], "status": "delivered"}),
        (notifications.WITHDRAW_MESSAGE, {"message_id": theirs["message_id"]}),
    )
    for operation, payload in closed:
        assert company.refused(operation, units=[here], **payload).code == "not_found", operation.name
    assert company.call(notifications.GET_DELIVERY, delivery_id=theirs["id"])["state"] == theirs["state"]


def test_nobody_sends_in_another_stores_name(company: Company, stores: tuple[UUID, UUID]) -> None:
    here, there = stores
    to = [{"kind": "person", "address": {"phone": "13800138000"}}]
    asked: dict[str, Any] = {"key": "system.channel_test", "recipients": to}
    sent = company.call(notifications.SEND_MESSAGE, units=[here], org_unit_id=str(here), **asked)
    assert sent["deliveries"] == 1
    refused = company.refused(notifications.SEND_MESSAGE, units=[here], org_unit_id=str(there), **asked)
    assert refused.code == "org_unit_out_of_scope"


def test_a_store_sends_again_to_partners_what_is_about_it(
    company: Company, server: WebServer, stores: tuple[UUID, UUID]
) -> None:
    here, there = stores
    partner = Partner(company, server)
    company.policy(webhooks={"retry_after_seconds": []})
    server.answers = [(400, {}, b"")] * 3
    with at(0):
        for store in (here, there, None):
            company.happened(OPENED, org_unit_id=str(store) if store else None)
    for minute in range(10):
        with at(minute / 60):
            company.send_webhooks()
    by_store = {one["org_unit_id"]: one["id"] for one in partner.log(state="failed")}
    assert set(by_store) == {str(here), str(there), None}
    assert {one["org_unit_id"] for one in partner.log(units=[here])} == {str(here), None}
    with at(1):
        again = notifications.RESEND_WEBHOOK_DELIVERY
        for store, code in ((there, "not_found"), (None, "org_unit_out_of_scope")):
            named = {"webhook_id": partner.id, "webhook_delivery_id": by_store[str(store) if store else None]}
            assert company.refused(again, units=[here], **named).code == code
        assert partner.call(notifications.RESEND_FAILED, units=[here], since=NOON.isoformat()) == {"queued": 1}
        assert partner.call(again, units=[here], webhook_delivery_id=by_store[str(here)])["state"] == "pending"
        assert {one["org_unit_id"] for one in partner.log(state="pending")} == {str(here)}
        for operation in (notifications.TEST_WEBHOOK, notifications.DISABLE_WEBHOOK):
            assert company.refused(operation, units=[here], webhook_id=partner.id).code == "org_unit_out_of_scope"
