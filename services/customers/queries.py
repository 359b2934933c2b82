"""What can be read of customers. Masked, and within the caller's org units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select

from chassis.paging import page
from chassis.search import query_tokens
from chassis.work import Transaction
from contracts.problems import NOT_FOUND
from services.customers import schemas
from services.customers.domain import contacts, keys
from services.customers.models import Asset, AssetKey, Contact, Customer, Import, NameToken, RowError, TimelineEntry
from services.customers.usecases import assets
from services.customers.usecases.common import field_error, load

LOOKUP_LIMIT = 10


def customers(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """The list, newest first; every filter given must hold."""
    statement = select(Customer).where(*_filters(tx, data))
    found = page(tx, statement, sort=[(Customer.id, "desc")], data=data)
    return {**found, "items": [schemas.customer(row) for row in found["items"]]}


def customer(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    row = load(tx, data["customer_id"])
    return schemas.detail(row, assets.of(tx, row.id))


def contacts_of(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    row = load(tx, data["customer_id"])
    statement = select(Contact).where(Contact.customer_id == row.id)
    found = page(tx, statement, sort=[(Contact.id, "asc")], data=data)
    return {**found, "items": [schemas.contact(contact) for contact in found["items"]]}


def assets_of(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    row = load(tx, data["customer_id"])
    return page(tx, select(Asset).where(Asset.customer_id == row.id), sort=[(Asset.id, "asc")], data=data)


def members_of(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    row = load(tx, data["customer_id"])
    statement = select(Customer).where(Customer.household_id == row.id)
    found = page(tx, statement, sort=[(Customer.id, "asc")], data=data)
    return {**found, "items": [schemas.member(member) for member in found["items"]]}


def timeline(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """What happened with a customer, newest first; a household's includes its members' (RF-13)."""
    row = load(tx, data["customer_id"])
    whose = [row.id]
    if row.kind == "household":
        whose += tx.session.scalars(select(Customer.id).where(Customer.household_id == row.id))
    statement = select(TimelineEntry).where(TimelineEntry.customer_id.in_(whose))
    return page(tx, statement, sort=[(TimelineEntry.at, "desc"), (TimelineEntry.id, "desc")], data=data)


def imports(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """Imports, newest first, without their errors."""
    found = page(tx, select(Import).where(*_mine(tx)), sort=[(Import.id, "desc")], data=data)
    return {**found, "items": [schemas.import_(row, [], tx.ctx.locale) for row in found["items"]]}


def import_(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """One import with its first errors."""
    row = _import(tx, data)
    errors = tx.session.scalars(_errors(row).order_by(RowError.row, RowError.id).limit(schemas.ERRORS_SHOWN))
    return schemas.import_(row, list(errors), tx.ctx.locale)


def import_errors(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """All errors of an import, in the file's order."""
    row = _import(tx, data)
    found = page(tx, _errors(row), sort=[(RowError.row, "asc"), (RowError.id, "asc")], data=data)
    return {**found, "items": [schemas.row_error(error, tx.ctx.locale) for error in found["items"]]}


def lookup(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """Who has that phone, vehicle or unit; for other services."""
    if not any(data.get(name) for name in ("phone", "plate", "unit")):
        return {"matches": []}
    rows = tx.session.scalars(select(Customer).where(*_filters(tx, data)).order_by(Customer.id).limit(LOOKUP_LIMIT))
    return {"matches": [_match(tx, row, data) for row in rows]}


def _match(tx: Transaction, row: Customer, data: Mapping[str, Any]) -> dict[str, Any]:
    asset_id = None
    for name in ("unit", "plate"):
        if data.get(name):
            held = select(AssetKey.asset_id).where(AssetKey.customer_id == row.id, _asset_condition(name, data[name]))
            asset_id = tx.session.scalar(held.limit(1))
    return {"customer_id": row.id, "asset_id": asset_id, "name": row.name}


def _mine(tx: Transaction) -> list[ColumnElement[bool]]:
    """Whoever acts for the whole company sees all imports; who acts in some stores, their own. A file may hold rows of
    several stores, so it belongs to none."""
    return [] if tx.ctx.org_unit_ids is None else [Import.made_by == tx.ctx.actor.id]


def _import(tx: Transaction, data: Mapping[str, Any]) -> Import:
    row = tx.session.scalar(select(Import).where(Import.id == data["import_id"], *_mine(tx)))
    if row is None:
        raise NOT_FOUND(kind="import")
    return row


def _errors(row: Import) -> Select[RowError]:
    return select(RowError).where(RowError.import_id == row.id)


def _filters(tx: Transaction, data: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    conditions = [_in_scope(tx)]
    conditions += [getattr(Customer, name) == data[name] for name in ("kind", "grade", "org_unit_id") if data.get(name)]
    if data.get("q"):
        conditions.append(_named(data["q"]))
    if data.get("phone"):
        conditions.append(_reached_by(tx, data["phone"]))
    conditions += [_owning(name, data[name]) for name in ("plate", "unit") if data.get(name)]
    return conditions


def _in_scope(tx: Transaction) -> ColumnElement[bool]:
    units = tx.ctx.org_unit_ids
    if units is None:
        return Customer.tenant_id == tx.tenant_id
    return or_(Customer.org_unit_id.is_(None), Customer.org_unit_id.in_(units))


def _named(q: str) -> ColumnElement[bool]:
    """Every piece of the words is in the name. A single character looks for pieces that begin with it."""
    pieces = sorted(query_tokens(q))
    return and_(*(_has_piece(piece, whole=len(piece) > 1) for piece in pieces)) if pieces else Customer.id.is_(None)


def _has_piece(piece: str, *, whole: bool) -> ColumnElement[bool]:
    # A range, not LIKE: PostgreSQL can use the primary key for it in every collation only this way round.
    fits = NameToken.token == piece if whole else NameToken.token.between(piece, piece + "\U0010ffff")
    return Customer.id.in_(select(NameToken.customer_id).where(fits))


def _reached_by(tx: Transaction, phone: str) -> ColumnElement[bool]:
    if len(phone) == 4 and phone.isdecimal():
        fits = Contact.last4 == phone
    else:
        try:
            fits = and_(Contact.kind == "phone", Contact.value == contacts.phone_number(phone))
        except contacts.Unacceptable as error:
            raise field_error(tx, "phone", error.code) from error
    return Customer.id.in_(select(Contact.customer_id).where(fits))


def _owning(name: str, text: str) -> ColumnElement[bool]:
    return Customer.id.in_(select(AssetKey.customer_id).where(_asset_condition(name, text)))


def _asset_condition(name: str, text: str) -> ColumnElement[bool]:
    if name == "unit":
        return and_(AssetKey.kind == "unit", AssetKey.key == keys.unit_key(text))
    return and_(AssetKey.kind.in_(("plate", "plate_tail", "vin")), AssetKey.key == keys.plate_key(text))
