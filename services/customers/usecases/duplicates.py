"""Who on file may be the same customer: the same phone, or the same name with the same vehicle or unit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from chassis.work import Transaction
from contracts.customers import POSSIBLE_DUPLICATE
from services.customers.domain import keys
from services.customers.models import AssetKey, Contact, Customer

SHOWN = 5


def find_duplicates(tx: Transaction, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Warnings, at most one per customer on file and `SHOWN` per reason."""
    found: dict[UUID, str] = {}
    for customer_id, why in _candidates(tx, values):
        found.setdefault(customer_id, why)
    return [{"code": POSSIBLE_DUPLICATE.code, "customer_id": id_, "why": why} for id_, why in found.items()]


def holders_of_phone(tx: Transaction, phone: str, limit: int = SHOWN) -> list[UUID]:
    """Customers with that phone (E.164), oldest first."""
    statement = select(Contact.customer_id).where(Contact.kind == "phone", Contact.value == phone)
    return list(tx.session.scalars(statement.distinct().order_by(Contact.customer_id).limit(limit)))


def namesakes_with(tx: Transaction, name: str, kind: str, key: str) -> list[UUID]:
    """Customers of that name who hold the asset, oldest first."""
    statement = (
        select(AssetKey.customer_id)
        .join(Customer, (Customer.tenant_id == AssetKey.tenant_id) & (Customer.id == AssetKey.customer_id))
        .where(AssetKey.kind == kind, AssetKey.key == key, Customer.name_key == keys.name_key(name))
    )
    return list(tx.session.scalars(statement.order_by(AssetKey.customer_id).limit(SHOWN)))


def _candidates(tx: Transaction, values: Mapping[str, Any]) -> Iterator[tuple[UUID, str]]:
    if values.get("phone"):
        for customer_id in holders_of_phone(tx, values["phone"]):
            yield customer_id, "same_phone"
    for asset in values.get("assets", ()):
        kind, key = keys.asset_keys(asset)[0]
        if asset["kind"] in _REASONS:
            for customer_id in namesakes_with(tx, values["name"], kind, key):
                yield customer_id, _REASONS[asset["kind"]]


_REASONS = {"vehicle": "same_name_and_vehicle", "property_unit": "same_name_and_unit"}
