"""Whose complaint it is, and what happened with it: told by the complaints service, kept on the customer's timeline.

A complaint that names a vehicle or unit not yet on file waits; it is linked when the asset is put on file (AD-2).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from chassis.ids import new_id
from chassis.work import Transaction
from contracts.complaints.events import ComplainantNamed
from contracts.core import schema_of
from contracts.customers import CUSTOMER_LINKED
from services.customers import schemas
from services.customers.domain import contacts, keys
from services.customers.domain.matching import Candidate, choose
from services.customers.models import Asset, AssetKey, CaseLink, Customer, TimelineEntry
from services.customers.usecases.duplicates import holders_of_phone

SHOWN_FACTS = (
    "channel", "category", "level", "validity", "stage", "state", "action", "from_stage", "before", "kind", "verdict",
    "deadline", "period", "outcome", "satisfaction", "satisfied", "times", "sheet_number", "nature", "sheet_state",
    "amount",
)  # fmt: skip
"""Of an event's facts those a reader of the timeline sees; free text stays where it was written."""


def record(tx: Transaction, data: Mapping[str, Any], event: str) -> None:
    """Keep a complaint's event on its customer's timeline, or until its customer is known."""
    case_id = UUID(str(data["complaint_id"]))
    link = tx.session.get(CaseLink, (tx.tenant_id, case_id))
    entry = TimelineEntry(
        tenant_id=tx.tenant_id, id=new_id(), at=datetime.fromisoformat(data["at"]), service="complaints", event=event,
        subject_kind="complaint", subject_id=case_id, subject_number=data["number"],
        customer_id=link.customer_id if link else None, asset_id=link.asset_id if link else None,
        data={name: data[name] for name in SHOWN_FACTS if data.get(name) is not None},
    )  # fmt: skip
    tx.session.add(entry)


def match(tx: Transaction, data: Mapping[str, Any]) -> None:
    """Find whose complaint it is by what the complainant told; tell the complaints service when found."""
    schema = schema_of(ComplainantNamed)
    assert schema is not None
    told = schema.load(data)
    link = tx.session.get(CaseLink, (tx.tenant_id, told["complaint_id"]))
    if link is None:
        link = CaseLink(tenant_id=tx.tenant_id, case_id=told["complaint_id"])
        tx.session.add(link)
    link.plate_key = _key(keys.plate_key, told.get("vehicle_plate"))
    link.unit_key = _key(keys.unit_key, told.get("unit_no"))
    found = _find(tx, link, told)
    if found is not None:
        _attach(tx, link, found)


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


def _find(tx: Transaction, link: CaseLink, told: Mapping[str, Any]) -> Candidate | None:
    """The one customer that fits, or None when there is none or no telling which."""
    named = told.get("customer_id")
    holders = _holders(tx, link)
    if named is not None and tx.session.get(Customer, (tx.tenant_id, named)) is not None:
        own = next((c for c in holders if c.customer_id == named), None)
        return Candidate(named, own.asset_id if own else None, "customer")
    return choose(holders, _holders_of_phone(tx, told.get("phone")))


def _holders(tx: Transaction, link: CaseLink) -> list[Candidate]:
    """Customers with the vehicle, then those with the unit."""
    found = []
    for kind, key, by in (("plate", link.plate_key, "vehicle"), ("unit", link.unit_key, "unit")):
        if key:
            held = select(AssetKey.customer_id, AssetKey.asset_id).where(AssetKey.kind == kind, AssetKey.key == key)
            rows = tx.session.execute(held.order_by(AssetKey.asset_id).limit(10))
            found += [Candidate(row.customer_id, row.asset_id, by) for row in rows]
    return found


def _holders_of_phone(tx: Transaction, phone: str | None) -> list[UUID]:
    try:
        return holders_of_phone(tx, contacts.phone_number(phone)) if phone else []
    except contacts.Unacceptable:
        return []


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
         "asset_id": found.asset_id, "matched_by": found.by},
    )  # fmt: skip


def _key(make: Any, value: str | None) -> str | None:
    return make(value) or None if value else None
