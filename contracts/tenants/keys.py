"""API keys: `kf_<prefix>_<secret>`, shown once, scoped to services, permissions and org units (PL-15)."""

from __future__ import annotations

from marshmallow import fields, validate

from contracts.core import Audience
from contracts.fields import Body, Id, Line, Moment, PageQuery, Reply, page_of
from contracts.problems import NOT_FOUND, OUT_OF_SCOPE, ProblemType
from contracts.tenants.common import OPTIONAL_SERVICES, TENANTS, Locale, PermissionPattern, distinct, operation

SCOPE_TOO_WIDE = ProblemType(
    "scope_too_wide",
    403,
    "You cannot give what you do not have yourself: {missing}. Leave it out, or ask somebody who has it.",
    "不能授予您自身没有的权限:{missing}。请去掉,或请拥有该权限的人员操作。",
)


class ApiKeyBody(Body):
    name = Line(required=True, max=100)
    permissions = fields.List(PermissionPattern(), required=True, validate=[validate.Length(1, 200), distinct])
    services = fields.List(
        fields.String(validate=validate.OneOf((TENANTS, *OPTIONAL_SERVICES), error="must be one of {choices}")),
        load_default=None,
        allow_none=True,
        validate=[validate.Length(1, 20), distinct],
        metadata={"description": "The key opens only these services; null: all the company uses."},
    )
    org_unit_ids = fields.List(
        Id(),
        load_default=None,
        allow_none=True,
        validate=[validate.Length(max=50), distinct],
        metadata={"description": "The key acts only in these units and below; null: as far as its maker."},
    )
    expires_at = Moment(load_default=None, allow_none=True)
    locale = Locale(load_default=None, allow_none=True)


class AdminKeyBody(Body):
    name = Line(required=True, max=100)


class ApiKeyReply(Reply):
    id = Id(required=True)
    name = fields.String(required=True)
    prefix = fields.String(required=True, metadata={"description": "The key's public part, to recognise it by."})
    permissions = fields.List(fields.String(), required=True)
    services = fields.List(fields.String(), allow_none=True)
    org_unit_ids = fields.List(Id(), allow_none=True)
    locale = fields.String(allow_none=True)
    created_at = Moment(required=True)
    expires_at = Moment(allow_none=True)
    revoked_at = Moment(allow_none=True)


class NewApiKey(ApiKeyReply):
    secret = fields.String(
        required=True, metadata={"description": "The whole key, for `Authorization: Bearer`. Shown this once; keep it."}
    )


CREATE_API_KEY = operation(
    "create_api_key",
    "Make an API key; its secret is shown this once",
    verb="POST",
    path="/v1/api-keys",
    body=ApiKeyBody,
    reply=NewApiKey,
    success=201,
    permission="tenants.keys",
    errors=(NOT_FOUND, SCOPE_TOO_WIDE, OUT_OF_SCOPE),
)
LIST_API_KEYS = operation(
    "list_api_keys",
    "The API keys, newest first, without their secrets",
    verb="GET",
    path="/v1/api-keys",
    query=PageQuery,
    reply=page_of(ApiKeyReply),
    permission="tenants.keys",
)
REVOKE_API_KEY = operation(
    "revoke_api_key",
    "Revoke an API key; refused everywhere within 5 seconds",
    verb="DELETE",
    path="/v1/api-keys/{key_id}",
    permission="tenants.keys",
    success=204,
    errors=(NOT_FOUND, OUT_OF_SCOPE),
)
CREATE_ADMIN_KEY = operation(
    "create_admin_key",
    "Make a company's administrator key; its secret is shown this once",
    verb="POST",
    path="/v1/tenants/{tenant_id}/admin-keys",
    body=AdminKeyBody,
    reply=NewApiKey,
    success=201,
    audience=Audience.OPERATOR,
    errors=(NOT_FOUND,),
)

OPERATIONS = (CREATE_API_KEY, LIST_API_KEYS, REVOKE_API_KEY, CREATE_ADMIN_KEY)
