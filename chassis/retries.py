"""The retry ladder's sweep, and what the person on call does with dead letters: list, show, replay."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chassis import clock, logs
from chassis.events import DEAD, LADDER, WAITING, Delivery, EventHandler, Received
from chassis.tables import EventRetry
from chassis.workplace import Workplace

log = logs.get(__name__)


def sweep(workplace: Workplace, handlers: dict[str, EventHandler], service: Any, limit: int = 100) -> int:
    """Try every event whose wait is over, oldest first and in order per aggregate. Returns how many were tried."""
    now = clock.now()
    with workplace.work.database.begin(None, read_only=True, system=True) as session:
        due = select(EventRetry.tenant_id, EventRetry.id).where(EventRetry.state == WAITING, EventRetry.next_at <= now)
        rows = session.execute(due.order_by(EventRetry.created_at, EventRetry.id).limit(limit)).all()
    for tenant_id, row_id in rows:
        _try_again(workplace, handlers, service, tenant_id, row_id)
    return len(rows)


def _try_again(
    workplace: Workplace, handlers: dict[str, EventHandler], service: Any, tenant_id: UUID, row_id: UUID
) -> None:
    with workplace.work.database.begin(tenant_id) as session:
        row = session.get(EventRetry, (tenant_id, row_id), with_for_update={"skip_locked": True})
        if row is None or row.state != WAITING or _held_up(session, row):
            return
        # claim it for the next step's wait; a process that dies in the handler leaves it to be tried again then
        row.next_at = clock.now() + LADDER[min(row.attempts, len(LADDER) - 1)]
    handler = handlers.get(row.type)
    error = "" if handler else f"{workplace.service} has no handler for {row.type} any more"
    if handler:
        delivery = Delivery(workplace, row.handler, Received.parse(row.body), retry=True)
        delivery.always = handler.always
        try:
            with logs.bound(delivery.ctx, event_id=str(row.message_id), handler=row.handler):
                handler.plain(service, delivery)
        except Exception as failure:
            error = f"{type(failure).__name__}: {failure}"
    _record(workplace, tenant_id, row_id, error)


def _held_up(session: Session, row: EventRetry) -> bool:
    earlier = select(func.count()).where(
        EventRetry.handler == row.handler, EventRetry.aggregate_id == row.aggregate_id, EventRetry.state == WAITING,
        EventRetry.tenant_id == row.tenant_id, EventRetry.id < row.id,
    )  # fmt: skip
    return bool(session.scalar(earlier))


def _record(workplace: Workplace, tenant_id: UUID, row_id: UUID, error: str) -> None:
    with workplace.work.database.begin(tenant_id) as session:
        row = session.get(EventRetry, (tenant_id, row_id), with_for_update=True)
        if row is None:
            return
        if not error:
            session.delete(row)
            return
        row.attempts, row.error = row.attempts + 1, error[:2000]
        if row.attempts > len(LADDER):
            row.state = DEAD
            log.error("event is a dead letter now", handler=row.handler, event_id=str(row.message_id), error=row.error)


def dead_count(session: Session) -> int:
    """Dead letters over all tenants; in a system transaction."""
    return session.scalar(select(func.count()).where(EventRetry.state == DEAD)) or 0


def dead_letters(session: Session, limit: int = 200) -> list[EventRetry]:
    """The dead letters, oldest first; in a system transaction."""
    statement = select(EventRetry).where(EventRetry.state == DEAD).order_by(EventRetry.created_at).limit(limit)
    return list(session.scalars(statement))


def replay(session: Session, tenant_id: UUID, row_id: UUID, now: datetime) -> bool:
    """Put a dead letter back on the ladder, first step. False when there is no such dead letter."""
    row = session.get(EventRetry, (tenant_id, row_id), with_for_update=True)
    if row is None or row.state != DEAD:
        return False
    row.state, row.attempts, row.next_at = WAITING, 0, now
    return True
