"""What is owed when a customer's contract is terminated before it is carried out (SPEC DC-7 ... DC-13)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from contracts.customers.common import one_of
from contracts.fields import Body, MoneyField, Reply

PROGRESSES = ("not_begun", "materials_on_site", "under_way")
FAULTS = ("customer", "company", "crew")
STEPS = (
    "offer_change", "mediate", "sign_agreement", "collect_difference", "take_back_papers", "refund", "terminate",
)  # fmt: skip


class WorksInput(Body):
    """The value of what was completed up to standard. With only materials on site: their value."""

    labour = MoneyField()
    material = MoneyField()
    management = MoneyField(metadata={"description": "The company's management fee."})


class SettlementInput(Body):
    """A contract that is to be terminated. Amounts in fen."""

    contract_amount = MoneyField(required=True)
    paid = MoneyField(required=True)
    measuring_fee = MoneyField(required=True)
    progress = one_of(PROGRESSES, required=True)
    fault = one_of(FAULTS, required=True, metadata={"description": "customer: no fault of ours."})
    works = fields.Nested(WorksInput, metadata={"description": "Needed unless nothing has begun."})

    @validates_schema
    def _works(self, data: Mapping[str, Any], **_: Any) -> None:
        progress, works = data.get("progress"), data.get("works")
        if progress == "not_begun" and works:
            raise ValidationError({"works": ["nothing has begun, so there is none; leave it out"]})
        if progress in {"materials_on_site", "under_way"} and not works:
            raise ValidationError({"works": ["is required: the value of materials and work"]})
        if progress == "materials_on_site" and set(works or ()) - {"material"}:
            raise ValidationError({"works": ["only materials are on site; leave labour and management out"]})


class SettlementItem(Reply):
    """Something the customer owes."""

    key = one_of(("works", "breach", "management", "measuring"), required=True)
    amount = MoneyField(required=True)


class Settlement(Reply):
    """Who pays whom how much; each item is rounded half-up to the fen before they are added."""

    clause = fields.String(required=True, metadata={"description": "The rule it falls under."})
    items = fields.List(fields.Nested(SettlementItem), required=True)
    owed = MoneyField(required=True)
    refund = MoneyField(required=True, metadata={"description": "To the customer."})
    to_pay = MoneyField(required=True, metadata={"description": "By the customer, before the papers are taken back."})
    crew_owes = MoneyField(required=True, metadata={"description": "By the crew to the company."})
    steps = fields.List(one_of(STEPS), required=True, metadata={"description": "What is to be done, in this order."})
