"""Partners' webhooks over a real web server: who may subscribe to what, and how an endpoint is kept (PL-12, UX-14)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from chassis.tables import Inbox, StoredRequest
from contracts import complaints, customers, tenants
from contracts import notifications as contract
from contracts.context import Actor, Context
from contracts.problems import Problem
from contracts.registry import events
from services.notifications.models import Webhook
from services.notifications.providers import guard
from tests.service.notifications.bench import Company

OPENED = complaints.COMPLAINT_OPENED
URL = "http://127.0.0.1:9/hook"
ALL = ["complaints", "customers", "notifications"]


@pytest.fixture
def user(new_company: Callable[..., Company]) -> Company:
    """A company that uses every service."""
    company = new_company()
    company.settings(services=ALL)
    return company


def subscribe(company: Company, url: str = URL, *types: str, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = company.call(
        contract.CREATE_WEBHOOK, url=url, event_types=list(types or [OPENED.type]), **more
    )
    return made


def kept(company: Company) -> list[Any]:
    with company.begin() as tx:
        return list(tx.session.scalars(select(Inbox.message_id).where(Inbox.handler == "notifications.tell_partners")))


@pytest.mark.clause("PL-12")
@pytest.mark.parametrize("event", [event for event in events() if event.partner], ids=lambda event: event.type)
def test_every_event_for_partners_can_be_subscribed_to(user: Company, event: Any) -> None:
    hook = subscribe(user, URL, event.type)
    if event == tenants.ORG_UNIT_CHANGED:  # the service keeps a copy of these as well
        unit = {"id": str(uuid4()), "version": 1, "code": "u", "name": "店", "kind": "store", "parent_id": None}
        user.event(event, unit | {"path": [], "active": True}, "follow_org_unit")
    else:
        user.happened(event)
    (delivery,) = user.call(contract.LIST_WEBHOOK_DELIVERIES, webhook_id=hook["id"])["items"]
    assert (delivery["event_type"], delivery["state"]) == (event.type, "pending")


@pytest.mark.parametrize("event", [event for event in events() if not event.partner], ids=lambda event: event.type)
def test_no_other_event_can(user: Company, event: Any) -> None:
    refused = user.refused(contract.CREATE_WEBHOOK, url=URL, event_types=[event.type])
    assert [error["code"] for error in refused.errors] == ["unknown_event_type"]


@pytest.mark.clause("PL-2", "PL-12")
def test_only_events_of_services_the_company_enabled(new_company: Callable[..., Company]) -> None:
    company = new_company()
    company.settings(services=ALL)
    hook = subscribe(company, URL, OPENED.type, customers.CUSTOMER_CREATED.type)
    company.settings(services=["customers", "notifications"])
    company.happened(OPENED)
    company.happened(customers.CUSTOMER_CREATED)
    listed = company.call(contract.LIST_WEBHOOK_DELIVERIES, webhook_id=hook["id"])["items"]
    assert [delivery["event_type"] for delivery in listed] == ["customer.created"]
    shown = {item["type"] for item in company.call(contract.LIST_EVENT_TYPES)["items"]}
    assert customers.CUSTOMER_CREATED.type in shown
    assert OPENED.type not in shown
    assert company.refused(contract.UPDATE_WEBHOOK, webhook_id=hook["id"], url=URL).errors[0]["field"] == (
        "event_types.0"
    )


@pytest.mark.clause("PL-4", "PL-11", "PL-12")
def test_who_may_not_read_a_service_cannot_have_its_events_sent(user: Company) -> None:
    types = ["delivery.sent", OPENED.type, "customer.created"]
    asked = {"url": URL, "event_types": types, "may": ["notifications.*", "customers.read"]}
    with pytest.raises(Problem) as refused:
        user.call(contract.CREATE_WEBHOOK, **asked)
    assert [(e["field"], e["code"]) for e in refused.value.errors] == [("event_types.1", "event_not_readable")]
    assert "complaints.read" in refused.value.errors[0]["message"]
    hook = subscribe(user)
    with pytest.raises(Problem):
        user.call(contract.UPDATE_WEBHOOK, webhook_id=hook["id"], url="http://127.0.0.1:9/mine", may=asked["may"])
    assert user.call(contract.GET_WEBHOOK, webhook_id=hook["id"])["url"] == URL


@pytest.mark.clause("PL-3")
def test_who_acts_in_one_store_only_keeps_no_webhooks(user: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    hook = subscribe(user)
    monkeypatch.setattr(Context, "__init__", _bound_to_a_unit(Context.__init__, user.unit()))
    for operation, payload in (
        (contract.CREATE_WEBHOOK, {"url": URL, "event_types": [OPENED.type]}),
        (contract.UPDATE_WEBHOOK, {"webhook_id": hook["id"], "description": "x"}),
        (contract.ROTATE_WEBHOOK_SECRET, {"webhook_id": hook["id"]}),
        (contract.DELETE_WEBHOOK, {"webhook_id": hook["id"]}),
    ):
        assert user.refused(operation, **payload).code == "org_unit_out_of_scope", operation.name


def _bound_to_a_unit(init: Any, unit: Any) -> Any:
    def bound(self: Context, *, actor: Actor, **rest: Any) -> None:
        units = frozenset({unit}) if actor.kind == "key" else None
        init(self, actor=actor, **{**rest, "org_unit_ids": units})

    return bound


@pytest.mark.clause("UX-14")
def test_the_secret_is_shown_once_and_kept_sealed(user: Company) -> None:
    made = subscribe(user)
    assert made["secret"].startswith("whsec_")
    assert "secret" not in user.call(contract.GET_WEBHOOK, webhook_id=made["id"])
    turned = user.call(contract.ROTATE_WEBHOOK_SECRET, webhook_id=made["id"])
    assert turned["secret"] != made["secret"]
    assert turned["old_secret_until"] is not None
    with user.begin() as tx:
        stored = [*tx.session.scalars(select(StoredRequest.reply)), *tx.session.scalars(select(Webhook.secret_sealed))]
    assert stored
    assert not [text for text in stored if text and (made["secret"][6:] in text or turned["secret"][6:] in text)]


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://partner.example.com/", "not_https"),
        ("https://partner.example.com:8080/", "port_not_allowed"),
        ("https://user:password@partner.example.com/", "user_in_url"),
        ("https://10.0.0.1/", "private_network"),
        ("https://[::ffff:10.0.0.1]/", "not_url"),
        ("https://[64:ff9b::7f00:1]/", "private_network"),
        ("https://169.254.169.254/latest/meta-data/", "private_network"),
        ("https://localhost/", "private_network"),
    ],
)
@pytest.mark.parametrize("locale", ["zh-CN", "en"])
def test_addresses_that_the_platform_does_not_send_to(
    user: Company, monkeypatch: pytest.MonkeyPatch, url: str, code: str, locale: str
) -> None:
    for name in ("KEFU_ALLOW_PRIVATE_TARGETS", "KEFU_WEBHOOK_HTTP", "KEFU_WEBHOOK_PORTS"):
        monkeypatch.delenv(name)
    guard.allow_private.cache_clear()
    guard._webhook_rules.cache_clear()
    user.settings(services=ALL, locale=locale)
    refused = user.refused(contract.CREATE_WEBHOOK, url=url, event_types=[OPENED.type])
    assert [(error["field"], error["code"]) for error in refused.errors] == [("url", code)]
    assert subscribe(user, "https://partner.example.com/hook")["url"] == "https://partner.example.com/hook"


def test_a_company_has_at_most_so_many(user: Company) -> None:
    for _ in range(contract.MAX_WEBHOOKS):
        subscribe(user)
    refused = user.refused(contract.CREATE_WEBHOOK, url=URL, event_types=[OPENED.type])
    assert (refused.code, refused.status) == ("too_many_webhooks", 409)
    assert len(user.call(contract.LIST_WEBHOOKS, limit=100)["items"]) == contract.MAX_WEBHOOKS


def test_a_change_counts_and_a_stale_one_is_refused(user: Company) -> None:
    hook = subscribe(user)
    changed = user.call(contract.UPDATE_WEBHOOK, webhook_id=hook["id"], description="DMS", expected_version=1)
    assert (changed["description"], changed["url"], changed["version"]) == ("DMS", URL, 2)
    stale = user.refused(contract.UPDATE_WEBHOOK, webhook_id=hook["id"], description="x", expected_version=1)
    assert stale.code == "stale_version"


def test_a_deleted_one_takes_its_log_along(user: Company) -> None:
    hook, other = subscribe(user), subscribe(user)
    user.happened(OPENED)
    user.send_webhooks()
    user.call(contract.DELETE_WEBHOOK, webhook_id=hook["id"])
    assert [item["id"] for item in user.call(contract.LIST_WEBHOOKS)["items"]] == [other["id"]]
    assert user.refused(contract.LIST_WEBHOOK_DELIVERIES, webhook_id=hook["id"]).code == "not_found"
    assert len(user.call(contract.LIST_WEBHOOK_DELIVERIES, webhook_id=other["id"])["items"]) == 1


def test_an_event_nobody_wants_costs_no_transaction_and_one_that_is_wanted_is_taken_once(user: Company) -> None:
    user.happened(OPENED)
    assert kept(user) == []
    hook = subscribe(user)
    event = user.happened(OPENED)
    again = user.happened(OPENED, event.aggregate_id)
    assert kept(user) == [event.id, again.id]
    user.event(tenants.STAFF_LEFT, {}, "tell_partners")
    assert len(kept(user)) == 2
    assert len(user.call(contract.LIST_WEBHOOK_DELIVERIES, webhook_id=hook["id"])["items"]) == 2


def test_a_delivery_of_one_webhook_is_none_of_anothers(user: Company) -> None:
    one, other = subscribe(user), subscribe(user)
    user.happened(OPENED)
    (delivery,) = user.call(contract.LIST_WEBHOOK_DELIVERIES, webhook_id=one["id"])["items"]
    for operation in (contract.GET_WEBHOOK_DELIVERY, contract.RESEND_WEBHOOK_DELIVERY):
        mixed = {"webhook_id": other["id"], "webhook_delivery_id": delivery["id"]}
        assert user.refused(operation, **mixed).code == "not_found"
