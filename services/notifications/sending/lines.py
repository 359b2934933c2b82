"""Lines: deliveries of one tenant, one channel and one urgency wait in one line, so that nobody waits behind another
tenant's campaign or another channel's dead server (NT-7)."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, select

from chassis.work import Transaction
from contracts.notifications import EXTERNAL_CHANNELS
from services.notifications.domain.deliveries import DUE, State
from services.notifications.models import Delivery


class Line(NamedTuple):
    """Who waits behind whom."""

    tenant_id: UUID
    channel: str
    urgent: bool


def due_lines(tx: Transaction) -> list[Line]:
    """The tenant's lines in which a delivery is due; one statement, one index look-up a line."""
    lines = [Line(tx.tenant_id, channel, urgent) for urgent in (True, False) for channel in EXTERNAL_CHANNELS]
    waiting = (select(Delivery.id).where(is_due(tx, line)).exists() for line in lines)
    row = tx.session.execute(select(*waiting)).one()
    return [line for line, due in zip(lines, row, strict=True) if due]


def is_due(tx: Transaction, line: Line) -> ColumnElement[bool]:
    """What is due in `line`. The states stand in the statement itself, or no planner could see that the index of due
    deliveries serves it."""
    states: BindParameter[list[State]] = bindparam("due_states", list(DUE), expanding=True, literal_execute=True)
    return and_(
        Delivery.tenant_id == line.tenant_id, Delivery.urgent == line.urgent, Delivery.channel == line.channel,
        Delivery.due_at <= tx.now, Delivery.state.in_(states),
    )  # fmt: skip
