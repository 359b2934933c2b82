"""What only the gateway and the other services ask."""

from __future__ import annotations

from marshmallow import fields, validate

from contracts.core import Audience
from contracts.fields import Body, Id, Moment, Reply
from contracts.problems import NOT_FOUND, UNAUTHENTICATED
from contracts.tenants.common import operation
from contracts.tenants.events import OrgUnitChanged, PolicyActivated, StaffChanged, TenantChanged
from contracts.tenants.sessions import ActorReply


class Introspection(Body):
    credential = fields.String(required=True, validate=validate.Length(max=4096))


class PrincipalReply(Reply):
    """`contracts.context.Principal`, and until when the credential is good."""

    credential_id = fields.String(required=True)
    audience = fields.String(required=True, metadata={"description": "operator or tenant"})
    actor = fields.Nested(ActorReply, required=True)
    tenant_id = Id(allow_none=True)
    tenant_code = fields.String(required=True)
    services = fields.List(fields.String(), required=True)
    roles = fields.List(fields.String(), required=True)
    permissions = fields.List(fields.String(), required=True)
    org_unit_ids = fields.List(Id(), allow_none=True)
    locale = fields.String(required=True)
    rate = fields.String(allow_none=True)
    expires_at = Moment(allow_none=True)
    must_enrol = fields.Boolean(
        dump_default=False,
        metadata={"description": "Opens the person's own account only, until a second factor is set up."},
    )


class SnapshotQuery(Body):
    tenant_id = Id(load_default=None, allow_none=True)
    service = fields.String(load_default=None, allow_none=True)
    cursor = fields.String(load_default=None, allow_none=True)


def _of_tenant(document: type[Reply], name: str) -> type[Reply]:
    """The event's document with the tenant it belongs to, which an event carries in its header."""
    return type(name, (document,), {"tenant_id": Id(required=True)})


class Snapshot(Reply):
    tenants = fields.List(fields.Nested(TenantChanged), required=True)
    policies = fields.List(fields.Nested(_of_tenant(PolicyActivated, "TenantPolicy")), required=True)
    org_units = fields.List(fields.Nested(_of_tenant(OrgUnitChanged, "TenantOrgUnit")), required=True)
    staff = fields.List(fields.Nested(_of_tenant(StaffChanged, "TenantStaff")), required=True)
    next_cursor = fields.String(allow_none=True)


class DraftQuery(Body):
    draft_id = Id(required=True)


class DraftDocument(Reply):
    base_version = fields.Integer(required=True, metadata={"description": "In force when the draft was made."})
    document = fields.Dict(required=True)


INTROSPECT = operation(
    "introspect",
    "Who holds this credential and what it opens; every bad one gets the same answer",
    body=Introspection,
    reply=PrincipalReply,
    audience=Audience.INTERNAL,
    errors=(UNAUTHENTICATED,),
)
SNAPSHOT = operation(
    "snapshot",
    "The state that the events keep current, page by page, whole tenants at a time",
    body=SnapshotQuery,
    reply=Snapshot,
    audience=Audience.INTERNAL,
)
DRAFT_DOCUMENT = operation(
    "draft_document",
    "What a draft of the asking service's own policy comes to, for a preview on its data",
    body=DraftQuery,
    reply=DraftDocument,
    audience=Audience.INTERNAL,
    errors=(NOT_FOUND,),
)

OPERATIONS = (INTROSPECT, SNAPSHOT, DRAFT_DOCUMENT)
