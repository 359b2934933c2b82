"""Lines: deliveries of one tenant, one channel and one urgency wait in one line, so that nobody waits behind another
tenant's campaign or another channel's dead server (NT-7)."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, func, select

from chassis.work import Transaction
from contracts.notifications import EXTERNAL_CHANNELS
from services.notifications.domain.deliveries import DUE, State
from services.notifications.models import Delivery


class Line(NamedTuple):
    """Who waits behind whom."""

    tenant_id: UUID
    channel: str
    urgent: bool


def due_lines(tx: Transaction) -> tuple[list[Line], datetime | None]:
    """The tenant's lines in which a delivery is due, and when the next of the other lines will have one; one statement,
    one index look-up a line."""
    lines = [Line(tx.tenant_id, channel, urgent) for urgent in (True, False) for channel in EXTERNAL_CHANNELS]
    first = (select(func.min(Delivery.due_at)).where(_waits(line)).scalar_subquery() for line in lines)
    moments = dict(zip(lines, tx.session.execute(select(*first)).one(), strict=True))
    due = [line for line, moment in moments.items() if moment is not None and moment <= tx.now]
    later = [moment for line, moment in moments.items() if moment is not None and line not in due]
    return due, min(later, default=None)


def is_due(tx: Transaction, line: Line) -> ColumnElement[bool]:
    """What is due in `line`."""
    return and_(_waits(line), Delivery.due_at <= tx.now)


def _waits(line: Line) -> ColumnElement[bool]:
    """What is still to be sent in `line`. The states stand in the statement itself, or no planner could see that the
    index of due deliveries serves it."""
    states: BindParameter[list[State]] = bindparam("due_states", list(DUE), expanding=True, literal_execute=True)
    return and_(
        Delivery.tenant_id == line.tenant_id, Delivery.urgent == line.urgent, Delivery.channel == line.channel,
        Delivery.state.in_(states),
    )  # fmt: skip
