"""The register of companies: the operator creates them and says which services they use (PL-1, PL-2)."""

from __future__ import annotations

from marshmallow import fields, validate

from contracts.core import Audience
from contracts.fields import Body, Id, Line, Moment, PackName, PageQuery, Reply, Slug, Whole, page_of
from contracts.problems import CONFLICT, NOT_FOUND, STALE, ProblemType
from contracts.tenants.common import JsonObject, Locale, Rate, ServiceName, Timezone, distinct, operation

UNKNOWN_PACK = ProblemType(
    "unknown_pack",
    422,
    "There is no policy pack {pack}. Available: {available}.",
    "没有名为 {pack} 的政策包;可选:{available}。",
)


class ServiceState(Reply):
    """Whether a tenant uses a service, since when, and the span whose events it did not see."""

    service = fields.String(required=True)
    enabled = fields.Boolean(required=True)
    enabled_at = Moment(allow_none=True)
    disabled_at = Moment(
        allow_none=True,
        metadata={
            "description": "When last switched off. While enabled: what happened from then to `enabled_at` is unseen."
        },
    )


class ServiceStates(Reply):
    items = fields.List(fields.Nested(ServiceState), required=True)


class TenantBody(Body):
    code = Slug(required=True, metadata={"description": "Short unique name; staff sign in with it. Never changes."})
    name = Line(required=True)
    packs = fields.List(PackName(), required=True, validate=[validate.Length(1, 10), distinct])
    services = fields.List(ServiceName(), required=True, validate=[validate.Length(0, 20), distinct])
    overrides = fields.Dict(
        keys=ServiceName(),
        values=JsonObject(),
        load_default=dict,
        metadata={"description": "Per service, what differs from the packs."},
    )
    locale = Locale(load_default="zh-CN")
    timezone = Timezone(load_default="Asia/Shanghai")
    rate = Rate(load_default=None, allow_none=True)


class TenantChange(Body):
    name = Line(min=1)
    locale = Locale()
    timezone = Timezone()
    rate = Rate(allow_none=True, metadata={"description": "null: the platform's own limit."})
    status = fields.String(
        validate=validate.OneOf(["active", "suspended"]),
        metadata={"description": "suspended: no credential of the tenant is accepted and its timers rest."},
    )


class TenantReply(Reply):
    id = Id(required=True)
    code = fields.String(required=True)
    name = fields.String(required=True)
    status = fields.String(required=True)
    locale = fields.String(required=True)
    timezone = fields.String(required=True)
    rate = fields.String(allow_none=True)
    packs = fields.List(fields.String(), required=True)
    services = fields.List(fields.Nested(ServiceState), required=True)
    version = Whole(required=True)
    created_at = Moment(required=True)
    updated_at = Moment(required=True)


class TenantQuery(PageQuery):
    q = Line(max=64, metadata={"description": "Part of the code or the name."})


class ServicePath(Body):
    tenant_id = Id(required=True)
    service = ServiceName(required=True)


CREATE_TENANT = operation(
    "create_tenant",
    "Take on a company: its policy from packs, its roles, its services",
    verb="POST",
    path="/v1/tenants",
    body=TenantBody,
    reply=TenantReply,
    success=201,
    audience=Audience.OPERATOR,
    errors=(CONFLICT, UNKNOWN_PACK),
    versioned=True,
)
LIST_TENANTS = operation(
    "list_tenants",
    "The companies, by code",
    verb="GET",
    path="/v1/tenants",
    query=TenantQuery,
    reply=page_of(TenantReply),
    audience=Audience.OPERATOR,
)
GET_TENANT = operation(
    "get_tenant",
    "One company",
    verb="GET",
    path="/v1/tenants/{tenant_id}",
    reply=TenantReply,
    audience=Audience.OPERATOR,
    errors=(NOT_FOUND,),
    versioned=True,
)
UPDATE_TENANT = operation(
    "update_tenant",
    "Change a company's name, language, zone, rate limit or status",
    verb="PATCH",
    path="/v1/tenants/{tenant_id}",
    body=TenantChange,
    reply=TenantReply,
    audience=Audience.OPERATOR,
    errors=(NOT_FOUND, STALE),
    versioned=True,
)
ENABLE_SERVICE = operation(
    "enable_service",
    "Switch a service on for a company, from now on; its policy comes into force with it",
    verb="PUT",
    path="/v1/tenants/{tenant_id}/services/{service}",
    path_schema=ServicePath,
    reply=ServiceState,
    audience=Audience.OPERATOR,
    errors=(NOT_FOUND, UNKNOWN_PACK),
)
DISABLE_SERVICE = operation(
    "disable_service",
    "Switch a service off for a company: data stays, timers and sending stop",
    verb="DELETE",
    path="/v1/tenants/{tenant_id}/services/{service}",
    path_schema=ServicePath,
    reply=ServiceState,
    audience=Audience.OPERATOR,
    errors=(NOT_FOUND,),
)
LIST_SERVICES = operation(
    "list_services",
    "Which services my company uses",
    verb="GET",
    path="/v1/services",
    reply=ServiceStates,
)

OPERATIONS = (
    CREATE_TENANT,
    LIST_TENANTS,
    GET_TENANT,
    UPDATE_TENANT,
    ENABLE_SERVICE,
    DISABLE_SERVICE,
    LIST_SERVICES,
)
