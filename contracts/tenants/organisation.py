"""How a company is made up: org units, roles, staff (PL-3, PL-4)."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from contracts.fields import Body, Flag, Id, Labels, Line, Moment, PageQuery, Reply, Slug, Whole, page_of
from contracts.problems import CONFLICT, NOT_FOUND, OUT_OF_SCOPE, STALE
from contracts.tenants.common import Locale, Password, PermissionPattern, distinct, operation
from contracts.tenants.keys import SCOPE_TOO_WIDE
from contracts.tenants.second_factor import POLICIES


class OrgUnitBody(Body):
    code = Slug(required=True)
    name = Line(required=True)
    kind = Slug(required=True, metadata={"description": "What it is in this company: region, site, department, ..."})
    parent_id = Id(load_default=None, allow_none=True, metadata={"description": "null: at the top."})


class OrgUnitChange(Body):
    code = Slug()
    name = Line(min=1)
    kind = Slug()
    parent_id = Id(allow_none=True)
    active = Flag()


class OrgUnitReply(Reply):
    id = Id(required=True)
    code = fields.String(required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True)
    parent_id = Id(allow_none=True)
    path = fields.List(Id(), required=True, metadata={"description": "Ids from the top down to this unit."})
    active = fields.Boolean(required=True)
    version = Whole(required=True)


class OrgUnitQuery(PageQuery):
    under = Id(metadata={"description": "Only this unit and what is below it."})
    kind = Slug()
    active = Flag()


class SecondFactorPolicy(fields.String):
    """Whether the role's holders must have a second factor; those who have none are led to it at their next sign-in."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validate=validate.OneOf(POLICIES, error="must be one of {choices}"), **kwargs)


class RoleBody(Body):
    name = Slug(required=True)
    labels = Labels(required=True)
    permissions = fields.List(PermissionPattern(), required=True, validate=[validate.Length(max=200), distinct])
    second_factor = SecondFactorPolicy(load_default="optional")


class RoleChange(Body):
    labels = Labels()
    permissions = fields.List(PermissionPattern(), validate=[validate.Length(max=200), distinct])
    second_factor = SecondFactorPolicy()


class RoleReply(Reply):
    id = Id(required=True)
    name = fields.String(required=True)
    labels = fields.Dict(required=True)
    permissions = fields.List(fields.String(), required=True)
    second_factor = fields.String(
        required=True, metadata={"description": "Whether its holders must have one: optional or required."}
    )
    from_pack = fields.Boolean(
        required=True, metadata={"description": "Named by a policy pack: it can be changed, not deleted."}
    )
    version = Whole(required=True)


_LIST: dict[str, Any] = {"validate": [validate.Length(max=50), distinct]}


class StaffBody(Body):
    username = Slug(required=True)
    name = Line(required=True)
    password = Password(load_default=None, allow_none=True, metadata={"description": "null: cannot sign in yet."})
    roles = fields.List(Slug(), load_default=list, **_LIST)
    org_unit_ids = fields.List(
        Id(),
        load_default=None,
        allow_none=True,
        metadata={"description": "Units (with all below) the person may act in; null: the whole company."},
        **_LIST,
    )
    email = fields.Email(load_default=None, allow_none=True, validate=validate.Length(max=200))
    phone = Line(load_default=None, allow_none=True, max=32)
    locale = Locale(load_default=None, allow_none=True)


class StaffChange(Body):
    name = Line(min=1)
    roles = fields.List(Slug(), **_LIST)
    org_unit_ids = fields.List(Id(), allow_none=True, **_LIST)
    email = fields.Email(allow_none=True, validate=validate.Length(max=200))
    phone = Line(allow_none=True, max=32)
    locale = Locale(allow_none=True)


class StaffPassword(Body):
    password = Password(required=True)


class StaffReply(Reply):
    id = Id(required=True)
    username = fields.String(required=True)
    name = fields.String(required=True)
    roles = fields.List(fields.String(), required=True)
    org_unit_ids = fields.List(Id(), allow_none=True)
    email = fields.String(allow_none=True)
    phone = fields.String(allow_none=True)
    locale = fields.String(allow_none=True)
    active = fields.Boolean(required=True)
    can_sign_in = fields.Boolean(required=True)
    has_second_factor = fields.Boolean(required=True)
    locked_until = Moment(allow_none=True)
    left_at = Moment(allow_none=True)
    version = Whole(required=True)


class StaffQuery(PageQuery):
    q = Line(max=64, metadata={"description": "Part of the name or user name."})
    role = Slug()
    org_unit_id = Id(metadata={"description": "Assigned to this unit, above it, or to the whole company."})
    active = Flag()


CREATE_ORG_UNIT = operation(
    "create_org_unit",
    "Add an org unit",
    verb="POST",
    path="/v1/org-units",
    body=OrgUnitBody,
    reply=OrgUnitReply,
    success=201,
    permission="tenants.admin",
    errors=(NOT_FOUND, CONFLICT, OUT_OF_SCOPE),
    versioned=True,
)
LIST_ORG_UNITS = operation(
    "list_org_units",
    "The org units, by code",
    verb="GET",
    path="/v1/org-units",
    query=OrgUnitQuery,
    reply=page_of(OrgUnitReply),
    permission="tenants.read",
    errors=(NOT_FOUND,),
)
GET_ORG_UNIT = operation(
    "get_org_unit",
    "One org unit",
    verb="GET",
    path="/v1/org-units/{org_unit_id}",
    reply=OrgUnitReply,
    permission="tenants.read",
    errors=(NOT_FOUND,),
    versioned=True,
)
UPDATE_ORG_UNIT = operation(
    "update_org_unit",
    "Rename, move, close or reopen an org unit",
    verb="PATCH",
    path="/v1/org-units/{org_unit_id}",
    body=OrgUnitChange,
    reply=OrgUnitReply,
    permission="tenants.admin",
    errors=(NOT_FOUND, CONFLICT, OUT_OF_SCOPE, STALE),
    versioned=True,
)
DELETE_ORG_UNIT = operation(
    "delete_org_unit",
    "Close an org unit that has no active unit below it; its history stays",
    verb="DELETE",
    path="/v1/org-units/{org_unit_id}",
    permission="tenants.admin",
    success=204,
    errors=(NOT_FOUND, CONFLICT, OUT_OF_SCOPE),
)
CREATE_ROLE = operation(
    "create_role",
    "Add a role of one's own",
    verb="POST",
    path="/v1/roles",
    body=RoleBody,
    reply=RoleReply,
    success=201,
    permission="tenants.admin",
    errors=(CONFLICT, OUT_OF_SCOPE),
    versioned=True,
)
LIST_ROLES = operation(
    "list_roles",
    "The roles, by name",
    verb="GET",
    path="/v1/roles",
    query=PageQuery,
    reply=page_of(RoleReply),
    permission="tenants.read",
)
GET_ROLE = operation(
    "get_role",
    "One role",
    verb="GET",
    path="/v1/roles/{role_id}",
    reply=RoleReply,
    permission="tenants.read",
    errors=(NOT_FOUND,),
    versioned=True,
)
UPDATE_ROLE = operation(
    "update_role",
    "Change what a role is called or may do",
    verb="PATCH",
    path="/v1/roles/{role_id}",
    body=RoleChange,
    reply=RoleReply,
    permission="tenants.admin",
    errors=(NOT_FOUND, OUT_OF_SCOPE, STALE),
    versioned=True,
)
DELETE_ROLE = operation(
    "delete_role",
    "Remove a role of one's own that nobody has",
    verb="DELETE",
    path="/v1/roles/{role_id}",
    permission="tenants.admin",
    success=204,
    errors=(NOT_FOUND, CONFLICT, OUT_OF_SCOPE),
)
CREATE_STAFF = operation(
    "create_staff",
    "Take on a staff member",
    verb="POST",
    path="/v1/staff",
    body=StaffBody,
    reply=StaffReply,
    success=201,
    permission="tenants.staff",
    errors=(NOT_FOUND, CONFLICT, SCOPE_TOO_WIDE, OUT_OF_SCOPE),
    versioned=True,
)
LIST_STAFF = operation(
    "list_staff",
    "The staff, by user name",
    verb="GET",
    path="/v1/staff",
    query=StaffQuery,
    reply=page_of(StaffReply),
    permission="tenants.read",
    errors=(NOT_FOUND,),
)
GET_STAFF = operation(
    "get_staff",
    "One staff member",
    verb="GET",
    path="/v1/staff/{staff_id}",
    reply=StaffReply,
    permission="tenants.read",
    errors=(NOT_FOUND,),
    versioned=True,
)
UPDATE_STAFF = operation(
    "update_staff",
    "Change a staff member's name, roles, org units or addresses",
    verb="PATCH",
    path="/v1/staff/{staff_id}",
    body=StaffChange,
    reply=StaffReply,
    permission="tenants.staff",
    errors=(NOT_FOUND, SCOPE_TOO_WIDE, OUT_OF_SCOPE, STALE),
    versioned=True,
)
ACTIVATE_STAFF = operation(
    "activate_staff",
    "Take a staff member back; also lifts a lock after failed sign-ins",
    verb="POST",
    path="/v1/staff/{staff_id}/activate",
    reply=StaffReply,
    permission="tenants.staff",
    errors=(NOT_FOUND, SCOPE_TOO_WIDE, OUT_OF_SCOPE),
)
DEACTIVATE_STAFF = operation(
    "deactivate_staff",
    "A staff member leaves: signed out everywhere, work handed on",
    verb="POST",
    path="/v1/staff/{staff_id}/deactivate",
    reply=StaffReply,
    permission="tenants.staff",
    errors=(NOT_FOUND, SCOPE_TOO_WIDE, OUT_OF_SCOPE),
)
SET_STAFF_PASSWORD = operation(
    "set_staff_password",
    "Give a staff member a new password; signs the person out everywhere",
    verb="PUT",
    path="/v1/staff/{staff_id}/password",
    body=StaffPassword,
    permission="tenants.staff",
    success=204,
    errors=(NOT_FOUND, SCOPE_TOO_WIDE, OUT_OF_SCOPE),
)

OPERATIONS = (
    CREATE_ORG_UNIT,
    LIST_ORG_UNITS,
    GET_ORG_UNIT,
    UPDATE_ORG_UNIT,
    DELETE_ORG_UNIT,
    CREATE_ROLE,
    LIST_ROLES,
    GET_ROLE,
    UPDATE_ROLE,
    DELETE_ROLE,
    CREATE_STAFF,
    LIST_STAFF,
    GET_STAFF,
    UPDATE_STAFF,
    ACTIVATE_STAFF,
    DEACTIVATE_STAFF,
    SET_STAFF_PASSWORD,
)
