"""Org units, roles and staff, read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, exists, or_, select
from sqlalchemy.orm import Session

from chassis import paging
from chassis.work import Transaction
from services.tenants import domain
from services.tenants.models import OrgUnit, Role, Staff, StaffRole, StaffSession, StaffUnit


def org_units(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """Org units by code. Problem: `not_found` when `under` is none of them."""
    statement = select(OrgUnit)
    if "under" in data:
        tx.get(OrgUnit, data["under"], kind="org unit")
        statement = statement.where(OrgUnit.id.in_(domain.with_below([data["under"]], unit_paths(tx.session))))
    for name in ("kind", "active"):
        if name in data:
            statement = statement.where(getattr(OrgUnit, name) == data[name])
    return paging.page(tx, statement, sort=[(OrgUnit.code, "asc")], data=data)


def org_unit(tx: Transaction, data: dict[str, Any]) -> OrgUnit:
    return tx.get(OrgUnit, data["org_unit_id"], kind="org unit")


def roles(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """Roles by name."""
    return paging.page(tx, select(Role), sort=[(Role.name, "asc")], data=data)


def role(tx: Transaction, data: dict[str, Any]) -> Role:
    return tx.get(Role, data["role_id"], kind="role")


def staff_list(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """Staff by user name."""
    statement = select(Staff)
    if data.get("q"):
        part = data["q"]
        statement = statement.where(
            or_(Staff.username.contains(part, autoescape=True), Staff.name.contains(part, autoescape=True))
        )
    if "active" in data:
        statement = statement.where(Staff.active.is_(data["active"]))
    if "role" in data:
        statement = _holding(statement, data["role"])
    if "org_unit_id" in data:
        statement = _acting_in(statement, tx.get(OrgUnit, data["org_unit_id"], kind="org unit"))
    return paging.page(tx, statement, sort=[(Staff.username, "asc")], data=data)


def staff(tx: Transaction, data: dict[str, Any]) -> Staff:
    return tx.get(Staff, data["staff_id"], kind="staff member")


def unit_paths(session: Session) -> dict[UUID, list[str]]:
    """Every org unit's path, for domain.with_below."""
    return {row.id: row.path for row in session.execute(select(OrgUnit.id, OrgUnit.path))}


def _holding(statement: Select[Any], name: str) -> Select[Any]:
    held = and_(StaffRole.tenant_id == Staff.tenant_id, StaffRole.staff_id == Staff.id)
    named = and_(Role.tenant_id == StaffRole.tenant_id, Role.id == StaffRole.role_id, Role.name == name)
    return statement.where(exists().where(held, named))


def _acting_in(statement: Select[Any], unit: OrgUnit) -> Select[Any]:
    """Those assigned to the unit, to one above it, or to the whole company."""
    above: Iterable[UUID] = [UUID(part) for part in unit.path]
    linked = and_(StaffUnit.tenant_id == Staff.tenant_id, StaffUnit.staff_id == Staff.id)
    return statement.where(or_(Staff.whole_company, exists().where(linked, StaffUnit.org_unit_id.in_(above))))


def own_second_factor(tx: Transaction, _data: dict[str, Any]) -> dict[str, Any]:
    """Whether the caller's sign-in has a second factor, and whether it must; a key has none."""
    staff = tx.session.get(Staff, (tx.tenant_id, UUID(tx.ctx.actor.id))) if tx.ctx.actor.kind == "staff" else None
    return {
        "enrolled": staff is not None and staff.has_second_factor,
        "required": staff is not None and staff.needs_second_factor,
        "since": staff.login.factor_since if staff else None,
        "recovery_codes_left": len(staff.login.recovery_digests or ()) if staff else 0,
    }


def own_sessions(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """The caller's sessions that are still good, newest first; a key has none."""
    mine = select(StaffSession).where(
        StaffSession.staff_id == UUID(tx.ctx.actor.id),
        StaffSession.revoked_at.is_(None),
        StaffSession.expires_at > tx.now,
    )
    found = paging.page(tx, mine, sort=[(StaffSession.id, "desc")], data=data)
    for session in found["items"]:
        session.current = str(session.id) == tx.ctx.credential_id
    return found
