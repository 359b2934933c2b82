"""Partners' endpoints: made, changed, switched off and on, their secrets changed (PL-12, UX-14)."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, select, update

from chassis.ids import new_id
from chassis.work import Transaction
from contracts.notifications import MAX_WEBHOOKS, TOO_MANY_WEBHOOKS
from contracts.problems import INVALID, OUT_OF_SCOPE
from services.notifications.domain.webhooks import DisabledReason, WebhookState
from services.notifications.mistakes import mistake
from services.notifications.models import Webhook, WebhookAttempt, WebhookDelivery, WebhookHealth
from services.notifications.queries.webhooks import open_events
from services.notifications.usecases.targets import require_webhook_url
from services.notifications.vault import vault


def create_webhook(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """Make an endpoint. Its secret leaves sealed, because the reply is stored for repeats; the door opens it.

    Problems: `invalid_request`, `org_unit_out_of_scope`, `too_many_webhooks`.
    """
    require_whole_company(tx)
    _require_sound(tx, data["url"], data["event_types"])
    if (tx.session.scalar(select(func.count()).select_from(Webhook)) or 0) >= MAX_WEBHOOKS:
        raise TOO_MANY_WEBHOOKS(limit=MAX_WEBHOOKS)
    webhook = Webhook(
        tenant_id=tx.tenant_id, id=new_id(), url=data["url"], event_types=sorted(set(data["event_types"])),
        description=data["description"], secret_sealed=_new_secret(), created_at=tx.now,
    )  # fmt: skip
    tx.session.add(webhook)
    tx.session.flush()
    tx.session.add(WebhookHealth(tenant_id=tx.tenant_id, webhook_id=webhook.id, in_a_row=0))
    tx.session.flush()
    tx.audit("webhook.created", "webhook", webhook.id, after=_audited(webhook))
    return with_secret(webhook)


def update_webhook(tx: Transaction, data: dict[str, Any]) -> Webhook:
    """Change it. Whoever does must be allowed to read all that it gets: a new address is a new reader.

    Problems: `not_found`, `stale_version`, `invalid_request`, `org_unit_out_of_scope`.
    """
    webhook = locked(tx, data)
    tx.check_version(webhook, data.get("expected_version"))
    before = _audited(webhook)
    wanted = {name: data[name] for name in ("url", "event_types", "description") if name in data}
    _require_sound(tx, wanted.get("url", webhook.url), wanted.get("event_types", webhook.event_types))
    for name, value in wanted.items():
        setattr(webhook, name, sorted(set(value)) if name == "event_types" else value)
    tx.session.flush()
    tx.audit("webhook.changed", "webhook", webhook.id, before=before, after=_audited(webhook))
    return webhook


def delete_webhook(tx: Transaction, data: dict[str, Any]) -> None:
    """Delete it with its deliveries. Problems: `not_found`, `org_unit_out_of_scope`."""
    webhook = locked(tx, data)
    tx.audit("webhook.deleted", "webhook", webhook.id, before=_audited(webhook))
    its = select(WebhookDelivery.id).where(WebhookDelivery.webhook_id == webhook.id)
    unseen = {"synchronize_session": False}
    tx.session.execute(delete(WebhookAttempt).where(WebhookAttempt.delivery_id.in_(its)), execution_options=unseen)
    for model in (WebhookDelivery, WebhookHealth):
        tx.session.execute(delete(model).where(model.webhook_id == webhook.id), execution_options=unseen)
    tx.session.delete(webhook)


def rotate_secret(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """A new secret; the one before signs as well for the overlap. Problems: `not_found`, `org_unit_out_of_scope`."""
    webhook = locked(tx, data)
    webhook.old_secret_sealed = webhook.secret_sealed if data["overlap_hours"] else None
    webhook.old_secret_until = tx.now + timedelta(hours=data["overlap_hours"]) if data["overlap_hours"] else None
    webhook.secret_sealed = _new_secret()
    tx.session.flush()
    tx.audit("webhook.secret_rotated", "webhook", webhook.id, after={"overlap_hours": data["overlap_hours"]})
    return with_secret(webhook)


def enable_webhook(tx: Transaction, data: dict[str, Any]) -> Webhook:
    """Send to it again: what waits is due now, with all its attempts. Problems: `not_found`,
    `org_unit_out_of_scope`."""
    webhook = locked(tx, data)
    if not webhook.enabled:
        tx.audit("webhook.enabled", "webhook", webhook.id, before={"disabled_reason": webhook.disabled_reason})
        webhook.disabled_reason = None
        webhook.health.in_a_row, webhook.health.failing_since, webhook.health.rest_until = 0, None, None
        waiting = update(WebhookDelivery).where(
            WebhookDelivery.webhook_id == webhook.id, WebhookDelivery.state == WebhookState.PENDING
        )
        tx.session.execute(waiting.values(attempts=0, due_at=tx.now), execution_options={"synchronize_session": False})
        tx.session.flush()
    return webhook


def disable_webhook(tx: Transaction, data: dict[str, Any]) -> Webhook:
    """Send nothing for now. Problems: `not_found`, `org_unit_out_of_scope`."""
    webhook = locked(tx, data)
    if webhook.enabled:
        webhook.disabled_reason = DisabledReason.PERSON
        tx.session.flush()
        tx.audit("webhook.disabled", "webhook", webhook.id, after={"disabled_reason": webhook.disabled_reason})
    return webhook


def require_whole_company(tx: Transaction) -> None:
    """A webhook gets the events of all org units. Problem: `org_unit_out_of_scope`."""
    if tx.ctx.org_unit_ids is not None:
        raise OUT_OF_SCOPE()


def locked(tx: Transaction, data: dict[str, Any]) -> Webhook:
    """The webhook that `data` names, for a change of it. Problems: `not_found`, `org_unit_out_of_scope`."""
    webhook = held(tx, data)
    require_whole_company(tx)
    return webhook


def held(tx: Transaction, data: dict[str, Any]) -> Webhook:
    """The webhook that `data` names, kept from others' changes. Problem: `not_found`."""
    return tx.get(Webhook, data["webhook_id"], kind="webhook", lock=True)


def with_secret(webhook: Webhook) -> dict[str, Any]:
    """The webhook for a reply that shows its secret, which is still sealed."""
    names = ("id", "url", "event_types", "description", "enabled", "disabled_reason", "failing_since",
             "last_delivered_at", "old_secret_until", "created_at", "version")  # fmt: skip
    return {**{name: getattr(webhook, name) for name in names}, "secret": webhook.secret_sealed}


def _require_sound(tx: Transaction, url: str, event_types: Iterable[str]) -> None:
    """Problem: `invalid_request`."""
    require_webhook_url(tx, "url", url)
    known = {event.type: event for event in open_events(tx)}
    mistakes = []
    for position, name in enumerate(event_types):
        place, event = f"event_types.{position}", known.get(name)
        if event is None:
            mistakes.append(mistake(tx, place, "unknown_event_type", name=name))
        elif not tx.ctx.may(permission := f"{event.service}.read"):
            mistakes.append(mistake(tx, place, "event_not_readable", name=name, permission=permission))
    if mistakes:
        raise INVALID(mistakes)


def _new_secret() -> str:
    """Sealed: `whsec_` and the base64 of 32 random bytes, as Standard Webhooks wants it."""
    return vault().seal("whsec_" + base64.b64encode(secrets.token_bytes(32)).decode())


def _audited(webhook: Webhook) -> dict[str, Any]:
    return {"url": webhook.url, "event_types": webhook.event_types, "description": webhook.description}
