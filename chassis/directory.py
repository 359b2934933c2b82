"""Look-ups in the local copy of a tenant's staff and org units: who holds a role here, who is above."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from chassis.tables import StaffEntry, UnitEntry
from chassis.work import Transaction


def staff(tx: Transaction, staff_id: UUID) -> StaffEntry | None:
    """The staff member, or None when this service does not know them."""
    return tx.session.get(StaffEntry, (tx.tenant_id, staff_id))


def unit(tx: Transaction, unit_id: UUID) -> UnitEntry | None:
    """The org unit, or None when this service does not know it."""
    return tx.session.get(UnitEntry, (tx.tenant_id, unit_id))


def staff_with_role(tx: Transaction, role: str, org_unit_id: UUID | None = None) -> list[StaffEntry]:
    """Active holders of `role` in that org unit; where it has none, those of the nearest unit above; else, those who
    are bound to no unit. Without a unit: every active holder."""
    holders = [s for s in tx.session.scalars(select(StaffEntry).where(StaffEntry.active)) if role in s.roles]
    if org_unit_id is None:
        return holders
    entry = unit(tx, org_unit_id)
    for candidate in reversed(entry.path if entry else [str(org_unit_id)]):
        here = [s for s in holders if candidate in s.org_unit_ids]
        if here:
            return here
    return [s for s in holders if not s.org_unit_ids]
