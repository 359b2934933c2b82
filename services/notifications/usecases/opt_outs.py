"""Who wants no ordinary messages (NT-3)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from chassis.ids import new_id
from chassis.work import Transaction
from services.notifications.addresses import mask, normalise
from services.notifications.mistakes import invalid
from services.notifications.models import OptOut
from services.notifications.usecases.planning import address_key


def add_opt_out(tx: Transaction, data: dict[str, Any]) -> OptOut:
    """Note it; noting it twice keeps one. Problem: `invalid_request`, for an address the channel cannot reach."""
    channel = data["channel"]
    address = normalise(channel, data["address"])
    if address is None:
        raise invalid(tx, "address", "no_address", channel=channel)
    key = address_key(channel, address)
    known = tx.session.scalars(select(OptOut).where(OptOut.address_key == key)).one_or_none()
    if known is not None:
        return known
    row = OptOut(
        tenant_id=tx.tenant_id, id=new_id(), channel=channel, address_key=key, address_masked=mask(channel, address),
        reason=data["reason"], created_at=tx.now,
    )  # fmt: skip
    tx.session.add(row)
    tx.audit("opt_out.added", "opt_out", row.id, after={"channel": channel, "address": row.address_masked})
    return row


def remove_opt_out(tx: Transaction, data: dict[str, Any]) -> None:
    """They want messages again. Problem: `not_found`."""
    row = tx.get(OptOut, data["opt_out_id"], kind="opt-out", lock=True)
    tx.audit("opt_out.removed", "opt_out", row.id, before={"channel": row.channel, "address": row.address_masked})
    tx.session.delete(row)
