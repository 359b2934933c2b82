"""Whom an import's rows are about: everything on file that a chunk may touch, read at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from chassis.tables import UnitEntry
from chassis.work import Transaction
from services.customers.domain import keys
from services.customers.domain.rows import Row
from services.customers.models import AssetKey, Contact, Customer, ImportedRow
from services.customers.usecases import assets
from services.customers.usecases.files import NewFile

Mark = tuple[str, ...]
"""One thing a customer is recognised by: reference, name with phone, name with asset."""


class Known:
    """What is on file for some rows. New files and rows are added as they are made, stored or not."""

    def __init__(self, tx: Transaction, rows: Sequence[Row]) -> None:
        self._tx = tx
        self.imported = self._imported_rows(rows)
        self.units = self._org_units(rows)
        self.homes = assets.homes(tx, [key for row in rows if (key := home_key(row))])
        self._by_id = self._imported_customers()
        self._by_mark = dict(self._marked(rows))

    def says_nothing_new(self, row: Row) -> bool:
        """Whether this very row was imported before."""
        before = self.imported.get(row.key)
        return before is not None and before.content_hash == row.content

    def customer(self, row: Row) -> Customer | None:
        """The customer a row is about. One with another reference of the company's own is somebody else."""
        before = self.imported.get(row.key)
        if before is not None:
            return self._by_id[before.customer_id]
        for mark in _marks_of(row):
            found = self._by_mark.get(mark)
            own = row.values.get("external_ref")
            if found is not None and (own is None or found.external_ref in {None, own}):
                return found
        return None

    def add(self, file: NewFile) -> None:
        """A new file: further rows may be about it."""
        self._by_id[file.customer.id] = file.customer
        self.homes.update({a.household_key: a.customer_id for a in file.assets if a.household_key})
        for mark in _marks_of_file(file):
            self._by_mark.setdefault(mark, file.customer)

    def remember(self, row: Row, customer: Customer) -> ImportedRow:
        """That this row was imported; a new memory is not in the session yet."""
        memory = self.imported.setdefault(row.key, ImportedRow(tenant_id=self._tx.tenant_id, row_key=row.key))
        memory.customer_id, memory.content_hash = customer.id, row.content
        return memory

    def _imported_rows(self, rows: Sequence[Row]) -> dict[str, ImportedRow]:
        wanted = select(ImportedRow).where(ImportedRow.row_key.in_([row.key for row in rows]))
        return {found.row_key: found for found in self._tx.session.scalars(wanted)}

    def _imported_customers(self) -> dict[UUID, Customer]:
        ids = {row.customer_id for row in self.imported.values()}
        found = self._tx.session.scalars(select(Customer).where(Customer.id.in_(ids))) if ids else ()
        return {customer.id: customer for customer in found}

    def _org_units(self, rows: Sequence[Row]) -> dict[str, UUID]:
        codes = {row.org_unit for row in rows if row.org_unit}
        found = self._tx.session.scalars(select(UnitEntry).where(UnitEntry.code.in_(codes))) if codes else ()
        return {unit.code: unit.id for unit in found}

    def _marked(self, rows: Sequence[Row]) -> Iterator[tuple[Mark, Customer]]:
        """Customers that have a mark of a row not imported before; the oldest of several comes last, and stays."""
        marks = [mark for row in rows if row.key not in self.imported for mark in _marks_of(row)]
        session = self._tx.session
        refs = [mark[1] for mark in marks if mark[0] == "ref"]
        for customer in session.scalars(select(Customer).where(Customer.external_ref.in_(refs))) if refs else ():
            yield ("ref", str(customer.external_ref)), customer
        phones = [mark[1] for mark in marks if mark[0] == "phone"]
        with_phone = _joined(Contact).where(Contact.kind == "phone", Contact.value.in_(phones))
        for customer, contact in session.execute(with_phone) if phones else ():
            yield ("phone", contact.value, customer.name_key), customer
        held = [mark[2] for mark in marks if mark[0] == "asset"]
        for customer, key in session.execute(_joined(AssetKey).where(AssetKey.key.in_(held))) if held else ():
            yield ("asset", key.kind, key.key, customer.name_key), customer


def home_key(row: Row) -> str | None:
    """The key of the property unit a row names."""
    home = next((asset for asset in row.values["assets"] if asset["kind"] == "property_unit"), None)
    return keys.asset_keys(home)[0][1] if home else None


def _joined(model: type[Contact | AssetKey]) -> Any:
    on = (model.tenant_id == Customer.tenant_id) & (model.customer_id == Customer.id)
    return select(Customer, model).join(model, on).order_by(Customer.id.desc())


def _marks_of(row: Row) -> Iterator[Mark]:
    """What a row's customer is recognised by, the strongest first."""
    values = row.values
    if values.get("external_ref"):
        yield "ref", values["external_ref"]
    if values.get("phone"):
        yield "phone", values["phone"], keys.name_key(values["name"])
    elif values["assets"]:
        yield "asset", *keys.asset_keys(values["assets"][0])[0], keys.name_key(values["name"])


def _marks_of_file(file: NewFile) -> Iterator[Mark]:
    customer = file.customer
    if customer.external_ref:
        yield "ref", customer.external_ref
    for contact in customer.contacts:
        if contact.kind == "phone":
            yield "phone", contact.value, customer.name_key
    for asset in file.assets:
        yield "asset", *assets.first_key(asset), customer.name_key
