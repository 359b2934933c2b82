"""Webhooks, the events they may get, and what was delivered to them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from chassis.paging import page
from chassis.work import Transaction
from contracts.core import Event
from contracts.problems import NOT_FOUND
from contracts.registry import events
from contracts.tenants import OPTIONAL_SERVICES
from services.notifications.models import Webhook, WebhookDelivery
from services.notifications.queries.scope import of_caller, require_seen

PARTNER_EVENTS: dict[str, Event] = {event.type: event for event in events() if event.partner}
"""Every event that the platform publishes to partners, by its type."""
_FILTERS = ("state", "event_type", "aggregate_id")


def open_events(tx: Transaction) -> list[Event]:
    """The events that the company's webhooks may get: those of the services it enabled."""
    return [event for event in PARTNER_EVENTS.values() if is_open(tx, event)]


def is_open(tx: Transaction, event: Event) -> bool:
    """Whether the company uses the service that tells it (PL-2)."""
    return event.service not in OPTIONAL_SERVICES or event.service in tx.tenant.services


def event_types(tx: Transaction, _data: dict[str, Any]) -> dict[str, Any]:
    """What webhooks may subscribe to, by service and type."""
    return {"items": sorted(open_events(tx), key=lambda event: (event.service, event.type))}


def webhooks(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """The company's webhooks, oldest first."""
    return page(tx, select(Webhook), sort=[(Webhook.created_at, "asc"), (Webhook.id, "asc")], data=data)


def webhook(tx: Transaction, data: dict[str, Any]) -> Webhook:
    """One webhook. Problem: `not_found`."""
    return tx.get(Webhook, data["webhook_id"], kind="webhook")


def deliveries(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """A webhook's deliveries about the caller's stores and about none, newest first. Problem: `not_found`."""
    its = WebhookDelivery.webhook_id == webhook(tx, data).id
    chosen = [getattr(WebhookDelivery, name) == data[name] for name in _FILTERS if data.get(name) is not None]
    newest = [(WebhookDelivery.created_at, "desc"), (WebhookDelivery.id, "desc")]
    seen = of_caller(tx, WebhookDelivery.org_unit_id)
    return page(tx, select(WebhookDelivery).where(its, seen, *chosen), sort=newest, data=data)


def delivery(tx: Transaction, data: dict[str, Any], *, lock: bool = False) -> WebhookDelivery:
    """One delivery of a webhook. Problem: `not_found`."""
    row = tx.get(WebhookDelivery, data["webhook_delivery_id"], kind="delivery", lock=lock)
    if row.webhook_id != data["webhook_id"]:
        raise NOT_FOUND(kind="delivery")
    require_seen(tx, row.org_unit_id, "delivery")
    return row
