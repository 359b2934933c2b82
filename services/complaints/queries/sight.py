"""Who of the company may see a case: told by this service's own copy of staff, roles and org units."""

from __future__ import annotations

from fnmatch import fnmatchcase

from sqlalchemy import select

from chassis import directory
from chassis.tables import StaffEntry
from chassis.work import Transaction
from services.complaints.models import ComplaintRow, RoleRow
from services.complaints.policy import Policy

READ = "complaints.read"


def may_see(tx: Transaction, policy: Policy, row: ComplaintRow, staff: StaffEntry | None) -> bool:
    """Whether somebody works for the company, in the case's org unit or above, in a role that reads complaints."""
    return staff is not None and staff.active and _covers(tx, row, staff) and _reads(tx, policy, staff.roles)


def _covers(tx: Transaction, row: ComplaintRow, staff: StaffEntry) -> bool:
    if not staff.org_unit_ids or row.org_unit_id is None:
        return True
    unit = directory.unit(tx, row.org_unit_id)
    return bool(set(unit.path if unit else [str(row.org_unit_id)]) & set(staff.org_unit_ids))


def _reads(tx: Transaction, policy: Policy, roles: list[str]) -> bool:
    """By the roles as they are now; one that did not change since is as the policy knows it."""
    granted = {name: role["permissions"] for name, role in policy.roles.items() if name in roles}
    known = tx.session.scalars(select(RoleRow).where(RoleRow.name.in_(roles)))
    granted |= {role.name: role.permissions for role in known}
    return any(fnmatchcase(READ, pattern) for patterns in granted.values() for pattern in patterns)
