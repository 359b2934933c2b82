"""What several use cases need."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm.attributes import flag_modified

from chassis.work import Transaction
from contracts.problems import NOT_FOUND, OUT_OF_SCOPE
from contracts.tenants import SCOPE_TOO_WIDE
from services.tenants import domain
from services.tenants.models import OrgUnit, Tenant


class Dated(Protocol):
    updated_at: Any


def locked_tenant(tx: Transaction) -> Tenant:
    """This transaction's company, kept from others' changes until the end. Problem: `not_found`."""
    tenant = tx.session.get(Tenant, tx.tenant_id, with_for_update=True)
    if tenant is None:
        raise NOT_FOUND(kind="tenant")
    return tenant


def touch(row: Dated, now: datetime) -> None:
    """Count a change of the record, also of what of it stands in other tables: its version goes up."""
    row.updated_at = now
    flag_modified(row, "updated_at")


def caller_name(tx: Transaction) -> str:
    return tx.ctx.actor.name or tx.ctx.actor.id


def require_holds(tx: Transaction, permissions: Iterable[str]) -> None:
    """No key opens more than its maker may (PL-15). Problem: `scope_too_wide`, naming what."""
    missing = domain.not_covered(tx.ctx.permissions, permissions)
    if missing:
        raise SCOPE_TOO_WIDE(missing=", ".join(missing))


def require_may_give(tx: Transaction, permissions: Iterable[str]) -> None:
    """Who runs the company's roles (`tenants.admin`) gives any; others what they hold. Problem: `scope_too_wide`."""
    if not tx.ctx.may("tenants.admin"):
        require_holds(tx, permissions)


def require_whole_company(tx: Transaction) -> None:
    """What follows concerns everybody in the company. Problem: `org_unit_out_of_scope`."""
    require_covers(tx, None)


def require_covers(tx: Transaction, org_unit_ids: Collection[UUID] | None) -> None:
    """The caller acts in all of those org units; None is the whole company. Problem: `org_unit_out_of_scope`."""
    mine = tx.ctx.org_unit_ids
    if mine is not None and (org_unit_ids is None or not mine.issuperset(org_unit_ids)):
        raise OUT_OF_SCOPE()


def require_units(tx: Transaction, org_unit_ids: Collection[UUID]) -> None:
    """They all exist and are open. Problem: `not_found`."""
    chosen = select(OrgUnit.id).where(OrgUnit.id.in_(org_unit_ids), OrgUnit.active.is_(True))
    if set(tx.session.scalars(chosen)) != set(org_unit_ids):
        raise NOT_FOUND(kind="org unit")
