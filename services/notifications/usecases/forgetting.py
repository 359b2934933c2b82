"""A case's file was destroyed (DC-6): what people were told of it goes, and what partners were sent of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, select

from chassis import erasure
from chassis.delivery import Received
from chassis.work import Transaction
from services.notifications.models import Attempt, Delivery, Message, Notice, WebhookAttempt, WebhookDelivery
from services.notifications.usecases import webhook_deliveries

_UNSEEN = {"synchronize_session": False}


def case_erased(tx: Transaction, data: dict[str, Any], event: Received, tell: bool) -> None:
    """Forget everything about the case; then, with `tell`, let partners know that they should.

    A delivery that is being sent at this moment is gone when its answer comes: nobody waits for it.
    """
    case_id = UUID(str(data["complaint_id"]))
    _forget_messages(tx, case_id)
    _forget_events(tx, case_id)
    erasure.forget_traces(tx, [str(case_id), data["number"]])
    if tell:
        webhook_deliveries.plan(tx, data, event)


def _forget_messages(tx: Transaction, subject_id: UUID) -> None:
    about = select(Message.id).where(Message.subject_id == subject_id)
    deliveries = select(Delivery.id).where(Delivery.message_id.in_(about))
    for statement in (
        delete(Attempt).where(Attempt.delivery_id.in_(deliveries)),
        delete(Delivery).where(Delivery.message_id.in_(about)),
        delete(Notice).where(Notice.message_id.in_(about)),
        delete(Message).where(Message.subject_id == subject_id),
    ):
        tx.session.execute(statement, execution_options=_UNSEEN)


def _forget_events(tx: Transaction, case_id: UUID) -> None:
    """Also those of others that name the case: whose it was found to be."""
    named = WebhookDelivery.body.contains(f'"{case_id}"')
    theirs = or_(WebhookDelivery.aggregate_id == case_id, named)
    attempts = WebhookAttempt.delivery_id.in_(select(WebhookDelivery.id).where(theirs))
    tx.session.execute(delete(WebhookAttempt).where(attempts), execution_options=_UNSEEN)
    tx.session.execute(delete(WebhookDelivery).where(theirs), execution_options=_UNSEEN)
