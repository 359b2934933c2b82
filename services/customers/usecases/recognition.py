"""Whom an import's rows are about: everything on file that a chunk may touch, read at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
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
        self._by_id = self._customers(row.customer_id for row in self.imported.values())
        self._by_mark = self._marked(rows)

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

    def _customers(self, ids: Iterable[UUID]) -> dict[UUID, Customer]:
        wanted = set(ids)
        found = self._tx.session.scalars(select(Customer).where(Customer.id.in_(wanted))) if wanted else ()
        return {customer.id: customer for customer in found}

    def _org_units(self, rows: Sequence[Row]) -> dict[str, UUID]:
        codes = {row.org_unit for row in rows if row.org_unit}
        found = self._tx.session.scalars(select(UnitEntry).where(UnitEntry.code.in_(codes))) if codes else ()
        return {unit.code: unit.id for unit in found}

    def _marked(self, rows: Sequence[Row]) -> dict[Mark, Customer]:
        """Customers that have a mark of a row not imported before; of several the oldest."""
        marks = [mark for row in rows if row.key not in self.imported for mark in _marks_of(row)]
        refs = [mark[1] for mark in marks if mark[0] == "ref"]
        found: dict[Mark, Customer] = {}
        for customer in (
            self._tx.session.scalars(select(Customer).where(Customer.external_ref.in_(refs))) if refs else ()
        ):
            found["ref", str(customer.external_ref)] = customer
        # Ids first and customers by them, not joined: a join on tables that grow by this very import is easily planned
        # badly, and then costs the square of the chunk.
        holders = [*self._with_phone(marks), *self._with_asset(marks)]
        customers = self._customers(customer_id for _, customer_id in holders)
        for mark, customer_id in sorted(holders, key=lambda holder: holder[1], reverse=True):
            found[*mark, customers[customer_id].name_key] = customers[customer_id]
        return found

    def _with_phone(self, marks: Sequence[Mark]) -> list[tuple[Mark, UUID]]:
        phones = [mark[1] for mark in marks if mark[0] == "phone"]
        held = select(Contact.value, Contact.customer_id).where(Contact.kind == "phone", Contact.value.in_(phones))
        return [(("phone", value), id_) for value, id_ in self._tx.session.execute(held)] if phones else []

    def _with_asset(self, marks: Sequence[Mark]) -> list[tuple[Mark, UUID]]:
        wanted = [mark[2] for mark in marks if mark[0] == "asset"]
        held = select(AssetKey.kind, AssetKey.key, AssetKey.customer_id).where(AssetKey.key.in_(wanted))
        return [(("asset", kind, key), id_) for kind, key, id_ in self._tx.session.execute(held)] if wanted else []


def home_key(row: Row) -> str | None:
    """The key of the property unit a row names."""
    home = next((asset for asset in row.values["assets"] if asset["kind"] == "property_unit"), None)
    return keys.asset_keys(home)[0][1] if home else None


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
