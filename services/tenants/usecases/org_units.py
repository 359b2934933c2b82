"""The tree of a company's places and departments (PL-3)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from chassis.ids import new_id
from chassis.work import Transaction
from contracts.problems import CONFLICT, OUT_OF_SCOPE, Problem, both
from services.tenants import domain, events
from services.tenants.models import OrgUnit
from services.tenants.usecases.common import locked_tenant, require_covers, touch

_CHANGEABLE = ("code", "name", "kind", "active")


def create_org_unit(tx: Transaction, data: dict[str, Any]) -> OrgUnit:
    """Add a unit at the top or below another one of the caller's.

    Problems: `not_found` (the parent), `conflict`, `org_unit_out_of_scope`.
    """
    locked_tenant(tx)  # the tree changes by one at a time
    _require_free(tx, data["code"])
    unit = OrgUnit(tenant_id=tx.tenant_id, id=new_id(), active=True, updated_at=tx.now)
    unit.code, unit.name, unit.kind = data["code"], data["name"], data["kind"]
    unit.parent_id = data["parent_id"]
    unit.path = _path_below(tx, unit.parent_id, unit.id)
    tx.session.add(unit)
    tx.audit("org_unit.created", "org_unit", unit.id, after=_shown(unit))
    events.org_unit_changed(tx, unit)
    return unit


def update_org_unit(tx: Transaction, data: dict[str, Any]) -> OrgUnit:
    """Rename, move, close or reopen a unit; moving takes all below along.

    Problems: `not_found`, `conflict`, `org_unit_out_of_scope`, `stale_version`.
    """
    locked_tenant(tx)
    unit = tx.get(OrgUnit, data["org_unit_id"], kind="org unit", lock=True)
    require_covers(tx, [unit.id])
    tx.check_version(unit, data.get("expected_version"))
    before = _shown(unit)
    if data.get("code", unit.code) != unit.code:
        _require_free(tx, data["code"])
    if unit.active and data.get("active") is False:
        _require_empty(tx, unit)
    for name in _CHANGEABLE:
        setattr(unit, name, data.get(name, getattr(unit, name)))
    moved = _move(tx, unit, data["parent_id"]) if "parent_id" in data else []
    if _shown(unit) != before:
        touch(unit, tx.now)
        tx.audit("org_unit.changed", "org_unit", unit.id, before=before, after=_shown(unit))
        for changed in (unit, *moved):
            events.org_unit_changed(tx, changed)
    return unit


def close_org_unit(tx: Transaction, data: dict[str, Any]) -> None:
    """Close a unit that has no open unit below it. Problems: `not_found`, `conflict`, `org_unit_out_of_scope`."""
    update_org_unit(tx, {"org_unit_id": data["org_unit_id"], "active": False})


def _path_below(tx: Transaction, parent_id: UUID | None, unit_id: UUID) -> list[str]:
    """The path of a unit under that parent, which the caller must be allowed to act in."""
    if parent_id is None:
        if tx.ctx.org_unit_ids is not None:
            raise OUT_OF_SCOPE()
        return [str(unit_id)]
    parent = tx.get(OrgUnit, parent_id, kind="org unit")
    require_covers(tx, [parent.id])
    if not parent.active:
        raise CONFLICT(
            reason=both(f"the unit {parent.code} is closed; reopen it first", f"{parent.code} 已关闭,请先重新启用")
        )
    if len(parent.path) >= domain.MAX_DEPTH:
        raise _too_deep()
    return [*parent.path, str(unit_id)]


def _move(tx: Transaction, unit: OrgUnit, parent_id: UUID | None) -> list[OrgUnit]:
    """Hang the unit under `parent_id`; returns the units below it, whose paths changed with it."""
    if parent_id == unit.parent_id:
        return []
    old, new = unit.path, _path_below(tx, parent_id, unit.id)
    if str(unit.id) in new[:-1]:
        raise CONFLICT(reason=both("a unit cannot stand below itself", "组织单元不能位于自身之下"))
    below = [row for row in _others(tx, unit) if str(unit.id) in row.path]
    if max((len(row.path) for row in below), default=0) + len(new) - len(old) > domain.MAX_DEPTH:
        raise _too_deep()
    unit.parent_id, unit.path = parent_id, new
    for row in below:
        row.path = domain.moved_path(row.path, old, new)
        touch(row, tx.now)
    return below


def _too_deep() -> Problem:
    levels = domain.MAX_DEPTH
    return CONFLICT(reason=both(f"the tree may have {levels} levels", f"组织层级最多 {levels} 级"))


def _others(tx: Transaction, unit: OrgUnit) -> list[OrgUnit]:
    return list(tx.session.scalars(select(OrgUnit).where(OrgUnit.id != unit.id).order_by(OrgUnit.id)))


def _require_free(tx: Transaction, code: str) -> None:
    if tx.session.scalar(select(OrgUnit.id).where(OrgUnit.code == code)):
        raise CONFLICT(reason=both(f"an org unit with the code {code} exists", f"编码 {code} 的组织单元已存在"))


def _require_empty(tx: Transaction, unit: OrgUnit) -> None:
    below = select(OrgUnit.code).where(OrgUnit.parent_id == unit.id, OrgUnit.active.is_(True))
    code = tx.session.scalars(below.limit(1)).first()
    if code is not None:
        open_below = both(
            f"the unit {code} below it is open; close that one first", f"下级单元 {code} 尚未关闭,请先关闭"
        )
        raise CONFLICT(reason=open_below)


def _shown(unit: OrgUnit) -> dict[str, Any]:
    return {name: getattr(unit, name) for name in ("code", "name", "kind", "parent_id", "active")}
