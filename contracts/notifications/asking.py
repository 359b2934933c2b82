"""How another service asks for a message: it declares its own event with the payload `MessageRequest` (and, to take a
scheduled one back, `MessageWithdrawal`) and emits it in the transaction of its business change:

    MESSAGE_REQUESTED = Event(service="complaints", type="complaint.message_requested", aggregate="complaint",
                              payload=MessageRequest, partner=False)
    tx.emit(MESSAGE_REQUESTED, case.id, {"key": "complaint.major_reported", "urgent": True, "recipients": [...], ...})

The asker names *whom* (a role, a staff member, a person outside) and *what* (a template key and its variables), never
the wording nor the provider: those are the tenant's.
"""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from contracts.fields import Flag, Id, Line, Moment, Reply, Slug
from contracts.notifications.common import LANGUAGES, one_of


class Address(Reply):
    """Ways to reach a person outside the company; each may be absent."""

    phone = Line(max=32, allow_none=True)
    email = Line(max=254, allow_none=True)
    push = Line(max=200, allow_none=True, metadata={"description": "Id at the push provider, e.g. a WeChat openid."})


class Recipient(Reply):
    """Whom to tell.

    `role`: its holders in `org_unit_id`, or in the nearest unit above that has one; without `org_unit_id` the tenant's.
    `staff`: the staff member `staff_id`. `person`: somebody outside (complainant, customer) at `address`, by
    `channel` when that is possible, else by the tenant's order.
    """

    kind = fields.String(required=True, validate=one_of("role", "staff", "person"))
    role = Slug(allow_none=True)
    org_unit_id = Id(allow_none=True)
    staff_id = Id(allow_none=True)
    customer_id = Id(allow_none=True)
    address = fields.Nested(Address, allow_none=True)
    channel = fields.String(allow_none=True, metadata={"description": "The person's own channel: sms, email, push."})
    locale = fields.String(allow_none=True, metadata={"description": "zh-CN or en; absent: the tenant's."})

    @validates_schema
    def _names_somebody(self, data: dict[str, Any], **_: Any) -> None:
        needed = {"role": "role", "staff": "staff_id", "person": "address"}.get(data.get("kind", ""))
        if needed and not data.get(needed):
            raise ValidationError({needed: [f"is needed for a recipient of kind {data['kind']}"]})


class Subject(Reply):
    """The record a message is about."""

    kind = Slug(required=True, metadata={"description": "complaint, repair, card, ..."})
    id = Id(required=True)
    number = Line(max=100, allow_none=True)


def _is_variable(value: Any) -> None:
    """A template variable's value: text, number, a moment as RFC 3339 text, money in fen, or a text per language."""
    if isinstance(value, dict):
        money = set(value) == {"amount", "currency"} and isinstance(value["amount"], int)
        label = bool(value) and set(value) <= set(LANGUAGES) and all(isinstance(text, str) for text in value.values())
        if not (money or label):
            raise ValidationError('must be {"amount": <fen>, "currency": "CNY"} or {"zh-CN": ..., "en": ...}')
    elif value is not None and not isinstance(value, str | int | float):
        raise ValidationError("must be text, a number, money or a text per language")
    if any(len(text) > 2000 for text in _texts(value)):
        raise ValidationError("must be at most 2000 characters")


def _texts(value: Any) -> list[str]:
    return [text for text in (value.values() if isinstance(value, dict) else [value]) if isinstance(text, str)]


def variables_field(**kwargs: Any) -> fields.Dict:
    return fields.Dict(keys=Slug(), values=fields.Raw(allow_none=True, validate=_is_variable), **kwargs)


class MessageRequest(Reply):
    """The payload by which any service asks for one message to one or more recipients."""

    key = Slug(required=True, metadata={"description": "Template key, `<service>.<what>`."})
    urgent = Flag(
        load_default=False, metadata={"description": "Passes quiet hours and the frequency cap (AP-2, PC-3)."}
    )
    recipients = fields.List(fields.Nested(Recipient), required=True, validate=validate.Length(1, 1000))
    variables = variables_field(load_default=dict)
    subject = fields.Nested(Subject, allow_none=True, load_default=None)
    not_before = Moment(allow_none=True, load_default=None, metadata={"description": "Not sent earlier (NT-6)."})
    not_after = Moment(
        allow_none=True, load_default=None, metadata={"description": "Pointless later: suppressed then."}
    )
    org_unit_id = Id(
        allow_none=True,
        load_default=None,
        metadata={"description": "The store it is about: others' staff see nothing of it. Absent: the company's."},
    )
    dedupe_key = Line(
        max=200,
        allow_none=True,
        load_default=None,
        metadata={
            "description": "One message per tenant and key: a second request changes nothing. A withdrawal names it."
        },
    )


class MessageWithdrawal(Reply):
    """The payload by which a service takes back what was not sent yet (NT-6: the card died, no birthday message).

    By `dedupe_key`, or everything about the record `subject_id`; one of the two."""

    dedupe_key = Line(max=200, allow_none=True, load_default=None)
    subject_id = Id(allow_none=True, load_default=None)

    @validates_schema
    def _names_something(self, data: dict[str, Any], **_: Any) -> None:
        if not (data.get("dedupe_key") or data.get("subject_id")):
            raise ValidationError("needs dedupe_key or subject_id")
