"""What customers own: put on file, changed, ended; found by their keys."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
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
    """Put an asset on a customer's file; the same one given again answers the one on file.

    Raises the problem household_file_exists (RF-13).
    """
    customer = load(tx, data["customer_id"])
    check_findable(tx, data)
    known = _same(tx, customer, keys.asset_keys(data)[0])
    if known is not None:
        return known
    asset = build(tx, customer, data)
    check_homes(tx, [asset])
    store(tx, [(customer, asset)])
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
    before, keys_before = _audited(asset), [row["key"] for row in _key_rows(asset)]
    _assign(tx, asset, data)
    if _audited(asset) != before:
        is_home = customer.kind == "household" and asset.kind == "property_unit" and asset.active
        asset.household_key = first_key(asset)[1] if is_home else None
        check_homes(tx, [asset])
        tx.session.flush()
        _index_anew(tx, asset, keys_before)
        touch(tx, customer)
        tx.audit("asset.changed", "customer", customer.id, before=before, after=_audited(asset))
        tx.emit(ASSET_CHANGED, asset.id, schemas.asset_facts(asset))
        tell_updated(tx, customer, ["assets"])
        linking.adopt(tx, [(customer, asset)])
    return asset


def check_findable(tx: Transaction, values: Mapping[str, Any], where: str = "") -> None:
    """An asset needs something to be found by. Raises the problem invalid_request."""
    if not keys.asset_keys(values):
        needed = IDENTIFYING_FIELDS[values["kind"]]
        given = next((name for name in needed if values.get(name)), None)
        raise field_error(tx, where + (given or needed[0]), "no_key" if given else "required")


def build(tx: Transaction, customer: Customer, values: Mapping[str, Any]) -> Asset:
    """A new asset, not yet stored. A household's unit carries the key that makes it the household's alone."""
    found = keys.asset_keys(values)
    is_home = customer.kind == "household" and values["kind"] == "property_unit"
    return Asset(
        tenant_id=tx.tenant_id, id=new_id(), customer_id=customer.id, kind=values["kind"], active=True,
        label=values.get("label") or keys.asset_label(values), household_key=found[0][1] if is_home else None,
        created_at=tx.now, **{name: values.get(name) or None for name in FIELDS},
    )  # fmt: skip


def store(tx: Transaction, made: Sequence[tuple[Customer, Asset]]) -> None:
    """Store new assets of stored customers, let them be found, tell of them."""
    tx.session.add_all([asset for _, asset in made])
    tx.session.flush()
    rows = [row for _, asset in made for row in _key_rows(asset)]
    if rows:
        tx.session.execute(insert(AssetKey), rows)
    for customer, asset in made:
        tx.audit("asset.added", "customer", customer.id, after=_audited(asset))
        tx.emit(ASSET_ADDED, asset.id, schemas.asset_facts(asset))
    linking.adopt(tx, made)


def check_homes(tx: Transaction, new: Sequence[Asset]) -> None:
    """The problem household_file_exists when another household has one of the units (RF-13). The look-up gives the
    clear answer; the unique key holds under concurrency."""
    wanted = [asset.household_key for asset in new if asset.household_key]
    if wanted:
        for holder in homes(tx, wanted, other_than=[asset.id for asset in new]).values():
            raise HOUSEHOLD_EXISTS(customer_id=str(holder))


def homes(tx: Transaction, unit_keys: Collection[str], *, other_than: Collection[UUID] = ()) -> dict[str, UUID]:
    """The households on file for those units, by unit."""
    statement = select(Asset.household_key, Asset.customer_id).where(Asset.household_key.in_(unit_keys))
    with tx.session.no_autoflush:
        rows = tx.session.execute(statement.where(Asset.id.not_in(other_than)))
        return {str(row.household_key): row.customer_id for row in rows}


def of(tx: Transaction, customer_id: UUID) -> list[Asset]:
    """A customer's assets, oldest first."""
    return list(tx.session.scalars(select(Asset).where(Asset.customer_id == customer_id).order_by(Asset.id)))


def _assign(tx: Transaction, asset: Asset, data: Mapping[str, Any]) -> None:
    named = asset.label != keys.asset_label(_values(asset))
    for name in FIELDS:
        if name in data:
            setattr(asset, name, data[name] or None)
    check_findable(tx, _values(asset))
    asset.active = data.get("active", asset.active)
    if "label" in data or not named:
        asset.label = data.get("label") or keys.asset_label(_values(asset))


def _values(asset: Asset) -> dict[str, Any]:
    return {"kind": asset.kind, **{name: getattr(asset, name) for name in FIELDS}}


def first_key(asset: Asset) -> tuple[str, str]:
    """The most specific key of an asset: what makes it the same one."""
    return keys.asset_keys(_values(asset))[0]


def _audited(asset: Asset) -> dict[str, Any]:
    return {"asset_id": asset.id, **_values(asset), "label": asset.label, "active": asset.active}


def _same(tx: Transaction, customer: Customer, key: tuple[str, str]) -> Asset | None:
    """The customer's active asset with that key."""
    return tx.session.scalar(
        select(Asset)
        .join(AssetKey, (AssetKey.tenant_id == Asset.tenant_id) & (AssetKey.asset_id == Asset.id))
        .where(AssetKey.kind == key[0], AssetKey.key == key[1], AssetKey.customer_id == customer.id)
        .limit(1)
    )


def _index_anew(tx: Transaction, asset: Asset, before: Sequence[str]) -> None:
    """Let an active asset be found by its keys, an ended one no more. `before` are the keys it had."""
    tx.session.execute(delete(AssetKey).where(AssetKey.key.in_(before), AssetKey.asset_id == asset.id))
    rows = _key_rows(asset) if asset.active else []
    if rows:
        tx.session.execute(insert(AssetKey), rows)


def _key_rows(asset: Asset) -> list[dict[str, Any]]:
    return [
        {"tenant_id": asset.tenant_id, "kind": kind, "key": key, "asset_id": asset.id, "customer_id": asset.customer_id}
        for kind, key in dict.fromkeys(keys.asset_keys(_values(asset)))
    ]
