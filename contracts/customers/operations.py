"""The calls of the customers service."""

from __future__ import annotations

from marshmallow import fields

from contracts.core import Audience, Operation
from contracts.customers.assets import Asset, AssetChange, AssetInput
from contracts.customers.common import (
    ALREADY_MEMBER,
    EXTERNAL_REF_TAKEN,
    HOUSEHOLD_EXISTS,
    NO_SETTLEMENT_TERMS,
    NOT_A_HOUSEHOLD,
    POSSIBLE_DUPLICATE,
    SERVICE,
    UNREADABLE_FILE,
)
from contracts.customers.files import (
    Contact,
    ContactInput,
    CreateQuery,
    Customer,
    CustomerChange,
    CustomerCreated,
    CustomerDetail,
    CustomerInput,
    CustomerQuery,
    Member,
    MemberInput,
    TimelineEntry,
    Unmasked,
    UnmaskInput,
)
from contracts.customers.imports import Import, ImportQuery, RowError
from contracts.customers.settlements import Settlement, SettlementInput
from contracts.fields import Body, Id, Line, PageQuery, Reply, page_of
from contracts.problems import NOT_FOUND, OUT_OF_SCOPE, STALE


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
    """Who fits, at most ten."""

    matches = fields.List(fields.Nested(Match), required=True)


_ONE = "/v1/customers/{customer_id}"

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
SEARCH_CUSTOMERS = Operation(
    service=SERVICE,
    name="search_customers",
    summary="Search customers without putting personal data into an address",
    verb="POST",
    path="/v1/customers/search",
    body=CustomerQuery,
    reply=page_of(Customer),
    permission="customers.read",
    reads=True,
    description="As `GET /v1/customers`, with the same filters in the body: proxies and browsers keep addresses.",
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
    errors=(NOT_FOUND,),
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
    errors=(NOT_FOUND, OUT_OF_SCOPE, STALE, EXTERNAL_REF_TAKEN),
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
    errors=(NOT_FOUND,),
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
    errors=(NOT_FOUND,),
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
    errors=(NOT_FOUND,),
)
REMOVE_CONTACT = Operation(
    service=SERVICE,
    name="remove_contact",
    summary="Remove a contact",
    verb="DELETE",
    path=f"{_ONE}/contacts/{{contact_id}}",
    success=204,
    permission="customers.write",
    errors=(NOT_FOUND,),
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
    errors=(NOT_FOUND,),
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
    errors=(NOT_FOUND, HOUSEHOLD_EXISTS),
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
    errors=(NOT_FOUND, STALE, HOUSEHOLD_EXISTS),
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
    errors=(NOT_FOUND,),
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
    errors=(NOT_FOUND, NOT_A_HOUSEHOLD, ALREADY_MEMBER),
)
REMOVE_MEMBER = Operation(
    service=SERVICE,
    name="remove_member",
    summary="Take a person out of a household",
    verb="DELETE",
    path=f"{_ONE}/members/{{member_id}}",
    success=204,
    permission="customers.write",
    errors=(NOT_FOUND,),
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
    errors=(NOT_FOUND,),
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
QUOTE_SETTLEMENT = Operation(
    service=SERVICE,
    name="quote_settlement",
    summary="Work out what a terminated contract comes to",
    verb="POST",
    path="/v1/contract-settlements",
    body=SettlementInput,
    reply=Settlement,
    permission="customers.read",
    errors=(NO_SETTLEMENT_TERMS,),
    description="By the terms of the company's customers policy. Nothing is kept or booked.",
)
LOOKUP = Operation(
    service=SERVICE,
    name="lookup",
    summary="Find customers by phone, plate or unit",
    audience=Audience.INTERNAL,
    body=LookupInput,
    reply=LookupReply,
)

OPERATIONS = (
    CREATE_CUSTOMER,
    LIST_CUSTOMERS,
    SEARCH_CUSTOMERS,
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
    QUOTE_SETTLEMENT,
    LOOKUP,
)
