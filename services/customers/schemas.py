"""Rows as they are answered and told: personal fields masked, always (PL-11)."""

from __future__ import annotations

from typing import Any

from services.customers.domain import masking, messages
from services.customers.models import Asset, Contact, Customer, Import, RowError

ERRORS_SHOWN = 100


def primary(customer: Customer, kind: str) -> Contact | None:
    """The contact of that kind to use first."""
    return next((c for c in customer.contacts if c.kind == kind and c.primary), None)


def masked(contact: Contact | None) -> str | None:
    return masking.mask_contact(contact.kind, contact.value) if contact else None


def customer(row: Customer) -> dict[str, Any]:
    """A customer in a list."""
    return {
        **{name: getattr(row, name) for name in _PLAIN},
        **{kind: masked(primary(row, kind)) for kind in masking.CONTACT_MASKS},
        "id_number": masking.mask_id_number(row.id_number) if row.id_number else None,
        "birthday": masking.mask_birthday(row.birthday) if row.birthday else None,
    }


_PLAIN = (
    "id", "kind", "name", "external_ref", "org_unit_id", "household_id", "grade", "note", "version", "created_at",
    "updated_at",
)  # fmt: skip


def detail(row: Customer, assets: list[Asset]) -> dict[str, Any]:
    """A customer with contacts and assets."""
    return {**customer(row), "contacts": [contact(c) for c in row.contacts], "assets": assets}


def contact(row: Contact) -> dict[str, Any]:
    return {"id": row.id, "kind": row.kind, "value": masked(row), "label": row.label, "primary": row.primary}


def facts(row: Customer) -> dict[str, Any]:
    """What events tell of a customer."""
    return {
        "customer_id": row.id, "version": row.version, "kind": row.kind, "name": row.name,
        "org_unit_id": row.org_unit_id, "phone_masked": masked(primary(row, "phone")),
        "grade": row.grade,
    }  # fmt: skip


def asset_facts(row: Asset) -> dict[str, Any]:
    """What events tell of an asset."""
    return {"asset_id": row.id, **{name: getattr(row, name) for name in _ASSET_FACTS}}


_ASSET_FACTS = (
    "customer_id", "kind", "label", "plate", "vin", "project", "building", "unit", "contract_no", "lot", "order_no",
    "active",
)  # fmt: skip


def member(row: Customer) -> dict[str, Any]:
    return {"member_id": row.id, "name": row.name, "relation": row.relation, "since": row.member_since}


def row_error(row: RowError, locale: str) -> dict[str, Any]:
    """An import's error in the language of who reads it."""
    message = messages.text(row.code, locale, row.params)
    return {"row": row.row, "column": row.column, "code": row.code, "message": message}


def import_(row: Import, errors: list[RowError], locale: str) -> dict[str, Any]:
    """An import with its first errors."""
    values = {column.key: getattr(row, column.key) for column in Import.__table__.columns}
    return {**values, "errors": [row_error(error, locale) for error in errors]}
