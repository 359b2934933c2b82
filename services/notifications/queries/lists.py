"""Lists: the caller's inbox, deliveries with their attempts, opt-outs."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from chassis.paging import page
from chassis.work import Transaction
from services.notifications.models import Delivery, Notice, OptOut
from services.notifications.queries.scope import of_caller, require_seen
from services.notifications.usecases.inbox import reader_id

_DELIVERY_FILTERS = ("state", "channel", "recipient_kind", "subject_id")


def notifications(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """The caller's notices, newest first. Problem: `staff_only`."""
    mine = select(Notice).where(Notice.staff_id == reader_id(tx), Notice.visible_at <= tx.now)
    unread = mine.where(Notice.read_at.is_(None))
    count = tx.session.scalar(unread.with_only_columns(func.count()))
    if data.get("unread") is not None:
        mine = unread if data["unread"] else mine.where(Notice.read_at.is_not(None))
    return {**page(tx, mine, sort=[(Notice.created_at, "desc"), (Notice.id, "desc")], data=data), "unread_count": count}


def deliveries(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """Deliveries of the caller's stores and of none, newest first."""
    chosen = [getattr(Delivery, name) == data[name] for name in _DELIVERY_FILTERS if data.get(name) is not None]
    statement = select(Delivery).where(of_caller(tx, Delivery.org_unit_id), *chosen)
    return page(tx, statement, sort=[(Delivery.created_at, "desc"), (Delivery.id, "desc")], data=data)


def delivery(tx: Transaction, data: dict[str, Any]) -> Delivery:
    """One delivery with its attempts, oldest first. Problem: `not_found`."""
    row = tx.get(Delivery, data["delivery_id"], kind="delivery")
    require_seen(tx, row.org_unit_id, "delivery")
    return row


def opt_outs(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """Who wants no messages, newest first."""
    return page(tx, select(OptOut), sort=[(OptOut.created_at, "desc"), (OptOut.id, "desc")], data=data)
