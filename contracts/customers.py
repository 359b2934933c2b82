"""What the customers service promises: who the company's customers are, how to reach them, what they own, and all that
happened with them.

Personal fields (phone, e-mail, WeChat, address, ID number, birthday) are masked in every reply; the one way to see them
is `unmask_customer`, which needs its own permission and a reason and is audited (PL-11).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from contracts.core import Audience, Event, Operation, ServiceContract
from contracts.fields import Body, Flag, Id, Line, Moment, PageQuery, Reply, Text, Whole, page_of
from contracts.problems import NOT_FOUND, OUT_OF_SCOPE, STALE, ProblemType

SERVICE = "customers"

CUSTOMER_KINDS = ("person", "organisation", "household")
CONTACT_KINDS = ("phone", "email", "wechat", "address")
ASSET_KINDS = ("vehicle", "property_unit", "contract", "product")
PERSONAL_FIELDS = ("phone", "email", "wechat", "address", "id_number", "birthday")
IMPORT_KINDS = ("customers",)
IMPORT_MODES = ("dry_run", "all_or_nothing", "good_rows")
IMPORT_STATES = ("queued", "running", "done", "refused")
DUPLICATE_REASONS = ("same_phone", "same_name_and_vehicle", "same_name_and_unit")

POSSIBLE_DUPLICATE = ProblemType(
    "possible_duplicate",
    409,
    "This customer seems to be on file already: {customer_ids}. Use that file, or send again without on_duplicate=refuse.",
    "该客户可能已建档:{customer_ids}。请使用已有档案;确需新建时请去掉 on_duplicate=refuse 后重新提交。",
)
EXTERNAL_REF_TAKEN = ProblemType(
    "external_ref_taken",
    409,
    "external_ref {external_ref} belongs to customer {customer_id}. Change that customer, or send another reference.",
    "外部编号 {external_ref} 已属于客户 {customer_id}。请修改该客户,或使用其他编号。",
)
HOUSEHOLD_EXISTS = ProblemType(
    "household_file_exists",
    409,
    "One household, one file: this unit's household is customer {customer_id}. Add the persons there as members.",
    "一户一档:该房屋的住户档案为客户 {customer_id},请将人员加入该档案。",
)
NOT_A_HOUSEHOLD = ProblemType(
    "not_a_household",
    422,
    "Members belong to a household and are persons. Create a customer of kind household and add persons to it.",
    "只有“住户”类客户可以添加成员,且成员须为个人。请先建立住户档案,再添加个人客户。",
)
ALREADY_MEMBER = ProblemType(
    "already_in_household",
    409,
    "This person belongs to household {household_id}. Remove them there first: a person is in one household only.",
    "此人已属于住户 {household_id}。一人只能属于一户,请先从原住户移出。",
)
UNREADABLE_FILE = ProblemType(
    "unreadable_file",
    422,
    "The file cannot be read ({reason}). Send CSV (UTF-8 or GB18030) or XLSX with one header row, up to {max_mb} MB and {max_rows} rows.",
    "文件无法读取({reason})。请提供首行为表头的 CSV(UTF-8 或 GB18030)或 XLSX,不超过 {max_mb} MB、{max_rows} 行。",
)


def _kind(values: tuple[str, ...], **kwargs: Any) -> fields.String:
    return fields.String(validate=validate.OneOf(values, error="must be one of: {choices}"), **kwargs)


def _date(**kwargs: Any) -> fields.Date:
    return fields.Date(error_messages={"invalid": "must be a date that exists, such as 1985-04-30"}, **kwargs)


# -- assets ---------------------------------------------------------------------------------------------------------------


class AssetInput(Body):
    """Something of the customer's that a complaint or repair can point to. Which fields are needed depends on `kind`."""

    kind = _kind(ASSET_KINDS, required=True)
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
    def _identified(self, data: Mapping[str, Any], **kwargs: Any) -> None:
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
    kind = _kind(ASSET_KINDS, required=True)
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


# -- contacts -------------------------------------------------------------------------------------------------------------


class ContactInput(Body):
    """A way to reach the customer. The first of its kind becomes the primary one by itself."""

    kind = _kind(CONTACT_KINDS, required=True)
    value = Line(required=True, max=300)
    label = Line(max=50, metadata={"description": "For instance `office` or the contact person's name."})
    primary = Flag(load_default=False)


class Contact(Reply):
    """A contact as answered: the value is masked."""

    id = Id(required=True)
    kind = _kind(CONTACT_KINDS, required=True)
    value = fields.String(required=True, metadata={"description": "Masked."})
    label = fields.String(required=True)
    primary = fields.Boolean(required=True)


# -- customers ------------------------------------------------------------------------------------------------------------


class CustomerInput(Body):
    """A new customer, with primary contacts and assets in one call."""

    kind = _kind(CUSTOMER_KINDS, load_default="person")
    name = Line(required=True, max=100)
    external_ref = Line(max=64, min=1, metadata={"description": "Your own system's key; unique in your company."})
    org_unit_id = Id()
    phone = Line(max=40)
    email = Line(max=254)
    wechat = Line(max=64)
    address = Line(max=300)
    id_number = Line(max=40)
    birthday = _date()
    note = Text(max=2000)
    assets = fields.List(fields.Nested(AssetInput), load_default=list, validate=validate.Length(max=20))


class CreateQuery(Body):
    """What to do when the customer seems to be on file already."""

    on_duplicate = _kind(("warn", "refuse"), load_default="warn")


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
    birthday = _date(allow_none=True)
    note = Text(max=2000)


class Customer(Reply):
    """A customer as answered: personal fields are masked."""

    id = Id(required=True)
    kind = _kind(CUSTOMER_KINDS, required=True)
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
    note = fields.String(required=True)
    version = fields.Integer(required=True)
    created_at = Moment(required=True)
    updated_at = Moment(required=True)


class DuplicateWarning(Reply):
    """A customer on file that may be the same."""

    code = fields.String(required=True)
    customer_id = Id(required=True)
    why = _kind(DUPLICATE_REASONS, required=True)


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
    kind = _kind(CUSTOMER_KINDS)
    org_unit_id = Id()


class UnmaskInput(Body):
    """Which personal fields, and why; both are kept in the audit record."""

    reason = Line(required=True, min=2, max=300)
    fields_ = fields.List(
        _kind((*PERSONAL_FIELDS, "contacts")),
        required=True,
        validate=validate.Length(1, 7),
        data_key="fields",
        attribute="fields",
    )


class Unmasked(Reply):
    """The asked fields in clear."""

    customer_id = Id(required=True)
    values = fields.Dict(keys=fields.String(), required=True)


# -- households -----------------------------------------------------------------------------------------------------------


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


# -- timeline -------------------------------------------------------------------------------------------------------------


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


# -- imports --------------------------------------------------------------------------------------------------------------


class ImportQuery(Body):
    """What the file holds and what to do with it."""

    kind = _kind(IMPORT_KINDS, required=True)
    mode = _kind(
        IMPORT_MODES,
        load_default="dry_run",
        metadata={
            "description": "dry_run stores nothing; all_or_nothing stores all rows or none; good_rows skips bad ones."
        },
    )


class RowError(Reply):
    """One unacceptable cell, or row when `column` is empty."""

    row = fields.Integer(required=True, metadata={"description": "Line of the sheet, the header being 1."})
    column = fields.String(required=True, metadata={"description": "As the file's header writes it."})
    code = fields.String(required=True)
    message = fields.String(required=True, metadata={"description": "In the language of who reads it."})


class Import(Reply):
    """An import and how far it is; `errors` holds the first hundred, the rest are at …/errors."""

    id = Id(required=True)
    kind = _kind(IMPORT_KINDS, required=True)
    mode = _kind(IMPORT_MODES, required=True)
    filename = fields.String(required=True)
    sha256 = fields.String(required=True)
    state = _kind(IMPORT_STATES, required=True)
    rows_total = fields.Integer(required=True)
    rows_done = fields.Integer(required=True)
    rows_created = fields.Integer(required=True)
    rows_updated = fields.Integer(required=True)
    rows_unchanged = fields.Integer(required=True)
    rows_bad = fields.Integer(required=True)
    errors = fields.List(fields.Nested(RowError), required=True)
    created_at = Moment(required=True)
    finished_at = Moment(allow_none=True)


# -- for other services ---------------------------------------------------------------------------------------------------


class LookupInput(Body):
    """Any of the three; what is given narrows the answer."""

    phone = Line(max=40)
    plate = Line(max=20)
    unit = Line(max=200)


class Match(Reply):
    """A customer that fits a lookup, with the asset it was found by."""

    customer_id = Id(required=True)
    asset_id = Id(allow_none=True)
    name = fields.String(required=True)


class LookupReply(Reply):
    matches = fields.List(fields.Nested(Match), required=True, metadata={"description": "At most ten."})


# -- events ---------------------------------------------------------------------------------------------------------------


class CustomerFacts(Reply):
    customer_id = Id(required=True)
    version = Whole(required=True)
    kind = fields.String(required=True)
    name = fields.String(required=True)
    org_unit_id = Id(allow_none=True)
    phone_masked = fields.String(allow_none=True)


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
    matched_by = _kind(("customer", "vehicle", "unit"), required=True)


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

# -- operations -----------------------------------------------------------------------------------------------------------

_ONE = "/v1/customers/{customer_id}"
_SCOPED = (NOT_FOUND, OUT_OF_SCOPE)

CREATE_CUSTOMER = Operation(
    service=SERVICE,
    name="create_customer",
    summary="Put a customer on file",
    verb="POST",
    path="/v1/customers",
    query=CreateQuery,
    body=CustomerInput,
    reply=CustomerCreated,
    success=201,
    permission="customers.write",
    versioned=True,
    errors=(OUT_OF_SCOPE, POSSIBLE_DUPLICATE, EXTERNAL_REF_TAKEN, HOUSEHOLD_EXISTS),
    description="Nothing is refused for looking like somebody on file, unless `on_duplicate=refuse`: see `warnings`.",
)
LIST_CUSTOMERS = Operation(
    service=SERVICE,
    name="list_customers",
    summary="Search customers",
    verb="GET",
    path="/v1/customers",
    query=CustomerQuery,
    reply=page_of(Customer),
    permission="customers.read",
)
GET_CUSTOMER = Operation(
    service=SERVICE,
    name="get_customer",
    summary="Read a customer",
    verb="GET",
    path=_ONE,
    reply=CustomerDetail,
    permission="customers.read",
    versioned=True,
    errors=_SCOPED,
)
UPDATE_CUSTOMER = Operation(
    service=SERVICE,
    name="update_customer",
    summary="Change a customer",
    verb="PATCH",
    path=_ONE,
    body=CustomerChange,
    reply=CustomerDetail,
    permission="customers.write",
    versioned=True,
    errors=(*_SCOPED, STALE, EXTERNAL_REF_TAKEN),
)
UNMASK_CUSTOMER = Operation(
    service=SERVICE,
    name="unmask_customer",
    summary="See personal fields in clear",
    verb="POST",
    path=f"{_ONE}/unmask",
    body=UnmaskInput,
    reply=Unmasked,
    permission="customers.unmask",
    errors=_SCOPED,
    description="Each use is recorded with the reason: who, when, from where, which fields.",
)
LIST_CONTACTS = Operation(
    service=SERVICE,
    name="list_contacts",
    summary="List a customer's contacts",
    verb="GET",
    path=f"{_ONE}/contacts",
    query=PageQuery,
    reply=page_of(Contact),
    permission="customers.read",
    errors=_SCOPED,
)
ADD_CONTACT = Operation(
    service=SERVICE,
    name="add_contact",
    summary="Add a contact",
    verb="POST",
    path=f"{_ONE}/contacts",
    body=ContactInput,
    reply=Contact,
    success=201,
    permission="customers.write",
    errors=_SCOPED,
)
REMOVE_CONTACT = Operation(
    service=SERVICE,
    name="remove_contact",
    summary="Remove a contact",
    verb="DELETE",
    path=f"{_ONE}/contacts/{{contact_id}}",
    success=204,
    permission="customers.write",
    errors=_SCOPED,
)
LIST_ASSETS = Operation(
    service=SERVICE,
    name="list_assets",
    summary="List a customer's assets",
    verb="GET",
    path=f"{_ONE}/assets",
    query=PageQuery,
    reply=page_of(Asset),
    permission="customers.read",
    errors=_SCOPED,
)
ADD_ASSET = Operation(
    service=SERVICE,
    name="add_asset",
    summary="Add an asset",
    verb="POST",
    path=f"{_ONE}/assets",
    body=AssetInput,
    reply=Asset,
    success=201,
    permission="customers.write",
    errors=(*_SCOPED, HOUSEHOLD_EXISTS),
)
UPDATE_ASSET = Operation(
    service=SERVICE,
    name="update_asset",
    summary="Change an asset or end it",
    verb="PATCH",
    path=f"{_ONE}/assets/{{asset_id}}",
    body=AssetChange,
    reply=Asset,
    versioned=True,
    permission="customers.write",
    errors=(*_SCOPED, STALE, HOUSEHOLD_EXISTS),
)
LIST_MEMBERS = Operation(
    service=SERVICE,
    name="list_members",
    summary="List a household's members",
    verb="GET",
    path=f"{_ONE}/members",
    query=PageQuery,
    reply=page_of(Member),
    permission="customers.read",
    errors=_SCOPED,
)
ADD_MEMBER = Operation(
    service=SERVICE,
    name="add_member",
    summary="Add a person to a household",
    verb="POST",
    path=f"{_ONE}/members",
    body=MemberInput,
    reply=Member,
    success=201,
    permission="customers.write",
    errors=(*_SCOPED, NOT_A_HOUSEHOLD, ALREADY_MEMBER),
)
REMOVE_MEMBER = Operation(
    service=SERVICE,
    name="remove_member",
    summary="Take a person out of a household",
    verb="DELETE",
    path=f"{_ONE}/members/{{member_id}}",
    success=204,
    permission="customers.write",
    errors=_SCOPED,
)
GET_TIMELINE = Operation(
    service=SERVICE,
    name="get_timeline",
    summary="Everything that happened with a customer, newest first",
    verb="GET",
    path=f"{_ONE}/timeline",
    query=PageQuery,
    reply=page_of(TimelineEntry),
    permission="customers.read",
    errors=_SCOPED,
    description="A household's timeline includes its members' (RF-13).",
)
CREATE_IMPORT = Operation(
    service=SERVICE,
    name="create_import",
    summary="Import customers from CSV or XLSX",
    verb="POST",
    path="/v1/imports",
    query=ImportQuery,
    reply=Import,
    success=202,
    upload=True,
    permission="customers.import",
    errors=(UNREADABLE_FILE,),
    description="Answers at once; follow it at /v1/imports/{id}. The same file sent again changes nothing.",
)
LIST_IMPORTS = Operation(
    service=SERVICE,
    name="list_imports",
    summary="List imports, newest first",
    verb="GET",
    path="/v1/imports",
    query=PageQuery,
    reply=page_of(Import),
    permission="customers.import",
)
GET_IMPORT = Operation(
    service=SERVICE,
    name="get_import",
    summary="Read an import and its row errors",
    verb="GET",
    path="/v1/imports/{import_id}",
    reply=Import,
    permission="customers.import",
    errors=(NOT_FOUND,),
)
LIST_IMPORT_ERRORS = Operation(
    service=SERVICE,
    name="list_import_errors",
    summary="Every bad row of an import",
    verb="GET",
    path="/v1/imports/{import_id}/errors",
    query=PageQuery,
    reply=page_of(RowError),
    permission="customers.import",
    errors=(NOT_FOUND,),
)
LOOKUP = Operation(
    service=SERVICE,
    name="lookup",
    summary="Find customers by phone, plate or unit",
    audience=Audience.INTERNAL,
    body=LookupInput,
    reply=LookupReply,
)

CONTRACT = ServiceContract(
    name=SERVICE,
    title="Customers",
    operations=(
        CREATE_CUSTOMER,
        LIST_CUSTOMERS,
        GET_CUSTOMER,
        UPDATE_CUSTOMER,
        UNMASK_CUSTOMER,
        LIST_CONTACTS,
        ADD_CONTACT,
        REMOVE_CONTACT,
        LIST_ASSETS,
        ADD_ASSET,
        UPDATE_ASSET,
        LIST_MEMBERS,
        ADD_MEMBER,
        REMOVE_MEMBER,
        GET_TIMELINE,
        CREATE_IMPORT,
        LIST_IMPORTS,
        GET_IMPORT,
        LIST_IMPORT_ERRORS,
        LOOKUP,
    ),
    events=(
        CUSTOMER_CREATED,
        CUSTOMER_UPDATED,
        CUSTOMER_LINKED,
        ASSET_ADDED,
        ASSET_CHANGED,
        MEMBER_ADDED,
        MEMBER_REMOVED,
        IMPORT_FINISHED,
    ),
    permissions={
        "customers.read": "Search and read customers, personal fields masked.",
        "customers.write": "Create and change customers, contacts, assets and households.",
        "customers.unmask": "See personal fields in clear, with a reason, on the record.",
        "customers.import": "Import customers from files.",
    },
)
