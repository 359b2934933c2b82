"""What customers own: put on file, changed, ended; found by their keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select

from chassis.ids import new_id
from chassis.work import Transaction
from contracts.customers import ASSET_ADDED, ASSET_CHANGED, HOUSEHOLD_EXISTS, IDENTIFYING_FIELDS
from contracts.problems import NOT_FOUND
from services.customers import schemas
from services.customers.domain import keys
from services.customers.models import Asset, AssetKey, Customer
from services.customers.usecases import linking
from services.customers.usecases.common import field_error, load, tell_updated, touch

FIELDS = ("plate", "vin", "model", "project", "building", "unit", "contract_no", "lot", "order_no")


def add(tx: Transaction, data: dict[str, Any]) -> Asset:
    """Put an asset on a customer's file."""
    customer = load(tx, data["customer_id"])
    asset = attach(tx, customer, data)
    touch(tx, customer)
    tell_updated(tx, customer, ["assets"])
    return asset


def change(tx: Transaction, data: dict[str, Any]) -> Asset:
    """Change an asset's fields, or end it (`active: false`) or take it back."""
    customer = load(tx, data["customer_id"])
    asset = tx.get(Asset, data["asset_id"], kind="asset")
    if asset.customer_id != customer.id:
        raise NOT_FOUND(kind="asset")
    tx.check_version(asset, data.get("expected_version"))
    before = _audited(asset)
    _assign(tx, asset, data)
    if _audited(asset) != before:
        asset.household_key = _household_key(tx, customer, asset)
        tx.session.flush()
        _index(tx, asset)
        touch(tx, customer)
        tx.audit("asset.changed", "customer", customer.id, before=before, after=_audited(asset))
        tx.emit(ASSET_CHANGED, asset.id, schemas.asset_facts(asset))
        tell_updated(tx, customer, ["assets"])
        linking.adopt(tx, customer, asset)
    return asset


def attach(tx: Transaction, customer: Customer, values: Mapping[str, Any]) -> Asset:
    """A new asset of a stored customer; the one on file when the same was given before.

    Raises the problem household_file_exists (RF-13).
    """
    known = _same(tx, customer, keys.asset_keys(values))
    if known is not None:
        return known
    asset = Asset(
        id=new_id(), tenant_id=tx.tenant_id, customer_id=customer.id, kind=values["kind"], active=True,
        label=values.get("label") or keys.asset_label(values), created_at=tx.now,
        **{name: values.get(name) or None for name in FIELDS},
    )  # fmt: skip
    asset.household_key = _household_key(tx, customer, asset)
    tx.session.add(asset)
    tx.session.flush()
    _index(tx, asset)
    tx.audit("asset.added", "customer", customer.id, after=_audited(asset))
    tx.emit(ASSET_ADDED, asset.id, schemas.asset_facts(asset))
    linking.adopt(tx, customer, asset)
    return asset


def of(tx: Transaction, customer_id: UUID) -> list[Asset]:
    """A customer's assets, oldest first."""
    return list(tx.session.scalars(select(Asset).where(Asset.customer_id == customer_id).order_by(Asset.id)))


def _assign(tx: Transaction, asset: Asset, data: Mapping[str, Any]) -> None:
    named = asset.label != keys.asset_label(_values(asset))
    for name in FIELDS:
        if name in data:
            setattr(asset, name, data[name] or None)
    needed = IDENTIFYING_FIELDS[asset.kind]
    if not any(getattr(asset, name) for name in needed):
        raise field_error(tx, needed[0], "required")
    asset.active = data.get("active", asset.active)
    if "label" in data or not named:
        asset.label = data.get("label") or keys.asset_label(_values(asset))


def _values(asset: Asset) -> dict[str, Any]:
    return {"kind": asset.kind, **{name: getattr(asset, name) for name in FIELDS}}


def _audited(asset: Asset) -> dict[str, Any]:
    return {"asset_id": asset.id, **_values(asset), "label": asset.label, "active": asset.active}


def _household_key(tx: Transaction, customer: Customer, asset: Asset) -> str | None:
    """The key of a unit that is a household's home. The look-up gives the clear answer when another household has it;
    the unique key holds under concurrency."""
    if customer.kind != "household" or asset.kind != "property_unit" or not asset.active:
        return None
    key = keys.asset_keys(_values(asset))[0][1]
    holder = household_of(tx, key, other_than=asset.id)
    if holder is not None:
        raise HOUSEHOLD_EXISTS(customer_id=str(holder))
    return key


def household_of(tx: Transaction, unit_key: str, *, other_than: UUID | None = None) -> UUID | None:
    """The household on file for a unit, not counting one asset."""
    statement = select(Asset.customer_id).where(Asset.household_key == unit_key)
    return tx.session.scalar(statement if other_than is None else statement.where(Asset.id != other_than))


def _same(tx: Transaction, customer: Customer, wanted: list[tuple[str, str]]) -> Asset | None:
    """The customer's active asset that has the most specific of the wanted keys."""
    kind, key = wanted[0]
    return tx.session.scalar(
        select(Asset)
        .join(AssetKey, (AssetKey.tenant_id == Asset.tenant_id) & (AssetKey.asset_id == Asset.id))
        .where(AssetKey.kind == kind, AssetKey.key == key, AssetKey.customer_id == customer.id)
        .limit(1)
    )


def _index(tx: Transaction, asset: Asset) -> None:
    """Let an active asset be found by its keys, an ended one no more."""
    tx.session.execute(delete(AssetKey).where(AssetKey.asset_id == asset.id))
    found = dict.fromkeys(keys.asset_keys(_values(asset))) if asset.active else {}
    rows = [
        {"tenant_id": tx.tenant_id, "kind": kind, "key": key, "asset_id": asset.id, "customer_id": asset.customer_id}
        for kind, key in found
    ]
    if rows:
        tx.session.execute(insert(AssetKey), rows)
