"""The state that our events keep current, for a service that starts or that meets a tenant it does not know."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from chassis import crossing
from chassis.work import Transaction
from services.tenants import events
from services.tenants.models import OrgUnit, PolicyVersion, Staff, Tenant

TENANTS_A_PAGE = 5


def snapshot(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """Whole tenants, page by page, or the one asked for. With `service`, only that service's policies, in all versions:
    a case goes on by the version it began with."""
    tenants = _tenants(tx, data)
    page: dict[str, Any] = {"tenants": [], "policies": [], "org_units": [], "staff": [], "next_cursor": None}
    for tenant_id in tenants:
        with crossing.within(tx, tenant_id):
            _add(tx, page, tenant_id, data["service"])
    if data["tenant_id"] is None and len(tenants) == TENANTS_A_PAGE:
        page["next_cursor"] = str(tenants[-1])
    return page


def _tenants(tx: Transaction, data: dict[str, Any]) -> list[UUID]:
    statement = select(Tenant.tenant_id).order_by(Tenant.tenant_id).limit(TENANTS_A_PAGE)
    if data["tenant_id"] is not None:
        statement = statement.where(Tenant.tenant_id == data["tenant_id"])
    elif data["cursor"]:
        statement = statement.where(Tenant.tenant_id > UUID(data["cursor"]))
    with crossing.everywhere(tx):
        return list(tx.session.scalars(statement))


def _add(tx: Transaction, page: dict[str, Any], tenant_id: UUID, service: str | None) -> None:
    policies = select(PolicyVersion).order_by(PolicyVersion.service, PolicyVersion.version)
    if service is not None:
        policies = policies.where(PolicyVersion.service == service)
    owner = {"tenant_id": tenant_id}
    page["tenants"].append(events.tenant_document(tx.session, tx.session.get_one(Tenant, tenant_id)))
    page["policies"] += [owner | events.policy_document(row) for row in tx.session.scalars(policies)]
    page["org_units"] += [owner | events.org_unit_document(row) for row in tx.session.scalars(select(OrgUnit))]
    page["staff"] += [owner | events.staff_document(row) for row in tx.session.scalars(select(Staff))]
