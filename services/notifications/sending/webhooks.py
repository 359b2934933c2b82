"""Sending events to webhooks (PL-12, UX-14): an endpoint's deliveries stand in a line of their own and leave one at a
time, those of one aggregate in their order. An attempt is a lease, a POST outside any transaction, and a record of it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, exists, or_, select
from sqlalchemy.orm import aliased

from chassis import logs, metrics
from chassis.ids import new_id
from chassis.work import Transaction
from contracts.notifications import TEST_TYPE
from services.notifications.domain.webhooks import UNFINISHED, Failure, WebhookState, after
from services.notifications.models import Webhook, WebhookAttempt, WebhookDelivery, WebhookHealth
from services.notifications.providers.guard import Forbidden, webhook_fault
from services.notifications.providers.wire import FAILURES, Answer, post, signed
from services.notifications.sending.disabling import disable
from services.notifications.vault import vault
from services.notifications.wordings import policy_of

log = logs.get(__name__)
Begin = Callable[[UUID], AbstractContextManager[Transaction]]
LEASE = timedelta(seconds=120)
"""After it a delivery counts as not sent by whoever took it: that process died. Far longer than a POST may last."""
KEPT_OF_ANSWER = 1024
"""Bytes."""


class Endpoint(NamedTuple):
    """Whose deliveries wait in one line."""

    tenant_id: UUID
    webhook_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One attempt on its way. Holds secrets: never log one."""

    webhook_id: UUID
    delivery_id: UUID
    number: int
    event_id: UUID
    url: str = field(repr=False)
    body: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a POST."""

    answer: Answer | None
    error: str | None
    seconds: float


def due_endpoints(tx: Transaction) -> list[Endpoint]:
    """The tenant's endpoints that something is due for and that may be sent to."""
    same = and_(WebhookHealth.tenant_id == Webhook.tenant_id, WebhookHealth.webhook_id == Webhook.id)
    due = exists().where(WebhookDelivery.webhook_id == Webhook.id, _is_due(tx))
    statement = select(Webhook.id).join(WebhookHealth, same).where(Webhook.disabled_reason.is_(None), rested(tx), due)
    return [Endpoint(tx.tenant_id, webhook_id) for webhook_id in tx.session.scalars(statement)]


def attempt_next(begin: Begin, endpoint: Endpoint) -> bool:
    """Send the endpoint's next due delivery. False: none may leave now."""
    with begin(endpoint.tenant_id) as tx:
        posting = take(tx, endpoint.webhook_id)
    if posting is None:
        return False
    result = send(posting)
    with begin(endpoint.tenant_id) as tx:
        record(tx, posting, result)
    return True


def take(tx: Transaction, webhook_id: UUID) -> Posting | None:
    """Lease the next delivery that may leave: the earliest due one that no earlier event of its aggregate waits
    before."""
    webhook = tx.session.get(Webhook, (tx.tenant_id, webhook_id))
    if webhook is None or not webhook.enabled or "notifications" not in tx.tenant.services:
        return None
    if webhook.health.rest_until is not None and webhook.health.rest_until > tx.now:
        return None
    free = and_(WebhookDelivery.webhook_id == webhook_id, may_leave(tx))
    next_one = select(WebhookDelivery).where(free).order_by(WebhookDelivery.due_at, WebhookDelivery.id).limit(1)
    delivery = tx.session.scalars(next_one.with_for_update(skip_locked=True)).first()
    return None if delivery is None else _leased(tx, webhook, delivery)


def send(posting: Posting) -> Result:
    """POST it; answers every foreseeable failure as a result."""
    began = time.monotonic()
    answer, error = None, None
    try:
        answer = _post(posting)
    except Forbidden as forbidden:
        error = str(forbidden)
    except FAILURES as failure:
        error = f"no answer: {type(failure).__name__}: {failure}"
    except Exception as broken:
        log.exception("a webhook could not be sent", delivery_id=str(posting.delivery_id))
        error = f"the sender broke: {type(broken).__name__}"
    return Result(answer, error, time.monotonic() - began)


def _post(posting: Posting) -> Answer:
    if fault := webhook_fault(posting.url):
        raise Forbidden(f"the platform no longer sends to such an address: {fault[0]}")
    body = posting.body.encode()
    return post(posting.url, body, signed(str(posting.event_id), posting.secrets, body), KEPT_OF_ANSWER)


def record(tx: Transaction, posting: Posting, result: Result) -> None:
    """What came of an attempt. One that somebody else has taken up meanwhile, or that was deleted, is left alone."""
    webhook = tx.session.get(Webhook, (tx.tenant_id, posting.webhook_id), with_for_update=True)
    delivery = tx.session.get(WebhookDelivery, (tx.tenant_id, posting.delivery_id), with_for_update=True)
    if webhook is None or delivery is None:
        return
    if delivery.state != WebhookState.SENDING or delivery.attempts != posting.number:
        return
    answer = result.answer
    delivery.status = answer.status if answer else None
    if answer is not None and answer.accepted:
        outcome = "delivered"
        delivery.state, delivery.delivered_at = WebhookState.DELIVERED, tx.now
        _recover(tx, webhook.health)
    else:
        outcome = _fail(tx, webhook, delivery, answer)
    metrics.WEBHOOK_ATTEMPTS.labels(outcome).inc()
    metrics.WEBHOOK_DURATION.observe(result.seconds)
    _note(tx, delivery, "delivered" if outcome == "delivered" else "failed", result)


def rested(tx: Transaction) -> ColumnElement[bool]:
    """Whether the endpoint is not left alone because it failed."""
    return or_(WebhookHealth.rest_until.is_(None), WebhookHealth.rest_until <= tx.now)


def may_leave(tx: Transaction) -> ColumnElement[bool]:
    """Whether a delivery is due and no earlier event of its aggregate waits before it."""
    return and_(_is_due(tx), ~_held_back())


def is_unfinished(tx: Transaction) -> ColumnElement[bool]:
    """Whether a delivery is still to be made. The states stand in the statement itself, or no planner could see that
    the index of unfinished ones serves it."""
    states: BindParameter[list[WebhookState]] = bindparam(
        "unfinished", list(UNFINISHED), expanding=True, literal_execute=True
    )
    return and_(WebhookDelivery.tenant_id == tx.tenant_id, WebhookDelivery.state.in_(states))


def _is_due(tx: Transaction) -> ColumnElement[bool]:
    return and_(is_unfinished(tx), WebhookDelivery.due_at <= tx.now)


def _held_back() -> ColumnElement[bool]:
    """Whether an earlier event of the same aggregate is not delivered yet, nor given up."""
    earlier = aliased(WebhookDelivery)
    return exists().where(
        earlier.tenant_id == WebhookDelivery.tenant_id, earlier.webhook_id == WebhookDelivery.webhook_id,
        earlier.aggregate_id == WebhookDelivery.aggregate_id, earlier.sequence < WebhookDelivery.sequence,
        earlier.state.in_(UNFINISHED),
    )  # fmt: skip


def _leased(tx: Transaction, webhook: Webhook, delivery: WebhookDelivery) -> Posting:
    if delivery.state == WebhookState.SENDING:  # its sender died: that attempt counts
        metrics.WEBHOOK_ATTEMPTS.labels("lost").inc()
        _note(tx, delivery, "lost", Result(None, "the sender stopped before the answer was recorded", 0))
    delivery.state, delivery.attempts, delivery.due_at = WebhookState.SENDING, delivery.attempts + 1, tx.now + LEASE
    sealed = [webhook.secret_sealed]
    if webhook.old_secret_sealed and webhook.old_secret_until and webhook.old_secret_until > tx.now:
        sealed.append(webhook.old_secret_sealed)
    return Posting(
        webhook_id=webhook.id, delivery_id=delivery.id, number=delivery.attempts, event_id=delivery.event_id,
        url=webhook.url, body=delivery.body, secrets=tuple(map(vault().open, sealed)),
    )  # fmt: skip


def _recover(tx: Transaction, health: WebhookHealth) -> None:
    health.in_a_row, health.failing_since, health.rest_until, health.delivered_at = 0, None, None, tx.now


def _fail(tx: Transaction, webhook: Webhook, delivery: WebhookDelivery, answer: Answer | None) -> str:
    """Apply what follows from a failed attempt; the attempt's outcome for the metric."""
    health = webhook.health
    health.in_a_row, health.failing_since = health.in_a_row + 1, health.failing_since or tx.now
    failure = Failure(
        now=tx.now, status=answer.status if answer else None, retry_after=answer.retry_after if answer else None,
        attempts=delivery.attempts, in_a_row=health.in_a_row, failing_since=health.failing_since,
    )  # fmt: skip
    rule = policy_of(tx, "webhook.disabled").webhooks
    waits = [] if delivery.event_type == TEST_TYPE else rule.waits
    consequence = after(failure, waits, rule.disable_after, random.random())  # noqa: S311  (spreads load)
    health.rest_until = consequence.rest_until
    delivery.state = WebhookState.PENDING if consequence.retry_at else WebhookState.FAILED
    delivery.due_at = consequence.retry_at or tx.now
    if consequence.disable and webhook.enabled:
        disable(tx, webhook, consequence.disable, rule.tell)
    return "failed" if consequence.retry_at else "gave_up"


def _note(tx: Transaction, delivery: WebhookDelivery, outcome: str, result: Result) -> None:
    answer = result.answer
    tx.session.add(
        WebhookAttempt(
            tenant_id=tx.tenant_id, id=new_id(), delivery_id=delivery.id, number=delivery.attempts, at=tx.now,
            outcome=outcome, status=answer.status if answer else None,
            duration_ms=None if outcome == "lost" else round(result.seconds * 1000),
            error=result.error[:500] if result.error else None,
            response=answer.text(KEPT_OF_ANSWER) if answer else None,
        )
    )  # fmt: skip
