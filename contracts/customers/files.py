"""A customer's file: person, contacts, household, history. Personal fields are answered masked."""

from __future__ import annotations

from marshmallow import fields, validate

from contracts.customers.assets import Asset, AssetInput
from contracts.customers.common import CONTACT_KINDS, CUSTOMER_KINDS, DUPLICATE_REASONS, PERSONAL_FIELDS, date, one_of
from contracts.fields import Body, Flag, Id, Line, Moment, PageQuery, Reply, Text


class ContactInput(Body):
    """A way to reach the customer. The first of its kind becomes the primary one by itself."""

    kind = one_of(CONTACT_KINDS, required=True)
    value = Line(required=True, max=300)
    label = Line(max=50, metadata={"description": "For instance `office` or the contact person's name."})
    primary = Flag(load_default=False)


class Contact(Reply):
    """A contact as answered: the value is masked."""

    id = Id(required=True)
    kind = one_of(CONTACT_KINDS, required=True)
    value = fields.String(required=True, metadata={"description": "Masked."})
    label = fields.String(required=True)
    primary = fields.Boolean(required=True)


class CustomerInput(Body):
    """A new customer, with primary contacts and assets in one call."""

    kind = one_of(CUSTOMER_KINDS, load_default="person")
    name = Line(required=True, max=100)
    external_ref = Line(max=64, min=1, metadata={"description": "Your own system's key; unique in your company."})
    org_unit_id = Id()
    phone = Line(max=40)
    email = Line(max=254)
    wechat = Line(max=64)
    address = Line(max=300)
    id_number = Line(max=40)
    birthday = date()
    grade = Line(max=10, min=1, metadata={"description": "A, B, C, ...: whose complaints come first, by the policy."})
    note = Text(max=2000)
    assets = fields.List(fields.Nested(AssetInput), load_default=list, validate=validate.Length(max=20))


class CreateQuery(Body):
    """What to do when the customer seems to be on file already."""

    on_duplicate = one_of(("warn", "refuse"), load_default="warn")


class CustomerChange(Body):
    """New values; what is left out stays, null clears."""

    name = Line(max=100, min=1)
    external_ref = Line(max=64, min=1, allow_none=True)
    org_unit_id = Id(allow_none=True)
    phone = Line(max=40, min=1, allow_none=True)
    email = Line(max=254, min=1, allow_none=True)
    wechat = Line(max=64, min=1, allow_none=True)
    address = Line(max=300, min=1, allow_none=True)
    id_number = Line(max=40, min=1, allow_none=True)
    birthday = date(allow_none=True)
    grade = Line(max=10, min=1, allow_none=True)
    note = Text(max=2000)


class Customer(Reply):
    """A customer as answered: personal fields are masked."""

    id = Id(required=True)
    kind = one_of(CUSTOMER_KINDS, required=True)
    name = fields.String(required=True)
    external_ref = fields.String(allow_none=True)
    org_unit_id = Id(allow_none=True)
    household_id = Id(allow_none=True, metadata={"description": "The household this person is a member of."})
    phone = fields.String(allow_none=True, metadata={"description": "Primary phone, masked."})
    email = fields.String(allow_none=True, metadata={"description": "Masked."})
    wechat = fields.String(allow_none=True, metadata={"description": "Masked."})
    address = fields.String(allow_none=True, metadata={"description": "Masked."})
    id_number = fields.String(allow_none=True, metadata={"description": "Masked."})
    birthday = fields.String(allow_none=True, metadata={"description": "Masked: the year only."})
    grade = fields.String(allow_none=True)
    note = fields.String(required=True)
    version = fields.Integer(required=True)
    created_at = Moment(required=True)
    updated_at = Moment(required=True)


class DuplicateWarning(Reply):
    """A customer on file that may be the same."""

    code = fields.String(required=True)
    customer_id = Id(required=True)
    why = one_of(DUPLICATE_REASONS, required=True)


class CustomerCreated(Customer):
    """The new customer, its assets, and who may be the same."""

    assets = fields.List(fields.Nested(Asset), required=True)
    warnings = fields.List(fields.Nested(DuplicateWarning), required=True)


class CustomerDetail(Customer):
    """The customer with contacts and assets."""

    contacts = fields.List(fields.Nested(Contact), required=True)
    assets = fields.List(fields.Nested(Asset), required=True)


class CustomerQuery(PageQuery):
    """Filters of the list; all given ones must hold."""

    q = Line(max=100, metadata={"description": "Words of the name; two Chinese characters are enough."})
    phone = Line(max=40, metadata={"description": "A whole phone number, or its last four digits."})
    plate = Line(max=20)
    unit = Line(max=200, metadata={"description": "Unit number, alone or after project and building."})
    kind = one_of(CUSTOMER_KINDS)
    grade = Line(max=10, min=1)
    org_unit_id = Id()


class UnmaskInput(Body):
    """Which personal fields, and why; both are kept in the audit record."""

    reason = Line(required=True, min=2, max=300)
    fields_ = fields.List(
        one_of((*PERSONAL_FIELDS, "contacts")),
        required=True,
        validate=validate.Length(1, 7),
        data_key="fields",
        attribute="fields",
    )


class Unmasked(Reply):
    """The asked fields in clear."""

    customer_id = Id(required=True)
    values = fields.Dict(keys=fields.String(), required=True)


class MemberInput(Body):
    """A person who joins the household."""

    member_id = Id(required=True)
    relation = Line(max=50, load_default="", metadata={"description": "For instance owner, spouse, tenant."})


class Member(Reply):
    """A member of a household."""

    member_id = Id(required=True)
    name = fields.String(required=True)
    relation = fields.String(required=True)
    since = Moment(required=True)


class TimelineEntry(Reply):
    """One thing that happened with the customer, told by the service it happened in."""

    id = Id(required=True)
    at = Moment(required=True)
    service = fields.String(required=True)
    event = fields.String(required=True, metadata={"description": "Event type, such as complaint.opened."})
    customer_id = Id(required=True, metadata={"description": "The household's member it concerns, or the customer."})
    subject_kind = fields.String(required=True)
    subject_id = Id(required=True)
    subject_number = fields.String(allow_none=True)
    asset_id = Id(allow_none=True)
    data = fields.Dict(required=True, metadata={"description": "Facts of the event, without personal data."})
