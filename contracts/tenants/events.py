"""What the tenants service tells. Each `*.changed` and `policy.activated` carries the whole new state, so that a copy
is the last document by `version`; the snapshot answers the same documents."""

from __future__ import annotations

from marshmallow import fields

from contracts.core import Event
from contracts.fields import Id, Moment, Reply, Whole
from contracts.notifications.asking import MessageRequest
from contracts.tenants.calendar import CalendarReply
from contracts.tenants.common import TENANTS


class TenantChanged(Reply):
    tenant_id = Id(required=True)
    version = Whole(required=True)
    code = fields.String(required=True)
    name = fields.String(required=True)
    status = fields.String(required=True, metadata={"description": "active or suspended"})
    locale = fields.String(required=True)
    timezone = fields.String(required=True)
    services = fields.List(fields.String(), required=True, metadata={"description": "The enabled ones, sorted."})
    calendar = fields.Nested(CalendarReply, required=True)


class PolicyActivated(Reply):
    service = fields.String(required=True)
    version = Whole(required=True)
    document = fields.Dict(required=True)


class OrgUnitChanged(Reply):
    id = Id(required=True)
    version = Whole(required=True)
    code = fields.String(required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True)
    parent_id = Id(allow_none=True)
    path = fields.List(Id(), required=True)
    active = fields.Boolean(required=True)


class StaffChanged(Reply):
    id = Id(required=True)
    version = Whole(required=True)
    username = fields.String(required=True)
    name = fields.String(required=True)
    roles = fields.List(fields.String(), required=True)
    org_unit_ids = fields.List(Id(), allow_none=True)
    active = fields.Boolean(required=True)
    email = fields.String(allow_none=True)
    phone = fields.String(allow_none=True)
    locale = fields.String(allow_none=True)


class RoleChanged(Reply):
    id = Id(required=True)
    version = Whole(required=True)
    name = fields.String(required=True)
    labels = fields.Dict(required=True)
    permissions = fields.List(fields.String(), required=True)
    second_factor = fields.String(metadata={"description": "optional or required"})
    active = fields.Boolean(required=True)


class CredentialRevoked(Reply):
    credential_id = fields.String(required=True)


class StaffLeft(Reply):
    id = Id(required=True)
    username = fields.String(required=True)
    name = fields.String(required=True)
    roles = fields.List(fields.String(), required=True)
    org_unit_ids = fields.List(Id(), allow_none=True)
    left_at = Moment(required=True)


class ServiceSwitched(Reply):
    service = fields.String(required=True)
    at = Moment(required=True)


def _event(type_: str, payload: type[Reply], summary: str, *, partner: bool = False) -> Event:
    return Event(
        service=TENANTS,
        type=type_,
        aggregate=type_.partition(".")[0],
        payload=payload,
        summary=summary,
        partner=partner,
    )


TENANT_CHANGED = _event("tenant.changed", TenantChanged, "A company was taken on or changed")
POLICY_ACTIVATED = _event("policy.activated", PolicyActivated, "A policy version came into force")
ORG_UNIT_CHANGED = _event("org_unit.changed", OrgUnitChanged, "An org unit was added or changed", partner=True)
STAFF_CHANGED = _event("staff.changed", StaffChanged, "A staff member was taken on or changed")
ROLE_CHANGED = _event("role.changed", RoleChanged, "A role was added, changed or removed")
CREDENTIAL_REVOKED = _event("credential.revoked", CredentialRevoked, "A key or a session is no longer good")
STAFF_LEFT = _event("staff.left", StaffLeft, "A staff member left", partner=True)
MESSAGE_REQUESTED = _event("staff.message_requested", MessageRequest, "A person is to be told of their own account")
SERVICE_ENABLED = _event("service.enabled", ServiceSwitched, "A company began to use a service", partner=True)
SERVICE_DISABLED = _event("service.disabled", ServiceSwitched, "A company stopped using a service", partner=True)

EVENTS = (
    TENANT_CHANGED,
    POLICY_ACTIVATED,
    ORG_UNIT_CHANGED,
    STAFF_CHANGED,
    ROLE_CHANGED,
    CREDENTIAL_REVOKED,
    STAFF_LEFT,
    MESSAGE_REQUESTED,
    SERVICE_ENABLED,
    SERVICE_DISABLED,
)
