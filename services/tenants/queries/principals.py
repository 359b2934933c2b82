"""Whose a credential is and what it opens. Every bad credential gets the same answer."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis import crossing
from chassis.ids import NIL
from chassis.work import Transaction
from contracts.core import Audience
from contracts.problems import DEFAULT_LOCALE, UNAUTHENTICATED
from services.tenants import domain, tokens
from services.tenants.credentials import ApiKeyText, parse_key
from services.tenants.keyring import Keyring
from services.tenants.models import ApiKey, Staff, StaffSession, Tenant
from services.tenants.queries.organisation import unit_paths
from services.tenants.queries.registry import enabled_services

_NO_DIGEST = bytes(32)


def introspect(tx: Transaction, data: dict[str, Any], keyring: Keyring) -> dict[str, Any]:
    """The principal that holds `credential`, an API key or an access token. Problem: `unauthenticated`."""
    key = parse_key(data["credential"])
    principal = _of_key(tx, key) if key else _of_token(tx, data["credential"], keyring)
    if principal is None:
        raise UNAUTHENTICATED()
    return principal


def me(tx: Transaction, _data: dict[str, Any]) -> dict[str, Any]:
    """The caller, as the context has them."""
    ctx, tenant = tx.ctx, tx.session.get_one(Tenant, tx.tenant_id)
    return {
        "actor": {"kind": ctx.actor.kind, "id": ctx.actor.id, "name": ctx.actor.name},
        "tenant_id": tenant.tenant_id,
        "tenant_code": tenant.code,
        "tenant_name": tenant.name,
        "services": enabled_services(tx.session),
        "roles": sorted(ctx.roles),
        "permissions": sorted(ctx.permissions),
        "org_unit_ids": None if ctx.org_unit_ids is None else sorted(ctx.org_unit_ids),
        "locale": ctx.locale,
    }


def _of_key(tx: Transaction, text: ApiKeyText) -> dict[str, Any] | None:
    with crossing.everywhere(tx):
        key = tx.session.scalars(select(ApiKey).where(ApiKey.prefix == text.prefix)).one_or_none()
    good = text.matches(key.digest if key else _NO_DIGEST)
    if key is None or not good or key.revoked_at is not None or _over(tx, key):
        return None
    if key.tenant_id == NIL:
        return _operator(key)
    with crossing.within(tx, key.tenant_id):
        units = None if key.org_unit_ids is None else [UUID(unit) for unit in key.org_unit_ids]
        return _in_tenant(
            tx.session,
            key.tenant_id,
            credential_id=str(key.id),
            actor={"kind": "key", "id": str(key.id), "name": key.name},
            services=key.services,
            permissions=domain.narrowed(key.permissions, key.services),
            org_unit_ids=units,
            locale=key.locale,
            expires_at=key.expires_at,
        )


def _over(tx: Transaction, key: ApiKey) -> bool:
    return key.expires_at is not None and key.expires_at <= tx.now


def _operator(key: ApiKey) -> dict[str, Any]:
    return {
        "credential_id": str(key.id),
        "audience": Audience.OPERATOR.value,
        "actor": {"kind": "operator", "id": str(key.id), "name": key.name},
        "tenant_id": None,
        "tenant_code": "",
        "services": [],
        "roles": [],
        "permissions": [domain.ANYTHING],
        "org_unit_ids": None,
        "locale": DEFAULT_LOCALE,
        "rate": None,
        "expires_at": key.expires_at,
    }


def _of_token(tx: Transaction, text: str, keyring: Keyring) -> dict[str, Any] | None:
    claims = tokens.read_access_token(keyring, text, tx.now)
    if claims is None:
        return None
    with crossing.within(tx, claims.tenant_id):
        session = tx.session.get(StaffSession, (claims.tenant_id, claims.session_id))
        staff = tx.session.get(Staff, (claims.tenant_id, session.staff_id)) if session else None
        if session is None or session.revoked_at is not None or staff is None or not staff.active:
            return None
        enrolling = session.enrolling and not staff.has_second_factor
        return _in_tenant(
            tx.session,
            claims.tenant_id,
            credential_id=str(session.id),
            actor={"kind": "staff", "id": str(staff.id), "name": staff.name},
            must_enrol=enrolling,
            org_unit_ids=staff.org_unit_ids,
            locale=staff.locale,
            expires_at=claims.expires_at,
            **(_NOTHING if enrolling else _by_roles(staff)),
        )


_NOTHING: dict[str, Any] = {"roles": (), "permissions": (), "services": ()}
"""What is left is the person's own account."""


def _by_roles(staff: Staff) -> dict[str, Any]:
    permissions = {permission for link in staff.role_links for permission in link.role.permissions}
    return {"roles": staff.roles, "permissions": permissions}


def _in_tenant(
    session: Session,
    tenant_id: UUID,
    *,
    permissions: Iterable[str],
    org_unit_ids: Collection[UUID] | None,
    locale: str | None,
    services: Collection[str] | None = None,
    roles: Iterable[str] = (),
    **rest: Any,
) -> dict[str, Any] | None:
    """The principal in its company; None while that is suspended."""
    tenant = session.get(Tenant, tenant_id)
    if tenant is None or tenant.status != "active":
        return None
    units = None if org_unit_ids is None else domain.with_below(org_unit_ids, unit_paths(session))
    return {
        **rest,
        "audience": Audience.TENANT.value,
        "tenant_id": tenant_id,
        "tenant_code": tenant.code,
        "services": [s for s in enabled_services(session) if services is None or s in services],
        "roles": list(roles),
        "permissions": sorted(permissions),
        "org_unit_ids": None if units is None else sorted(units),
        "locale": locale or tenant.locale,
        "rate": tenant.rate,
    }
