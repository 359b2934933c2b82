"""A staff member's own notices."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import update

from chassis.work import Transaction
from contracts.notifications import NOT_STAFF
from contracts.problems import NOT_FOUND
from services.notifications.models import Notice


def reader_id(tx: Transaction) -> UUID:
    """The staff member who calls. Problem: `staff_only`."""
    if tx.ctx.actor.kind != "staff":
        raise NOT_STAFF()
    return UUID(tx.ctx.actor.id)


def read_notification(tx: Transaction, data: dict[str, Any]) -> Notice:
    """Mark a notice as read; reading it again changes nothing. Problem: `not_found`, also for another's notice."""
    mine = reader_id(tx)
    notice = tx.get(Notice, data["notification_id"], kind="notification", lock=True)
    if notice.staff_id != mine or notice.visible_at > tx.now:
        raise NOT_FOUND(kind="notification")
    notice.read_at = notice.read_at or tx.now
    return notice


def read_all(tx: Transaction, _data: dict[str, Any]) -> dict[str, Any]:
    """Mark all the caller's notices as read."""
    unread = update(Notice).where(
        Notice.staff_id == reader_id(tx), Notice.read_at.is_(None), Notice.visible_at <= tx.now
    )  # fmt: skip
    result = tx.session.execute(unread.values(read_at=tx.now), execution_options={"synchronize_session": False})
    return {"read": int(getattr(result, "rowcount", 0))}
