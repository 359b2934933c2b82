"""What import rows do to the customers on file: a chunk is looked up at once, its new customers are stored at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chassis.work import Transaction
from services.customers.domain import keys
from services.customers.domain.rows import CellError, Header, Row
from services.customers.models import Customer, ImportedRow
from services.customers.usecases import assets, files
from services.customers.usecases.recognition import Known, home_key


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
        self.promised: set[str] = set()
        """Identities of customers that storing would have made."""
        self.promised_homes: dict[str, str] = {}
        """Unit -> identity of the household that would have it."""

    def take(self, tx: Transaction, rows: Sequence[Row]) -> Outcome:
        """Take rows over, each for itself; the good ones count, the others become errors."""
        chunk = _Chunk(tx, self, Known(tx, rows))
        for row in rows:
            chunk.take(row)
        chunk.finish()
        return chunk.outcome


class _Chunk:
    """Some rows inside one transaction. New files are gathered and stored together."""

    def __init__(self, tx: Transaction, importer: Importer, known: Known) -> None:
        self.tx = tx
        self.importer = importer
        self.known = known
        self.outcome = Outcome()
        self._new: list[files.NewFile] = []
        self._memory: list[ImportedRow] = []

    def take(self, row: Row) -> None:
        if self.known.says_nothing_new(row):
            self.outcome.unchanged += 1
            return
        customer = self.known.customer(row)
        error = self._objection(row, customer)
        if error is not None:
            self.outcome.errors.append(error)
        elif self.importer.store:
            self._store(row, customer)
        else:
            self._promise(row, customer)

    def finish(self) -> None:
        """Store what was gathered."""
        self._store_new()
        self.tx.session.add_all(self._memory)
        self.tx.session.flush()

    def _store(self, row: Row, customer: Customer | None) -> None:
        values = {**row.values, **({"org_unit_id": self.known.units[row.org_unit]} if row.org_unit else {})}
        if customer is None:
            file = files.build(self.tx, values)
            self._new.append(file)
            self.known.add(file)
            customer = file.customer
            self.outcome.created += 1
        else:
            self._store_new()  # the customer may be one of them
            if _merge(self.tx, customer, values):
                self.outcome.updated += 1
            else:
                self.outcome.unchanged += 1
        self._memory.append(self.known.remember(row, customer))

    def _store_new(self) -> None:
        if self._new:
            files.store(self.tx, self._new)
            self._new = []

    def _promise(self, row: Row, customer: Customer | None) -> None:
        """Count what storing the row would do."""
        if customer is None and row.identity not in self.importer.promised:
            self.importer.promised.add(row.identity)
            self.outcome.created += 1
        else:
            self.outcome.updated += 1

    def _objection(self, row: Row, customer: Customer | None) -> CellError | None:
        """Why a row that is good in itself cannot be taken over."""
        wanted = self.known.units.get(row.org_unit) if row.org_unit else None
        if row.org_unit and wanted is None:
            return self._error(row, "org_unit", "unknown_org_unit")
        if not self.tx.ctx.covers(wanted) or (customer is not None and not self.tx.ctx.covers(customer.org_unit_id)):
            return self._error(row, "org_unit", "out_of_scope")
        return self._other_household(row, customer)

    def _other_household(self, row: Row, customer: Customer | None) -> CellError | None:
        """One household, one file (RF-13): another household has the row's unit, on file or further up in this file."""
        kind, unit = customer.kind if customer else row.values["kind"], home_key(row)
        if kind != "household" or unit is None:
            return None
        holder = self.known.homes.get(unit)
        if holder is not None and (customer is None or holder != customer.id):
            return self._error(row, "unit", "household_exists", customer_id=str(holder))
        if self.importer.promised_homes.setdefault(unit, row.identity) != row.identity:
            return self._error(row, "unit", "household_repeated")
        return None

    def _error(self, row: Row, name: str, code: str, **params: str) -> CellError:
        return CellError(row.number, self.importer.header.title(name), code, params)


def _merge(tx: Transaction, customer: Customer, values: Mapping[str, Any]) -> bool:
    """Take a row's values and assets over; what the row leaves empty stays. Returns whether anything changed."""
    changed = files.update(tx, customer, {name: value for name, value in values.items() if name != "kind"})
    held = {assets.first_key(asset) for asset in assets.of(tx, customer.id) if asset.active}
    added = [asset for asset in values["assets"] if keys.asset_keys(asset)[0] not in held]
    if added:
        assets.store(tx, [(customer, assets.build(tx, customer, asset)) for asset in added])
    return bool(changed or added)
