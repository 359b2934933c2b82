"""Customers' files: opened, changed, looked into."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select

from chassis.ids import new_id
from chassis.search import tokens
from chassis.work import Transaction
from contracts.customers import (
    CONTACT_KINDS,
    CUSTOMER_CREATED,
    EXTERNAL_REF_TAKEN,
    POSSIBLE_DUPLICATE,
)
from services.customers import schemas
from services.customers.domain import keys
from services.customers.models import Asset, Customer, NameToken
from services.customers.usecases import assets, contacts
from services.customers.usecases.common import check_birthday, check_org_unit, load, normalised, tell_updated, touch
from services.customers.usecases.duplicates import find_duplicates

OWN_FIELDS = ("name", "external_ref", "org_unit_id", "id_number", "birthday", "grade", "note")


def register(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """Open a file. One that looks the same is told as a warning, or refused when the caller asks so."""
    values = _checked(tx, data)
    warnings = find_duplicates(tx, values)
    if warnings and data["on_duplicate"] == "refuse":
        raise POSSIBLE_DUPLICATE(customer_ids=", ".join(dict.fromkeys(str(w["customer_id"]) for w in warnings)))
    customer = create(tx, values)
    return {**schemas.customer(customer), "assets": assets.of(tx, customer.id), "warnings": warnings}


def change(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """Change what is given of a file; null clears."""
    customer = load(tx, data["customer_id"])
    tx.check_version(customer, data.get("expected_version"))
    update(tx, customer, _checked(tx, data))
    return schemas.detail(customer, assets.of(tx, customer.id))


def unmask(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """Personal fields in clear; who saw which, and why, is on the record (PL-10, PL-11)."""
    customer = load(tx, data["customer_id"])
    tx.audit("customer.unmasked", "customer", customer.id, after={"fields": data["fields"]}, note=data["reason"])
    return {"customer_id": customer.id, "values": {name: _in_clear(customer, name) for name in data["fields"]}}


def create(tx: Transaction, values: Mapping[str, Any]) -> Customer:
    """Store a new customer from checked values, with contacts and assets."""
    _check_external_ref(tx, values.get("external_ref"), None)
    new = build(tx, values)
    assets.check_homes(tx, new.assets)
    store(tx, [new])
    return new.customer


@dataclass(frozen=True, slots=True)
class NewFile:
    """A customer with contacts and assets, not yet stored."""

    customer: Customer
    assets: list[Asset]


def build(tx: Transaction, values: Mapping[str, Any]) -> NewFile:
    """The file that checked values describe; the same asset given twice is one."""
    customer = Customer(
        tenant_id=tx.tenant_id, id=new_id(), kind=values["kind"], name_key=keys.name_key(values["name"]), relation="",
        created_at=tx.now, updated_at=tx.now, contacts=[],
        **{"note": "", **{name: values.get(name) for name in OWN_FIELDS if values.get(name) is not None}},
    )  # fmt: skip
    for kind in CONTACT_KINDS:
        if values.get(kind):
            contacts.attach(customer, kind, values[kind], make_primary=True)
    distinct = {keys.asset_keys(asset)[0]: asset for asset in reversed(values.get("assets", ()))}
    return NewFile(customer, [assets.build(tx, customer, asset) for asset in reversed(distinct.values())])


def store(tx: Transaction, new: Sequence[NewFile]) -> None:
    """Store files, let them be found, tell of them; the same number of statements for one as for many."""
    customers = [file.customer for file in new]
    tx.session.add_all(customers)
    tx.session.flush()
    rows = [row for customer in customers for row in _token_rows(customer)]
    if rows:
        tx.session.execute(insert(NameToken), rows)
    for customer in customers:
        tx.audit("customer.created", "customer", customer.id, after=_audited(customer))
        tx.emit(CUSTOMER_CREATED, customer.id, schemas.facts(customer))
    owned = [(file.customer, asset) for file in new for asset in file.assets]
    if owned:
        assets.store(tx, owned)


def update(tx: Transaction, customer: Customer, values: Mapping[str, Any]) -> list[str]:
    """Apply checked values to a customer; returns the names of what changed. Nothing changed: nothing is written."""
    before, tokens_before = _audited(customer), _tokens_of(customer)
    changed = [name for name in _given(values) if _current(customer, name) != values[name]]
    if not changed:
        return []
    if "external_ref" in changed:
        _check_external_ref(tx, values["external_ref"], customer.id)
    for name in changed:
        if name in CONTACT_KINDS:
            contacts.replace_primary(customer, name, values[name])
        else:
            setattr(customer, name, values[name])
    customer.name_key = keys.name_key(customer.name)
    touch(tx, customer)
    if {"name", "external_ref"} & set(changed):
        _index_anew(tx, customer, tokens_before)
    tx.audit("customer.updated", "customer", customer.id, before=before, after=_audited(customer))
    tell_updated(tx, customer, changed)
    return changed


def _checked(tx: Transaction, data: Mapping[str, Any]) -> dict[str, Any]:
    """The request's values in the form they are kept in. Raises invalid_request or org_unit_out_of_scope."""
    check_org_unit(tx, data.get("org_unit_id"))
    check_birthday(tx, data.get("birthday"))
    for number, asset in enumerate(data.get("assets", ())):
        assets.check_findable(tx, asset, f"assets.{number}.")
    values = {name: value for name, value in data.items() if name != "expected_version"}
    for kind in CONTACT_KINDS:
        if values.get(kind):
            values[kind] = normalised(tx, kind, kind, values[kind])
    return values


def _given(values: Mapping[str, Any]) -> Iterable[str]:
    return (name for name in (*OWN_FIELDS, *CONTACT_KINDS) if name in values)


def _current(customer: Customer, name: str) -> Any:
    if name not in CONTACT_KINDS:
        return getattr(customer, name)
    contact = schemas.primary(customer, name)
    return contact.value if contact else None


def _in_clear(customer: Customer, name: str) -> Any:
    if name == "contacts":
        return [{"kind": c.kind, "value": c.value, "label": c.label} for c in customer.contacts]
    value = _current(customer, name)
    return value.isoformat() if name == "birthday" and value else value


def _check_external_ref(tx: Transaction, external_ref: str | None, own_id: UUID | None) -> None:
    if external_ref is None:
        return
    holder = tx.session.scalar(select(Customer.id).where(Customer.external_ref == external_ref))
    if holder not in (None, own_id):
        raise EXTERNAL_REF_TAKEN(external_ref=external_ref, customer_id=str(holder))


def _index_anew(tx: Transaction, customer: Customer, before: Collection[str]) -> None:
    """Let the customer be found by the new name and external reference, and no more by the tokens of `before`."""
    tx.session.execute(delete(NameToken).where(NameToken.token.in_(before), NameToken.customer_id == customer.id))
    rows = _token_rows(customer)
    if rows:
        tx.session.execute(insert(NameToken), rows)


def _token_rows(customer: Customer) -> list[dict[str, Any]]:
    return [
        {"tenant_id": customer.tenant_id, "token": token, "customer_id": customer.id}
        for token in sorted(_tokens_of(customer))
    ]


def _tokens_of(customer: Customer) -> set[str]:
    return tokens(f"{customer.name} {customer.external_ref or ''}")


def _audited(customer: Customer) -> dict[str, Any]:
    """The record of a file before or after: personal fields masked, for the record can never be erased."""
    row = schemas.customer(customer)
    return {name: value for name, value in row.items() if name not in {"created_at", "updated_at"}}
