"""What the customers service tells the others. Personal data stays at home: a phone is told masked (PL-11)."""

from __future__ import annotations

from marshmallow import fields

from contracts.core import Event
from contracts.customers.common import SERVICE, one_of
from contracts.fields import Id, Reply, Whole


class CustomerFacts(Reply):
    customer_id = Id(required=True)
    version = Whole(required=True)
    kind = fields.String(required=True)
    name = fields.String(required=True)
    org_unit_id = Id(allow_none=True)
    phone_masked = fields.String(allow_none=True)
    grade = fields.String(allow_none=True)


class CustomerUpdate(CustomerFacts):
    changed = fields.List(fields.String(), required=True, metadata={"description": "Names of the changed fields."})


class AssetFacts(Reply):
    asset_id = Id(required=True)
    customer_id = Id(required=True)
    kind = fields.String(required=True)
    label = fields.String(required=True)
    plate = fields.String(allow_none=True)
    vin = fields.String(allow_none=True)
    project = fields.String(allow_none=True)
    building = fields.String(allow_none=True)
    unit = fields.String(allow_none=True)
    contract_no = fields.String(allow_none=True)
    lot = fields.String(allow_none=True)
    order_no = fields.String(allow_none=True)
    active = fields.Boolean(required=True)


class MemberFacts(Reply):
    household_id = Id(required=True)
    member_id = Id(required=True)
    relation = fields.String(required=True)


class LinkFacts(Reply):
    complaint_id = Id(required=True)
    customer_id = Id(required=True)
    customer_name = fields.String(required=True)
    asset_id = Id(allow_none=True)
    grade = fields.String(allow_none=True, metadata={"description": "The customer's."})
    matched_by = one_of(("customer", "vehicle", "unit", "phone"), required=True)


class ImportFacts(Reply):
    import_id = Id(required=True)
    kind = fields.String(required=True)
    state = fields.String(required=True)
    rows_created = Whole(required=True)
    rows_updated = Whole(required=True)
    rows_bad = Whole(required=True)


def _event(type_: str, payload: type[Reply], summary: str) -> Event:
    return Event(service=SERVICE, type=type_, aggregate=type_.split(".", 1)[0], payload=payload, summary=summary)


CUSTOMER_CREATED = _event("customer.created", CustomerFacts, "A customer was put on file.")
CUSTOMER_UPDATED = _event("customer.updated", CustomerUpdate, "A customer's data changed.")
CUSTOMER_LINKED = _event(
    "customer.linked", LinkFacts, "A complaint was matched with a customer or with an asset of theirs (AD-2)."
)
ASSET_ADDED = _event("asset.added", AssetFacts, "A customer got an asset.")
ASSET_CHANGED = _event("asset.changed", AssetFacts, "An asset's data changed, or it is no longer the customer's.")
MEMBER_ADDED = _event("household.member_added", MemberFacts, "A person joined a household.")
MEMBER_REMOVED = _event("household.member_removed", MemberFacts, "A person left a household.")
IMPORT_FINISHED = _event("import.finished", ImportFacts, "An import ended.")

EVENTS = (
    CUSTOMER_CREATED,
    CUSTOMER_UPDATED,
    CUSTOMER_LINKED,
    ASSET_ADDED,
    ASSET_CHANGED,
    MEMBER_ADDED,
    MEMBER_REMOVED,
    IMPORT_FINISHED,
)
