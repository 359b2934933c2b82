"""API keys: made once, shown once, cut by their maker's own scope, revoked for good (PL-15)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from chassis import crossing
from chassis.ids import new_id
from chassis.work import Transaction
from contracts.problems import INVALID, both
from services.tenants import credentials, domain, events
from services.tenants.keyring import Keyring
from services.tenants.models import ApiKey
from services.tenants.queries.organisation import unit_paths
from services.tenants.usecases.common import locked_tenant, require_covers, require_holds, require_units


def create_api_key(tx: Transaction, data: dict[str, Any], keyring: Keyring) -> dict[str, Any]:
    """Make a key no wider than its maker: in permissions and in org units.

    The secret leaves sealed, because the reply is stored for repeats; the door opens it.
    Problems: `scope_too_wide`, `org_unit_out_of_scope`, `not_found` (org unit), `invalid_request` (already expired).
    """
    require_holds(tx, domain.narrowed(data["permissions"], data["services"]))
    if data["expires_at"] is not None and data["expires_at"] <= tx.now:
        over = both("is over already; choose a later moment", "已过期,请选择更晚的时间")
        raise INVALID([{"field": "expires_at", "code": "past", "message": over}])
    return _made(
        tx,
        keyring,
        name=data["name"],
        permissions=data["permissions"],
        services=data["services"],
        org_unit_ids=_units(tx, data["org_unit_ids"]),
        locale=data["locale"],
        expires_at=data["expires_at"],
    )


def create_admin_key(tx: Transaction, data: dict[str, Any], keyring: Keyring) -> dict[str, Any]:
    """The operator gives a company its first key: it may everything there. Problem: `not_found`."""
    with crossing.within(tx, data["tenant_id"]):
        locked_tenant(tx)
        return _made(tx, keyring, name=data["name"], permissions=[domain.ANYTHING])


def revoke_api_key(tx: Transaction, data: dict[str, Any]) -> None:
    """The key is refused from now on; a second time changes nothing.

    Problems: `not_found`, `org_unit_out_of_scope` for a key that acts beyond the caller's org units.
    """
    key = tx.get(ApiKey, data["key_id"], kind="API key", lock=True)
    require_covers(tx, None if key.org_unit_ids is None else [UUID(unit) for unit in key.org_unit_ids])
    if key.revoked_at is None:
        key.revoked_at = tx.now
        tx.audit("key.revoked", "api_key", key.id, before={"name": key.name, "prefix": key.prefix})
        events.credential_revoked(tx, key.id)


def _made(
    tx: Transaction,
    keyring: Keyring,
    *,
    name: str,
    permissions: list[str],
    services: list[str] | None = None,
    org_unit_ids: list[UUID] | None = None,
    locale: str | None = None,
    expires_at: datetime | None = None,
) -> dict[str, Any]:
    text = credentials.new_key()
    key = ApiKey(
        tenant_id=tx.tenant_id,
        id=new_id(),
        name=name,
        prefix=text.prefix,
        digest=text.digest,
        permissions=permissions,
        services=services,
        org_unit_ids=None if org_unit_ids is None else [str(unit) for unit in org_unit_ids],
        locale=locale,
        created_at=tx.now,
        expires_at=expires_at,
    )
    tx.session.add(key)
    told = ("name", "prefix", "permissions", "services", "org_unit_ids", "expires_at")
    tx.audit("key.created", "api_key", key.id, after={field: getattr(key, field) for field in told})
    shown = ("id", *told, "locale", "created_at", "revoked_at")
    return {field: getattr(key, field) for field in shown} | {"secret": keyring.seal(str(text))}


def _units(tx: Transaction, wished: list[UUID] | None) -> list[UUID] | None:
    """The org units the key acts in: those wished for, or as far as its maker acts."""
    if wished is not None:
        require_covers(tx, wished)
        require_units(tx, wished)
        return wished
    mine = tx.ctx.org_unit_ids
    return None if mine is None else domain.topmost(mine, unit_paths(tx.session))
