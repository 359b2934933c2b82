"""Whose complaint it is, and what happened with it: told by the complaints service, kept on the customer's timeline.

A complaint that names a vehicle or unit not yet on file waits; it is linked when the asset is put on file (AD-2).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import String, Uuid, bindparam, delete, select, text, update

from chassis import erasure
from chassis.ids import new_id
from chassis.later import Fetched
from chassis.work import Transaction
from contracts.complaints.events import ComplainantNamed
from contracts.core import schema_of
from contracts.customers import CUSTOMER_LINKED
from services.customers import schemas
from services.customers.domain import contacts, keys
from services.customers.domain.matching import Candidate, choose
from services.customers.models import Asset, CaseLink, Customer, TimelineEntry

SHOWN_FACTS = (
    "channel", "category", "level", "validity", "stage", "state", "action", "from_stage", "before", "kind", "verdict",
    "deadline", "period", "outcome", "satisfaction", "satisfied", "times", "sheet_number", "nature", "sheet_state",
    "amount", "into_number",
)  # fmt: skip
"""Of an event's facts those a reader of the timeline sees; free text stays where it was written."""


_HELD = (
    text(
        """
        SELECT 'case' AS by, customer_id, asset_id FROM case_links WHERE tenant_id = :tenant AND case_id = :case
        UNION ALL SELECT * FROM (SELECT 'vehicle', customer_id, asset_id FROM asset_keys
          WHERE tenant_id = :tenant AND kind = 'plate' AND key = :plate ORDER BY asset_id LIMIT 10) AS vehicles
        UNION ALL SELECT * FROM (SELECT 'unit', customer_id, asset_id FROM asset_keys
          WHERE tenant_id = :tenant AND kind = 'unit' AND key = :unit ORDER BY asset_id LIMIT 10) AS units
        UNION ALL SELECT * FROM (SELECT DISTINCT 'phone', customer_id, CAST(NULL AS uuid) FROM contacts
          WHERE tenant_id = :tenant AND kind = 'phone' AND value = :phone ORDER BY customer_id LIMIT 5) AS phones
        """
    )
    .bindparams(bindparam("tenant", type_=Uuid), bindparam("case", type_=Uuid))
    .columns(by=String, customer_id=Uuid, asset_id=Uuid)
)
"""Whether the case is known, and who holds what was told: one round trip, because every complaint pays for it."""


def record(tx: Transaction, data: Mapping[str, Any], event: str) -> None:
    """Keep a complaint's event on its customer's timeline, or until its customer is known."""
    case_id = UUID(str(data["complaint_id"]))
    key = {"case_id": case_id}
    entry = {
        "id": new_id(), "at": datetime.fromisoformat(data["at"]), "service": "complaints", "event": event,
        "subject_kind": "complaint", "subject_id": case_id, "subject_number": data["number"],
        "customer_id": Fetched(CaseLink, "customer_id", key), "asset_id": Fetched(CaseLink, "asset_id", key),
        "data": {name: data[name] for name in SHOWN_FACTS if data.get(name) is not None},
    }  # fmt: skip
    tx.later.insert(TimelineEntry, [entry])


def match(tx: Transaction, data: Mapping[str, Any]) -> None:
    """Find whose complaint it is by what the complainant told; tell the complaints service when found."""
    schema = schema_of(ComplainantNamed)
    assert schema is not None
    told = schema.load(data)
    link = CaseLink(
        tenant_id=tx.tenant_id, case_id=told["complaint_id"],
        plate_key=_key(keys.plate_key, told.get("vehicle_plate")), unit_key=_key(keys.unit_key, told.get("unit_no")),
    )  # fmt: skip
    held = _held(tx, link, _phone(told.get("phone")))
    is_new = "case" not in held
    if not is_new:
        link = tx.session.merge(link)
    found = _find(tx, held, told.get("customer_id"))
    if found is not None:
        _attach(tx, link, found)
    if is_new:
        tx.later.insert_object(link)


def forget(tx: Transaction, data: Mapping[str, Any]) -> None:
    """The case's file was destroyed: nothing of it stays here, nor whose it was (DC-6)."""
    case_id = UUID(str(data["complaint_id"]))
    tx.write()  # what earlier events of the same batch said of it is among what goes out last
    for held in (
        delete(TimelineEntry).where(TimelineEntry.subject_id == case_id),
        delete(CaseLink).where(CaseLink.case_id == case_id),
    ):
        tx.session.execute(held, execution_options={"synchronize_session": False})
    erasure.forget_traces(tx, [str(case_id), data["number"]])


def adopt(tx: Transaction, made: Sequence[tuple[Customer, Asset]]) -> None:
    """Link the complaints that waited for one of these assets."""
    for kind, column, by in (("plate", CaseLink.plate_key, "vehicle"), ("unit", CaseLink.unit_key, "unit")):
        wanted = {
            key: (customer, asset)
            for customer, asset in made
            for key_kind, key in keys.asset_keys(schemas.asset_facts(asset))
            if asset.active and key_kind == kind
        }
        if not wanted:
            continue
        for link in tx.session.scalars(select(CaseLink).where(column.in_(wanted), CaseLink.asset_id.is_(None))):
            customer, asset = wanted[str(getattr(link, column.key))]
            if link.customer_id in (None, customer.id):
                _attach(tx, link, Candidate(customer.id, asset.id, by))


def _held(tx: Transaction, link: CaseLink, phone: str | None) -> dict[str, list[Candidate]]:
    """Candidates by what they were found by."""
    told = {"tenant": tx.tenant_id, "case": link.case_id, "plate": link.plate_key, "unit": link.unit_key}
    found: dict[str, list[Candidate]] = {}
    for row in tx.session.execute(_HELD, {**told, "phone": phone}):
        found.setdefault(row.by, []).append(Candidate(row.customer_id, row.asset_id, row.by))
    return found


def _find(tx: Transaction, held: Mapping[str, list[Candidate]], named: UUID | None) -> Candidate | None:
    """The one customer that fits, or None when there is none or no telling which."""
    holders = [*held.get("vehicle", ()), *held.get("unit", ())]
    if named is not None and tx.session.get(Customer, (tx.tenant_id, named)) is not None:
        own = next((c for c in holders if c.customer_id == named), None)
        return Candidate(named, own.asset_id if own else None, "customer")
    return choose(holders, [caller.customer_id for caller in held.get("phone", ())])


def _phone(told: str | None) -> str | None:
    try:
        return contacts.phone_number(told) if told else None
    except contacts.Unacceptable:
        return None


def _attach(tx: Transaction, link: CaseLink, found: Candidate) -> None:
    """Link the case and what is known of it; say so, unless nothing is new."""
    if (link.customer_id, link.asset_id) == (found.customer_id, found.asset_id):
        return
    link.customer_id, link.asset_id = found.customer_id, found.asset_id
    tx.session.flush()
    tx.session.execute(
        update(TimelineEntry)
        .where(TimelineEntry.tenant_id == tx.tenant_id, TimelineEntry.subject_id == link.case_id)
        .values(customer_id=found.customer_id, asset_id=found.asset_id)
    )
    customer = tx.session.get_one(Customer, (tx.tenant_id, found.customer_id))
    tx.emit(
        CUSTOMER_LINKED, customer.id,
        {"complaint_id": link.case_id, "customer_id": customer.id, "customer_name": customer.name,
         "asset_id": found.asset_id, "grade": customer.grade, "matched_by": found.by},
    )  # fmt: skip


def _key(make: Any, value: str | None) -> str | None:
    return make(value) or None if value else None
