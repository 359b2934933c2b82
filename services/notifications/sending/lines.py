"""Lines: deliveries of one tenant, one channel and one urgency wait in one line, so that nobody waits behind another
tenant's campaign or another channel's dead server (NT-7)."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import exists, select

from chassis.work import Transaction
from contracts.notifications import EXTERNAL_CHANNELS
from services.notifications.domain import DUE
from services.notifications.models import Delivery


class Line(NamedTuple):
    """Who waits behind whom."""

    tenant_id: UUID
    channel: str
    urgent: bool


def due_lines(tx: Transaction) -> list[Line]:
    """The tenant's lines in which a delivery is due; one statement, one index look-up a line."""
    lines = [Line(tx.tenant_id, channel, urgent) for urgent in (True, False) for channel in EXTERNAL_CHANNELS]
    row = tx.session.execute(select(*(_has_due(tx, line) for line in lines))).one()
    return [line for line, due in zip(lines, row, strict=True) if due]


def _has_due(tx: Transaction, line: Line):  # type: ignore[no-untyped-def]
    return exists().where(
        Delivery.tenant_id == line.tenant_id, Delivery.urgent.is_(line.urgent), Delivery.channel == line.channel,
        Delivery.state.in_(DUE), Delivery.due_at <= tx.now,
    )  # fmt: skip
