"""People come, change and leave (PL-3, PL-4)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import select

from chassis.ids import new_id
from chassis.work import Transaction
from contracts import tenants as contract
from contracts.problems import CONFLICT, INVALID, both
from services.tenants import events
from services.tenants.models import Role, Staff, StaffLogin, StaffRole, StaffSession, StaffUnit
from services.tenants.usecases import second_factor
from services.tenants.usecases.common import caller_name, require_covers, require_may_give, require_units, touch

_PLAIN = ("name", "email", "phone", "locale")


def create_staff(tx: Transaction, data: dict[str, Any]) -> Staff:
    """Take on a person. `data["password_hash"]` is set when they may sign in.

    Problems: `conflict` (user name taken), `invalid_request` (no such role), `not_found` (org unit), `scope_too_wide`,
    `org_unit_out_of_scope`.
    """
    if tx.session.scalar(select(Staff.id).where(Staff.username == data["username"])):
        raise CONFLICT(reason=both(f"the user name {data['username']} is taken", f"用户名 {data['username']} 已被占用"))
    staff = Staff(tenant_id=tx.tenant_id, id=new_id(), username=data["username"], active=True, updated_at=tx.now)
    for name in _PLAIN:
        setattr(staff, name, data[name])
    staff.login = StaffLogin(tenant_id=tx.tenant_id, password_hash=data.get("password_hash"), failures=0)
    _assign_roles(tx, staff, data["roles"])
    _assign_units(tx, staff, data["org_unit_ids"])
    tx.session.add(staff)
    _told(tx, staff, "staff.created")
    return staff


def update_staff(tx: Transaction, data: dict[str, Any]) -> Staff:
    """Change a person's name, addresses, roles or units. Problems as `create_staff`, and `stale_version`."""
    staff = _mine(tx, data["staff_id"])
    tx.check_version(staff, data.get("expected_version"))
    before = _shown(staff)
    for name in _PLAIN:
        setattr(staff, name, data.get(name, getattr(staff, name)))
    if "roles" in data:
        _assign_roles(tx, staff, data["roles"])
    if "org_unit_ids" in data:
        _assign_units(tx, staff, data["org_unit_ids"])
    tx.session.flush()
    if _shown(staff) != before:
        touch(staff, tx.now)
        _told(tx, staff, "staff.changed", before)
    return staff


def activate_staff(tx: Transaction, data: dict[str, Any]) -> Staff:
    """Take a person back; lifts a lock after failed sign-ins. Problems: `not_found`, `scope_too_wide`."""
    staff = _mine(tx, data["staff_id"])
    staff.login.failures, staff.login.failing_since, staff.login.locked_until = 0, None, None
    if not staff.active:
        staff.active, staff.left_at = True, None
        touch(staff, tx.now)
        _told(tx, staff, "staff.activated")
    return staff


def deactivate_staff(tx: Transaction, data: dict[str, Any]) -> Staff:
    """A person leaves: signed out everywhere, and everybody is told. Problems: `not_found`, `scope_too_wide`."""
    staff = _mine(tx, data["staff_id"])
    if not staff.active:
        return staff
    staff.active, staff.left_at = False, tx.now
    touch(staff, tx.now)
    end_sessions(tx, staff.id)
    _told(tx, staff, "staff.deactivated")
    tx.emit(contract.STAFF_LEFT, staff.id, events.staff_document(staff) | {"left_at": tx.now})
    return staff


def set_password(tx: Transaction, data: dict[str, Any]) -> None:
    """Give a person the password of `data["password_hash"]`; ends their sessions.

    Problems: `not_found`, `scope_too_wide`.
    """
    staff = _mine(tx, data["staff_id"])
    staff.login.password_hash = data["password_hash"]
    staff.login.failures, staff.login.failing_since, staff.login.locked_until = 0, None, None
    end_sessions(tx, staff.id)
    tx.audit("staff.password_set", "staff", staff.id)


def reset_second_factor(tx: Transaction, data: dict[str, Any]) -> None:
    """Take away the second factor of a person who lost it; ends their sessions, and they are told. Once more changes
    nothing. Problems: `not_found`, `scope_too_wide`, `org_unit_out_of_scope`."""
    staff = _mine(tx, data["staff_id"])
    if staff.has_second_factor:
        second_factor.forget(staff.login)
        end_sessions(tx, staff.id)
        tx.audit("second_factor.reset", "staff", staff.id)
        second_factor.tell(tx, staff.id, "second_factor_reset", by=caller_name(tx))


def end_sessions(tx: Transaction, staff_id: UUID) -> None:
    """Sign a person out everywhere."""
    open_ = select(StaffSession).where(StaffSession.staff_id == staff_id, StaffSession.revoked_at.is_(None))
    for session in tx.session.scalars(open_):
        session.revoked_at = tx.now
        if session.expires_at > tx.now:
            events.credential_revoked(tx, session.id)


def _mine(tx: Transaction, staff_id: UUID) -> Staff:
    """A person whom the caller may change: in the caller's org units, and with no more permissions than the caller may
    give, so that nobody rises by taking over somebody else's account."""
    staff = tx.get(Staff, staff_id, kind="staff member", lock=True)
    require_covers(tx, staff.org_unit_ids)
    require_may_give(tx, {p for link in staff.role_links for p in link.role.permissions})
    return staff


def _assign_roles(tx: Transaction, staff: Staff, names: Collection[str]) -> None:
    roles = {role.name: role for role in tx.session.scalars(select(Role).where(Role.name.in_(names)))}
    unknown = [
        {
            "field": f"roles.{i}",
            "code": "unknown",
            "message": both(f"there is no role {name}; see /v1/roles", f"没有角色 {name},请查看 /v1/roles"),
        }
        for i, name in enumerate(names)
        if name not in roles
    ]
    if unknown:
        raise INVALID(unknown)
    require_may_give(tx, {permission for role in roles.values() for permission in role.permissions})
    kept = {link.role_id: link for link in staff.role_links}
    staff.role_links = [
        kept.get(role.id) or StaffRole(tenant_id=tx.tenant_id, role_id=role.id) for role in roles.values()
    ]


def _assign_units(tx: Transaction, staff: Staff, org_unit_ids: Collection[UUID] | None) -> None:
    require_covers(tx, org_unit_ids)
    chosen = org_unit_ids or []
    require_units(tx, chosen)
    kept = {link.org_unit_id: link for link in staff.unit_links}
    staff.whole_company = org_unit_ids is None
    staff.unit_links = [kept.get(unit) or StaffUnit(tenant_id=tx.tenant_id, org_unit_id=unit) for unit in chosen]


def _told(tx: Transaction, staff: Staff, action: str, before: dict[str, Any] | None = None) -> None:
    tx.session.flush()
    for link in staff.role_links:
        tx.session.refresh(link, ["role"])
    tx.audit(action, "staff", staff.id, before=before, after=_shown(staff))
    events.staff_changed(tx, staff)


def _shown(staff: Staff) -> dict[str, Any]:
    document = events.staff_document(staff)
    return {name: document[name] for name in ("username", "name", "roles", "org_unit_ids", "active", *_PLAIN)}
