"""The register of companies, read."""

from __future__ import annotations

from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from chassis import crossing, paging
from chassis.work import Transaction
from contracts.problems import NOT_FOUND
from contracts.tenants import OPTIONAL_SERVICES
from services.tenants.models import EnabledService, Tenant

PLATFORM = "kefu"


def tenants(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """The operator's list of companies, by code."""
    statement = select(Tenant)
    if data.get("q"):
        statement = statement.where(
            or_(
                Tenant.code.contains(data["q"], autoescape=True),
                Tenant.name.contains(data["q"], autoescape=True),
            )
        )
    with crossing.everywhere(tx):
        page = paging.page(tx, statement, sort=[(Tenant.code, "asc")], data=data)
        return {**page, "items": [tenant_view(tx.session, tenant) for tenant in page["items"]]}


def tenant(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """One company, for the operator. Problem: `not_found`."""
    with crossing.within(tx, data["tenant_id"]):
        row = tx.session.get(Tenant, tx.tenant_id)
        if row is None:
            raise NOT_FOUND(kind="tenant")
        return tenant_view(tx.session, row)


def my_services(tx: Transaction, _data: dict[str, Any]) -> dict[str, Any]:
    """What the caller's company uses and what it could."""
    states = {state.service: state for state in tx.session.scalars(select(EnabledService))}
    every = [states.get(name) or EnabledService(service=name, enabled=False) for name in OPTIONAL_SERVICES]
    return {"items": [service_view(state) for state in every]}


def tenant_view(session: Session, row: Tenant) -> dict[str, Any]:
    """A company with its services, as the contract shows it."""
    plain = ("code", "name", "status", "locale", "timezone", "rate", "packs", "version", "created_at", "updated_at")
    states = session.scalars(
        select(EnabledService).where(EnabledService.tenant_id == row.tenant_id).order_by(EnabledService.service)
    )
    return {
        "id": row.tenant_id,
        **{name: getattr(row, name) for name in plain},
        "services": [service_view(state) for state in states],
    }


def service_view(state: EnabledService) -> dict[str, Any]:
    return {name: getattr(state, name) for name in ("service", "enabled", "enabled_at", "disabled_at")}


def enabled_services(session: Session) -> list[str]:
    """What this transaction's company uses, sorted."""
    return sorted(session.scalars(select(EnabledService.service).where(EnabledService.enabled.is_(True))))


def names(tx: Transaction) -> list[str]:
    """What the company and the platform are called."""
    row = tx.session.get_one(Tenant, tx.tenant_id)
    return [row.code, row.name, PLATFORM]
