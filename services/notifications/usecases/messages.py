"""Asking for messages and taking them back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update

from chassis import directory, metrics
from chassis.ids import new_id
from chassis.tables import StaffEntry
from chassis.work import NotInCopy, Transaction
from contracts.core import schema_of
from contracts.notifications import MessageRequest, MessageWithdrawal
from contracts.problems import NOT_FOUND, OUT_OF_SCOPE
from services.notifications.domain.deliveries import CANCELLABLE, Reason, State
from services.notifications.models import Delivery, Message, Notice
from services.notifications.policy import Policy
from services.notifications.queries.scope import require_seen
from services.notifications.rendering import render
from services.notifications.usecases.planning import Planner
from services.notifications.usecases.recipients import persons_of, staff_of
from services.notifications.wordings import policy_of, reader, wording_or_plain


def requested(tx: Transaction, data: Mapping[str, Any]) -> None:
    """Another service asks for a message by its event. ValidationError for a payload that breaks the contract."""
    request(tx, schema_of(MessageRequest).load(data))  # type: ignore[union-attr]


def withdrawn(tx: Transaction, data: Mapping[str, Any]) -> None:
    """Another service takes back what was not sent yet (NT-6)."""
    given = schema_of(MessageWithdrawal).load(data)  # type: ignore[union-attr]
    conditions = []
    if given["dedupe_key"]:
        conditions.append(Message.dedupe_key == given["dedupe_key"])
    if given["subject_id"]:
        conditions.append(Message.subject_id == given["subject_id"])
    for message in tx.session.scalars(select(Message).where(or_(*conditions), Message.withdrawn_at.is_(None))):
        take_back(tx, message)


def send_message(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """A caller of the API asks for a message. Problems: `not_found` (a staff member, an org unit),
    `org_unit_out_of_scope`."""
    _check_unit(tx, data["org_unit_id"])
    message = request(tx, data)
    tx.audit("message.requested", "message", message.id, after={"key": message.key, "urgent": message.urgent})
    return _shown(tx, message)


def withdraw_message(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """Cancel what was not sent yet of a message. Problem: `not_found`."""
    message = tx.get(Message, data["message_id"], kind="message", lock=True)
    require_seen(tx, message.org_unit_id, "message")
    cancelled = take_back(tx, message)
    tx.audit("message.withdrawn", "message", message.id, after={"cancelled": cancelled})
    return {"cancelled": cancelled}


def _check_unit(tx: Transaction, org_unit_id: UUID | None) -> None:
    if org_unit_id is not None and directory.unit(tx, org_unit_id) is None:
        # one opened a moment ago may not be in this service's copy yet
        raise NotInCopy(tx.tenant_id, NOT_FOUND(kind="org unit"))
    if not tx.ctx.covers(org_unit_id):
        raise OUT_OF_SCOPE()


def request(tx: Transaction, data: Mapping[str, Any]) -> Message:
    """Put the message into the inboxes it belongs in and plan its deliveries, all in this transaction (PL-7: at once).

    A second request with the same `dedupe_key` changes nothing and answers the first one's message.
    """
    known = _known(tx, data["dedupe_key"])
    if known is not None:
        return known
    message = _message(tx, data)
    tx.session.add(message)
    tx.session.flush()
    policy = policy_of(tx, message.key)
    planner = Planner(tx, message, policy)
    for entry in staff_of(tx, data["recipients"]):
        tx.session.add(_notice(tx, message, policy, entry))
        planner.staff(entry)
    for person in persons_of(data["recipients"]):
        planner.person(person)
    tx.session.flush()
    return message


def take_back(tx: Transaction, message: Message) -> int:
    """Cancel the message's deliveries that did not leave and drop its notices that nobody could see yet."""
    message.withdrawn_at = tx.now
    tx.session.execute(delete(Notice).where(Notice.message_id == message.id, Notice.visible_at > tx.now))
    unsent = update(Delivery).where(Delivery.message_id == message.id, Delivery.state.in_(CANCELLABLE))
    result = tx.session.execute(
        unsent.values(state=State.CANCELLED, reason=Reason.WITHDRAWN, version=Delivery.version + 1),
        execution_options={"synchronize_session": False},
    )
    return int(getattr(result, "rowcount", 0))


def _known(tx: Transaction, dedupe_key: str | None) -> Message | None:
    if not dedupe_key:
        return None
    return tx.session.scalars(select(Message).where(Message.dedupe_key == dedupe_key)).one_or_none()


def _message(tx: Transaction, data: Mapping[str, Any]) -> Message:
    subject = data["subject"] or {}
    return Message(
        tenant_id=tx.tenant_id, id=new_id(), key=data["key"], urgent=data["urgent"], variables=dict(data["variables"]),
        not_before=data["not_before"], not_after=data["not_after"], dedupe_key=data["dedupe_key"] or None,
        subject_kind=subject.get("kind"), subject_id=subject.get("id"), subject_number=subject.get("number"),
        org_unit_id=data["org_unit_id"], created_at=tx.now,
    )  # fmt: skip


def _notice(tx: Transaction, message: Message, policy: Policy, entry: StaffEntry) -> Notice:
    who = reader(tx, entry.locale)
    wording = wording_or_plain(policy, message.key, who.language, "in_app")
    text = render(wording, known_variables(message), who)
    metrics.DELIVERIES.labels("in_app", "sent").inc()
    return Notice(
        tenant_id=tx.tenant_id, id=new_id(), message_id=message.id, staff_id=entry.id, key=message.key,
        title=text.title[:400], body=text.body, urgent=message.urgent, subject_kind=message.subject_kind,
        subject_id=message.subject_id, subject_number=message.subject_number,
        visible_at=message.not_before or tx.now, created_at=message.not_before or tx.now,
    )  # fmt: skip


def known_variables(message: Message) -> dict[str, Any]:
    """What every wording may be given: the asker's variables, and the key and number for the plain wording."""
    return {"key": message.key, "number": message.subject_number, **message.variables}


def _shown(tx: Transaction, message: Message) -> dict[str, Any]:
    def count(model: type[Notice | Delivery]) -> int:
        return tx.session.scalar(select(func.count()).select_from(model).where(model.message_id == message.id)) or 0

    return {
        "id": message.id, "key": message.key, "urgent": message.urgent, "subject": message.subject,
        "not_before": message.not_before, "created_at": message.created_at,
        "notifications": count(Notice), "deliveries": count(Delivery),
    }  # fmt: skip
