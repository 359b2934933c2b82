"""What one import row does to the customers on file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select

from chassis.tables import UnitEntry
from chassis.work import Transaction
from services.customers.domain import keys
from services.customers.domain.rows import CellError, Header, Row
from services.customers.models import Customer, ImportedRow
from services.customers.usecases import assets, files
from services.customers.usecases.duplicates import holders_of_phone, namesakes_with


@dataclass(slots=True)
class Outcome:
    """What became of some rows."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    errors: list[CellError] = field(default_factory=list)


class Importer:
    """Takes rows over, or with `store=False` only says what it would do. One for each run through a file: it remembers
    what earlier rows of the file would have made."""

    def __init__(self, header: Header, *, store: bool) -> None:
        self.header = header
        self.store = store
        self._promised: set[str] = set()
        self._promised_homes: dict[str, str] = {}

    def take(self, tx: Transaction, rows: Sequence[Row]) -> Outcome:
        """Take rows over, each for itself; the good ones count, the others become errors."""
        outcome = Outcome()
        known = _imported(tx, rows)
        units = _units(tx, rows)
        for row in rows:
            before = known.get(row.key)
            if before is not None and before.content_hash == row.content:
                outcome.unchanged += 1
                continue
            self._take_one(tx, row, before, units, outcome)
        return outcome

    def _take_one(
        self, tx: Transaction, row: Row, before: ImportedRow | None, units: Mapping[str, UUID], outcome: Outcome
    ) -> None:
        customer = tx.session.get(Customer, (tx.tenant_id, before.customer_id)) if before else _on_file(tx, row)
        error = self._objection(tx, row, customer, units)
        if error is not None:
            outcome.errors.append(error)
        elif not self.store:
            self._promise(row, customer, outcome)
        else:
            values = {**row.values, **({"org_unit_id": units[row.org_unit]} if row.org_unit else {})}
            _remember(tx, row, before, _stored(tx, customer, values, outcome))

    def _promise(self, row: Row, customer: Customer | None, outcome: Outcome) -> None:
        """Count what storing the row would do."""
        if customer is None and row.identity not in self._promised:
            self._promised.add(row.identity)
            outcome.created += 1
        else:
            outcome.updated += 1

    def _objection(
        self, tx: Transaction, row: Row, customer: Customer | None, units: Mapping[str, UUID]
    ) -> CellError | None:
        """Why a row that is good in itself cannot be taken over."""
        if row.org_unit and row.org_unit not in units:
            return self._error(row, "org_unit", "unknown_org_unit")
        wanted = units[row.org_unit] if row.org_unit else None
        if not tx.ctx.covers(wanted) or (customer is not None and not tx.ctx.covers(customer.org_unit_id)):
            return self._error(row, "org_unit", "out_of_scope")
        return self._other_household(tx, row, customer)

    def _other_household(self, tx: Transaction, row: Row, customer: Customer | None) -> CellError | None:
        """One household, one file (RF-13): another household has the row's unit, on file or further up in this file."""
        kind = customer.kind if customer else row.values["kind"]
        home = next((asset for asset in row.values["assets"] if asset["kind"] == "property_unit"), None)
        if kind != "household" or home is None:
            return None
        unit = keys.asset_keys(home)[0][1]
        holder = assets.household_of(tx, unit)
        if holder is not None and (customer is None or holder != customer.id):
            return self._error(row, "unit", "household_exists", customer_id=str(holder))
        if self._promised_homes.setdefault(unit, row.identity) != row.identity:
            return self._error(row, "unit", "household_repeated")
        return None

    def _error(self, row: Row, name: str, code: str, **params: str) -> CellError:
        return CellError(row.number, self.header.title(name), code, params)


def _stored(tx: Transaction, customer: Customer | None, values: Mapping[str, Any], outcome: Outcome) -> Customer:
    if customer is None:
        customer = files.create(tx, values)
        outcome.created += 1
    elif _merge(tx, customer, values):
        outcome.updated += 1
    else:
        outcome.unchanged += 1
    return customer


def _remember(tx: Transaction, row: Row, before: ImportedRow | None, customer: Customer) -> None:
    if before is None:
        before = ImportedRow(tenant_id=tx.tenant_id, row_key=row.key)
        tx.session.add(before)
    before.customer_id, before.content_hash = customer.id, row.content
    tx.session.flush()


def _merge(tx: Transaction, customer: Customer, values: Mapping[str, Any]) -> bool:
    """Take a row's values and assets over; what the row leaves empty stays. Returns whether anything changed."""
    changed = files.update(tx, customer, {name: value for name, value in values.items() if name != "kind"})
    count = len(assets.of(tx, customer.id))
    for asset in values["assets"]:
        assets.attach(tx, customer, asset)
    return bool(changed) or len(assets.of(tx, customer.id)) > count


def _imported(tx: Transaction, rows: Sequence[Row]) -> dict[str, ImportedRow]:
    found = tx.session.scalars(select(ImportedRow).where(ImportedRow.row_key.in_([row.key for row in rows])))
    return {row.row_key: row for row in found}


def _units(tx: Transaction, rows: Sequence[Row]) -> dict[str, UUID]:
    """Org units by the codes the rows name."""
    codes = {row.org_unit for row in rows if row.org_unit}
    if not codes:
        return {}
    return {unit.code: unit.id for unit in tx.session.scalars(select(UnitEntry).where(UnitEntry.code.in_(codes)))}


def _on_file(tx: Transaction, row: Row) -> Customer | None:
    """The customer a row is about, when it was not imported before."""
    values = row.values
    if values.get("external_ref"):
        return tx.session.scalar(select(Customer).where(Customer.external_ref == values["external_ref"]))
    if values.get("phone"):
        found = holders_of_phone(tx, values["phone"], limit=50)
    else:
        found = namesakes_with(tx, values["name"], *keys.asset_keys(values["assets"][0])[0])
    same_name = select(Customer).where(Customer.id.in_(found), Customer.name_key == keys.name_key(values["name"]))
    return tx.session.scalar(same_name.order_by(Customer.id).limit(1))
