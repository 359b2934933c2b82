"""The retry ladder's sweep, and what the person on call does with dead letters: list, show, replay."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session, aliased

from chassis import clock, logs
from chassis.db import Database, DatabaseUnavailable
from chassis.delivery import DEAD, LADDER, WAITING, Delivery, Received, described
from chassis.events import EventHandler
from chassis.ids import NIL, new_id
from chassis.tables import EventRetry
from chassis.workplace import Workplace

log = logs.get(__name__)
MAX_ERROR = 2000
UNREADABLE = "unreadable"


def sweep(workplace: Workplace, handlers: dict[str, EventHandler], service: Any, limit: int = 100) -> int:
    """Try every event whose wait is over, in order per aggregate. Returns how many were tried.

    Only the earliest of an aggregate is tried; when that went well, the next one follows in the same sweep.
    """
    tried = 0
    while heads := _heads(workplace.work.database, limit - tried):
        done = [_try_again(workplace, handlers, service, *head) for head in heads]
        tried += len(heads)
        if tried >= limit or not any(done):
            break
    return tried


def _heads(database: Database, limit: int) -> list[tuple[UUID, UUID]]:
    due = (EventRetry.state == WAITING, EventRetry.next_at <= clock.now(), ~_held_up(EventRetry))
    statement = select(EventRetry.tenant_id, EventRetry.id).where(*due)
    with database.begin(None, read_only=True, system=True) as session:
        rows = session.execute(statement.order_by(EventRetry.next_at, EventRetry.id).limit(limit))
        return [(row.tenant_id, row.id) for row in rows]


def _held_up(row: Any) -> ColumnElement[bool]:
    """Whether an earlier event of the same aggregate waits."""
    earlier = aliased(EventRetry)
    return exists().where(
        earlier.tenant_id == row.tenant_id,
        earlier.aggregate_id == row.aggregate_id,
        earlier.state == WAITING,
        earlier.id < row.id,
    )


def _try_again(
    workplace: Workplace, handlers: dict[str, EventHandler], service: Any, tenant_id: UUID, row_id: UUID
) -> bool:
    """True when the event is settled and the next of its aggregate may come."""
    row = _claim(workplace.work.database, tenant_id, row_id)
    if row is None:
        return False
    handler = handlers.get(row.type)
    if handler is None:
        error, hopeless = f"{workplace.service} has no handler for {row.type}", True
    else:
        error, hopeless = _run(workplace, handler, service, row), False
    _record(workplace.work.database, tenant_id, row_id, error, hopeless=hopeless)
    return not error


def _claim(database: Database, tenant_id: UUID, row_id: UUID) -> EventRetry | None:
    """The row, moved on to the next step's wait: a process that dies in the handler leaves it to be tried again then.
    None when another process has it."""
    with database.begin(tenant_id) as session:
        row = session.get(EventRetry, (tenant_id, row_id), with_for_update={"skip_locked": True})
        if row is None or row.state != WAITING or row.next_at > clock.now():
            return None
        if session.scalar(select(_held_up(row))):
            return None
        row.next_at = clock.now() + LADDER[min(row.attempts, len(LADDER) - 1)]
        return row


def _run(workplace: Workplace, handler: EventHandler, service: Any, row: EventRetry) -> str:
    """Empty when it went well, else what went wrong."""
    event = Received.parse(row.body)
    delivery = Delivery(workplace, row.handler, event, always=handler.always, retry=True)
    try:
        with logs.bound(delivery.ctx, event_id=str(row.message_id), handler=row.handler):
            handler.plain(service, delivery)
    except DatabaseUnavailable:
        raise  # no fault of the event's
    except Exception as failure:
        log.exception("event handler failed again", handler=row.handler, event_id=str(row.message_id))
        return described(failure)
    delivery.settled()
    return ""


def _record(database: Database, tenant_id: UUID, row_id: UUID, error: str, *, hopeless: bool) -> None:
    with database.begin(tenant_id) as session:
        row = session.get(EventRetry, (tenant_id, row_id), with_for_update=True)
        if row is None:
            return
        if not error:
            session.delete(row)
            return
        row.attempts, row.error = row.attempts + 1, error[:MAX_ERROR]
        if hopeless or row.attempts > len(LADDER):
            row.state = DEAD
            log.error("event is a dead letter now", handler=row.handler, event_id=str(row.message_id), error=row.error)


def bury(database: Database, handler_of: Mapping[str, str], body: bytes, reason: str) -> None:
    """Keep a message that the broker gave up as a dead letter, once. What cannot be read belongs to no tenant."""
    row = _letter(handler_of, body, reason)
    known = select(EventRetry.id).where(EventRetry.handler == row.handler, EventRetry.message_id == row.message_id)
    with database.begin(row.tenant_id) as session:
        if session.scalar(known.limit(1)) is None:
            session.add(row)
            log.error("message is a dead letter now", handler=row.handler, event_id=str(row.message_id), error=reason)


def _letter(handler_of: Mapping[str, str], body: bytes, reason: str) -> EventRetry:
    now = clock.now()
    common = {"id": new_id(), "state": DEAD, "attempts": 0, "next_at": now, "created_at": now, "error": reason}
    try:
        event = Received.parse(body)
    except ValueError as error:
        # what we make up for it is the same when it comes again
        id_ = UUID(bytes=hashlib.sha256(body).digest()[:16])
        text = body.decode(errors="backslashreplace").replace("\0", "\\x00")
        common["error"] = f"{reason}; {error}"[:MAX_ERROR]
        return EventRetry(
            tenant_id=NIL, handler="", message_id=id_, aggregate_id=id_, type=UNREADABLE, body=text, **common
        )
    return EventRetry(
        tenant_id=event.tenant_id, handler=handler_of.get(event.type, ""), message_id=event.id,
        aggregate_id=event.aggregate_id, type=event.type[:100], body=event.body, **common,
    )  # fmt: skip


def dead_count(session: Session) -> int:
    """Dead letters over all tenants; in a system transaction."""
    return session.scalar(select(func.count()).where(EventRetry.state == DEAD)) or 0


def dead_letters(session: Session, limit: int = 200) -> list[EventRetry]:
    """The dead letters, oldest first; in a system transaction."""
    statement = select(EventRetry).where(EventRetry.state == DEAD)
    return list(session.scalars(statement.order_by(EventRetry.created_at, EventRetry.id).limit(limit)))


def replay(session: Session, tenant_id: UUID, row_id: UUID, now: datetime) -> bool:
    """Put a dead letter back on the ladder, first step. False when there is no such dead letter."""
    row = session.get(EventRetry, (tenant_id, row_id), with_for_update=True)
    if row is None or row.state != DEAD:
        return False
    row.state, row.attempts, row.next_at = WAITING, 0, now
    return True
