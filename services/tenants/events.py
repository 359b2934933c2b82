"""Telling the others: each function publishes a record's whole new state. The same documents make the snapshot."""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.work import Transaction
from contracts import tenants as contract
from services.tenants.models import Calendar, EnabledService, OrgUnit, PolicyVersion, Role, Staff, Tenant


def tenant_document(session: Session, tenant: Tenant) -> dict[str, Any]:
    """What `tenant.changed` tells."""
    calendar = session.get_one(Calendar, tenant.tenant_id)
    enabled = select(EnabledService.service).where(
        EnabledService.tenant_id == tenant.tenant_id, EnabledService.enabled.is_(True)
    )
    return {
        "tenant_id": tenant.tenant_id,
        "version": tenant.version,
        "code": tenant.code,
        "name": tenant.name,
        "status": tenant.status,
        "locale": tenant.locale,
        "timezone": tenant.timezone,
        "services": sorted(session.scalars(enabled)),
        "calendar": calendar_document(tenant, calendar),
    }


def calendar_document(tenant: Tenant, calendar: Calendar) -> dict[str, Any]:
    """The calendar as everybody reads it: with the company's zone."""
    return {**calendar.document, "timezone": tenant.timezone, "version": calendar.version}


def org_unit_document(unit: OrgUnit) -> dict[str, Any]:
    """What `org_unit.changed` tells."""
    told = ("id", "version", "code", "name", "kind", "parent_id", "path", "active")
    return {name: getattr(unit, name) for name in told}


def policy_document(policy: PolicyVersion) -> dict[str, Any]:
    """What `policy.activated` tells."""
    return {"service": policy.service, "version": policy.version, "document": policy.document}


def staff_document(staff: Staff) -> dict[str, Any]:
    """What `staff.changed` tells."""
    told = ("id", "version", "username", "name", "roles", "org_unit_ids", "active", "email", "phone", "locale")
    return {name: getattr(staff, name) for name in told}


def tenant_changed(tx: Transaction, tenant: Tenant) -> None:
    tx.session.flush()
    tx.emit(contract.TENANT_CHANGED, tenant.tenant_id, tenant_document(tx.session, tenant))


def policy_activated(tx: Transaction, policy: PolicyVersion) -> None:
    """Policies of one service keep their order; those of different services do not wait for each other."""
    aggregate = policy_id(policy.tenant_id, policy.service)
    tx.emit(contract.POLICY_ACTIVATED, aggregate, policy_document(policy))


def policy_id(tenant_id: UUID, service: str) -> UUID:
    """The lasting id of a tenant's policy for one service, for its audit and the order of its events."""
    return uuid5(NAMESPACE_OID, f"policy/{tenant_id}/{service}")


def org_unit_changed(tx: Transaction, unit: OrgUnit) -> None:
    tx.session.flush()
    tx.emit(contract.ORG_UNIT_CHANGED, unit.id, org_unit_document(unit))


def staff_changed(tx: Transaction, staff: Staff) -> None:
    tx.session.flush()
    tx.emit(contract.STAFF_CHANGED, staff.id, staff_document(staff))


def role_changed(tx: Transaction, role: Role, *, active: bool = True) -> None:
    tx.session.flush()
    data = {name: getattr(role, name) for name in ("id", "version", "name", "labels", "permissions", "second_factor")}
    tx.emit(contract.ROLE_CHANGED, role.id, data | {"active": active})


def credential_revoked(tx: Transaction, credential_id: UUID) -> None:
    tx.emit(contract.CREDENTIAL_REVOKED, credential_id, {"credential_id": str(credential_id)})
