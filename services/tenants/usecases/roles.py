"""Roles: what packs name, and a company's own (PL-4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import exists, select

from chassis.ids import new_id
from chassis.work import Transaction
from contracts.policies import Pack
from contracts.problems import CONFLICT
from services.tenants import events, policy
from services.tenants.models import Role, StaffRole
from services.tenants.usecases.common import require_whole_company, touch


def create_role(tx: Transaction, data: dict[str, Any]) -> Role:
    """Add a role of one's own. Problems: `conflict` (name taken), `org_unit_out_of_scope`."""
    require_whole_company(tx)
    if tx.session.scalar(select(Role.id).where(Role.name == data["name"])):
        raise CONFLICT(reason=f"a role named {data['name']} exists")
    role = _added(tx, data["name"], data, from_pack=False)
    tx.audit("role.created", "role", role.id, after=_shown(role))
    events.role_changed(tx, role)
    return role


def update_role(tx: Transaction, data: dict[str, Any]) -> Role:
    """Change labels, permissions, or whether its holders must have a second factor.

    Problems: `not_found`, `stale_version`, `org_unit_out_of_scope`.
    """
    require_whole_company(tx)
    role = tx.get(Role, data["role_id"], kind="role", lock=True)
    tx.check_version(role, data.get("expected_version"))
    before = _shown(role)
    for name in ("labels", "permissions", "second_factor"):
        setattr(role, name, data.get(name, getattr(role, name)))
    if _shown(role) != before:
        touch(role, tx.now)
        tx.audit("role.changed", "role", role.id, before=before, after=_shown(role))
        events.role_changed(tx, role)
    return role


def delete_role(tx: Transaction, data: dict[str, Any]) -> None:
    """Remove a role of one's own that nobody has. Problems: `not_found`, `conflict`, `org_unit_out_of_scope`."""
    require_whole_company(tx)
    role = tx.get(Role, data["role_id"], kind="role", lock=True)
    if role.from_pack:
        raise CONFLICT(reason="the role comes with the policy; take its permissions away instead")
    if tx.session.scalar(select(exists().where(StaffRole.tenant_id == tx.tenant_id, StaffRole.role_id == role.id))):
        raise CONFLICT(reason="somebody has this role; give them another first")
    tx.audit("role.deleted", "role", role.id, before=_shown(role))
    events.role_changed(tx, role, active=False)
    tx.session.delete(role)


def add_pack_roles(tx: Transaction, packs: Sequence[Pack]) -> None:
    """Add the packs' roles that the company does not have; those it has stay as it shaped them."""
    present = set(tx.session.scalars(select(Role.name)))
    for name, role in policy.roles_of(packs).items():
        if name not in present:
            row = _added(tx, name, role, from_pack=True)
            events.role_changed(tx, row)


def _added(tx: Transaction, name: str, said: Mapping[str, Any], *, from_pack: bool) -> Role:
    role = Role(
        tenant_id=tx.tenant_id,
        id=new_id(),
        name=name,
        labels=said["labels"],
        second_factor=said.get("second_factor", "optional"),
        permissions=list(
            said["permissions"]
        ),  # in the order of the packs, so that a draft does not differ from them by it
        from_pack=from_pack,
        updated_at=tx.now,
    )
    tx.session.add(role)
    return role


def _shown(role: Role) -> dict[str, Any]:
    return {
        "name": role.name,
        "labels": role.labels,
        "permissions": sorted(role.permissions),
        "second_factor": role.second_factor,
    }
