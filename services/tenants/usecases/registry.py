"""The operator takes on companies and switches their services (PL-1, PL-2)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import select

from chassis import crossing
from chassis.ids import new_id
from chassis.work import Transaction
from contracts import tenants as contract
from contracts.problems import CONFLICT, INVALID, both
from contracts.tenants.calendar import CalendarBody
from services.tenants import events, policy
from services.tenants.models import Calendar, EnabledService, Tenant
from services.tenants.queries.policies import active_policy, own_roles
from services.tenants.queries.registry import service_view, tenant_view
from services.tenants.usecases.calendar import stored_form
from services.tenants.usecases.common import locked_tenant, touch
from services.tenants.usecases.policies import put_in_force
from services.tenants.usecases.roles import add_pack_roles

_CHANGEABLE = ("name", "status", "locale", "timezone", "rate")


def create_tenant(tx: Transaction, data: dict[str, Any], packs_dir: Path) -> dict[str, Any]:
    """Take on a company: register, calendar, roles and policies of its packs, services. All of it or nothing.

    Problems: `conflict` (code taken), `unknown_pack`, `policy_invalid`, `invalid_request`.
    """
    _check_overrides(data)
    packs = policy.packs_named(packs_dir, data["packs"])
    with crossing.everywhere(tx):
        if tx.session.scalar(select(Tenant.tenant_id).where(Tenant.code == data["code"])):
            raise CONFLICT(
                reason=both(f"a tenant with the code {data['code']} exists", f"编码 {data['code']} 的企业已存在")
            )
    tenant_id = new_id()
    with crossing.within(tx, tenant_id):
        tenant = _registered(tx, data)
        add_pack_roles(tx, packs)
        events.tenant_changed(tx, tenant)
        for service in data["services"]:
            document = policy.document_of(service, packs, data["overrides"].get(service))
            put_in_force(
                tx,
                service,
                packs=data["packs"],
                overrides=data["overrides"].get(service, {}),
                document=document,
            )
            _announce(tx, contract.SERVICE_ENABLED, service)
        view = tenant_view(tx.session, tenant)
        tx.audit("tenant.created", "tenant", tenant_id, after={k: view[k] for k in ("code", "name", "packs")})
    return view


def update_tenant(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """Change a company's name, language, zone, limit or status. Problems: `not_found`, `stale_version`."""
    with crossing.within(tx, data["tenant_id"]):
        tenant = locked_tenant(tx)
        tx.check_version(tenant, data.get("expected_version"))
        changes = {k: v for k, v in data.items() if k in _CHANGEABLE and v != getattr(tenant, k)}
        before = {name: getattr(tenant, name) for name in changes}
        if changes:
            for name, value in changes.items():
                setattr(tenant, name, value)
            touch(tenant, tx.now)
            tx.audit("tenant.changed", "tenant", tenant.tenant_id, before=before, after=changes)
            events.tenant_changed(tx, tenant)
        return tenant_view(tx.session, tenant)


def enable_service(tx: Transaction, data: dict[str, Any], packs_dir: Path) -> dict[str, Any]:
    """Switch a service on from now on; a policy it never had comes from the company's packs. Once on, it stays on.

    Problems: `not_found`, `unknown_pack`, `policy_invalid`.
    """
    with crossing.within(tx, data["tenant_id"]):
        tenant = locked_tenant(tx)
        state = _state(tx, data["service"])
        if not state.enabled:
            state.enabled, state.enabled_at = True, tx.now
            _first_policy(tx, tenant, state.service, packs_dir)
            _switched(tx, tenant, state)
        return service_view(state)


def disable_service(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """Switch a service off: data stays, timers and sending stop. Problem: `not_found`."""
    with crossing.within(tx, data["tenant_id"]):
        tenant = locked_tenant(tx)
        state = _state(tx, data["service"])
        if state.enabled:
            state.enabled, state.disabled_at = False, tx.now
            _switched(tx, tenant, state)
        return service_view(state)


def _check_overrides(data: dict[str, Any]) -> None:
    stray = sorted(set(data["overrides"]) - set(data["services"]))
    if stray:
        raise INVALID(
            [
                {
                    "field": f"overrides.{service}",
                    "code": "not_enabled",
                    "message": both(
                        "is not among `services`; add it there or leave it out here",
                        "不在 services 之中,请在其中添加或在此删除",
                    ),
                }
                for service in stray
            ]
        )


def _registered(tx: Transaction, data: dict[str, Any]) -> Tenant:
    plain = {name: data[name] for name in ("code", "name", "locale", "timezone", "rate", "packs")}
    tenant = Tenant(tenant_id=tx.tenant_id, status="active", created_at=tx.now, updated_at=tx.now, **plain)
    calendar = stored_form(CalendarBody().load({}), tenant.timezone)
    tx.session.add(tenant)
    tx.session.add(Calendar(tenant_id=tx.tenant_id, document=calendar, updated_at=tx.now))
    for service in data["services"]:
        tx.session.add(EnabledService(tenant_id=tx.tenant_id, service=service, enabled=True, enabled_at=tx.now))
    tx.session.flush()
    return tenant


def _state(tx: Transaction, service: str) -> EnabledService:
    state = tx.session.get(EnabledService, (tx.tenant_id, service))
    if state is None:
        state = EnabledService(tenant_id=tx.tenant_id, service=service, enabled=False)
        tx.session.add(state)
    return state


def _first_policy(tx: Transaction, tenant: Tenant, service: str, packs_dir: Path) -> None:
    if active_policy(tx.session, service) is None:
        packs = policy.packs_named(packs_dir, tenant.packs)
        document = policy.document_of(service, packs, None, own_roles(tx.session))
        put_in_force(tx, service, packs=tenant.packs, overrides={}, document=document)


def _switched(tx: Transaction, tenant: Tenant, state: EnabledService) -> None:
    touch(tenant, tx.now)
    tx.audit(
        "service.enabled" if state.enabled else "service.disabled",
        "tenant",
        tenant.tenant_id,
        after={"service": state.service},
    )
    events.tenant_changed(tx, tenant)
    _announce(tx, contract.SERVICE_ENABLED if state.enabled else contract.SERVICE_DISABLED, state.service)


def _announce(tx: Transaction, event: Any, service: str) -> None:
    tx.emit(event, tx.tenant_id, {"service": service, "at": tx.now})
