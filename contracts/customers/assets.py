"""What a customer owns and a complaint or repair can point to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from contracts.customers.common import ASSET_KINDS, one_of
from contracts.fields import Body, Flag, Id, Line, Moment, Reply


class AssetInput(Body):
    """Something of the customer's that a complaint or repair can point to; `kind` says which fields are needed."""

    kind = one_of(ASSET_KINDS, required=True)
    label = Line(max=200, metadata={"description": "Free name; made from the other fields when left out."})
    plate = Line(max=20, metadata={"description": "Licence plate of a vehicle."})
    vin = Line(max=32, metadata={"description": "Vehicle identification number."})
    model = Line(max=100)
    project = Line(max=100, metadata={"description": "Estate or project a property unit is in."})
    building = Line(max=50)
    unit = Line(max=50, metadata={"description": "Unit number inside the building."})
    contract_no = Line(max=100)
    lot = Line(max=100, metadata={"description": "Production lot."})
    order_no = Line(max=100)

    @validates_schema
    def _identified(self, data: Mapping[str, Any], **_: Any) -> None:
        needed = IDENTIFYING_FIELDS.get(data["kind"], ())
        if needed and not any(data.get(name) for name in needed):
            raise ValidationError({needed[0]: [f"a {data['kind']} needs one of: {', '.join(needed)}"]})


IDENTIFYING_FIELDS: dict[str, tuple[str, ...]] = {
    "vehicle": ("plate", "vin"),
    "property_unit": ("unit",),
    "contract": ("contract_no",),
    "product": ("lot", "order_no"),
}
"""Of these fields at least one is needed for an asset of the kind."""


class AssetChange(Body):
    """New values of an asset's fields; `active: false` when it no longer is the customer's (sold, moved out)."""

    label = Line(max=200, min=1)
    plate = Line(max=20)
    vin = Line(max=32)
    model = Line(max=100)
    project = Line(max=100)
    building = Line(max=50)
    unit = Line(max=50)
    contract_no = Line(max=100)
    lot = Line(max=100)
    order_no = Line(max=100)
    active = Flag()


class Asset(Reply):
    """An asset as answered."""

    id = Id(required=True)
    customer_id = Id(required=True)
    kind = one_of(ASSET_KINDS, required=True)
    label = fields.String(required=True)
    plate = fields.String(allow_none=True)
    vin = fields.String(allow_none=True)
    model = fields.String(allow_none=True)
    project = fields.String(allow_none=True)
    building = fields.String(allow_none=True)
    unit = fields.String(allow_none=True)
    contract_no = fields.String(allow_none=True)
    lot = fields.String(allow_none=True)
    order_no = fields.String(allow_none=True)
    active = fields.Boolean(required=True)
    version = fields.Integer(required=True)
    created_at = Moment(required=True)
