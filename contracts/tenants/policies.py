"""Policy as data: what is in force, what it was before, drafts of what comes next (PL-5)."""

from __future__ import annotations

from marshmallow import ValidationError, fields, validate, validates_schema

from contracts.fields import Body, Id, Line, Moment, PackName, PageQuery, Reply, Text, Whole, page_of
from contracts.problems import NOT_FOUND, OUT_OF_SCOPE, ProblemType
from contracts.tenants.common import JsonObject, ServiceName, distinct, operation
from contracts.tenants.registry import UNKNOWN_PACK

POLICY_INVALID = ProblemType(
    "policy_invalid",
    422,
    "The policy does not hold together; `errors` names file, key and line of each mistake. Nothing was stored.",
    "政策内容有误,errors 列出每处错误的文件、键和行号;本次未保存任何内容。",
)
DRAFT_OUTDATED = ProblemType(
    "draft_outdated",
    409,
    "Version {version} came into force after the draft was made on {base_version}. Make it anew and look at its diff.",
    "草稿基于第 {base_version} 版,其后已启用第 {version} 版。请重新建立草稿并核对差异。",
)


class PolicyPath(Body):
    service = ServiceName(required=True)


class PolicyDraftPath(PolicyPath):
    draft_id = Id(required=True)


class PolicyVersionReply(Reply):
    service = fields.String(required=True)
    version = Whole(required=True)
    packs = fields.List(fields.String(), required=True)
    overrides = fields.Dict(required=True)
    note = fields.String(required=True)
    activated_at = Moment(required=True)
    activated_by = fields.String(required=True)


class PolicyReply(PolicyVersionReply):
    document = fields.Dict(required=True, metadata={"description": "Packs and overrides, resolved."})


class PolicyDraftBody(Body):
    packs = fields.List(
        PackName(),
        load_default=None,
        allow_none=True,
        validate=[validate.Length(1, 10), distinct],
        metadata={"description": "null: the packs now in force."},
    )
    overrides = JsonObject(
        load_default=None,
        allow_none=True,
        metadata={
            "description": "All that differs from the packs (replaces the overrides in force); null: as in force."
        },
    )
    source = Text(
        max=100_000,
        load_default=None,
        allow_none=True,
        metadata={"description": "The overrides as YAML text instead, so that errors can name lines."},
    )
    note = Line(load_default="", max=500)

    @validates_schema
    def _one_source(self, data: dict[str, object], **_: object) -> None:
        if data["overrides"] is not None and data["source"] is not None:
            raise ValidationError("send either overrides or source", "source")


class PolicyDraftReply(Reply):
    id = Id(required=True)
    service = fields.String(required=True)
    state = fields.String(required=True, metadata={"description": "draft or activated"})
    base_version = Whole(required=True, metadata={"description": "In force when the draft was made; 0: none."})
    activated_version = Whole(allow_none=True)
    packs = fields.List(fields.String(), required=True)
    overrides = fields.Dict(required=True)
    note = fields.String(required=True)
    document = fields.Dict(required=True)
    created_at = Moment(required=True)
    created_by = fields.String(required=True)


class PolicyChange(Reply):
    path = fields.String(required=True, metadata={"description": "`deadlines.reply.amount`"})
    before = fields.Raw(allow_none=True, required=True)
    after = fields.Raw(allow_none=True, required=True)


class PolicyDiff(Reply):
    base_version = Whole(required=True)
    changes = fields.List(fields.Nested(PolicyChange), required=True)


GET_POLICY = operation(
    "get_policy",
    "The policy in force",
    verb="GET",
    path="/v1/policies/{service}",
    path_schema=PolicyPath,
    reply=PolicyReply,
    permission="tenants.read",
    errors=(NOT_FOUND,),
    versioned=True,
)
LIST_POLICY_VERSIONS = operation(
    "list_policy_versions",
    "All versions that were in force, newest first",
    verb="GET",
    path="/v1/policies/{service}/versions",
    path_schema=PolicyPath,
    query=PageQuery,
    reply=page_of(PolicyVersionReply),
    permission="tenants.read",
)
CREATE_POLICY_DRAFT = operation(
    "create_policy_draft",
    "Check a change of policy and keep it as a draft",
    verb="POST",
    path="/v1/policies/{service}/drafts",
    path_schema=PolicyPath,
    body=PolicyDraftBody,
    reply=PolicyDraftReply,
    success=201,
    permission="tenants.policy",
    errors=(POLICY_INVALID, UNKNOWN_PACK, OUT_OF_SCOPE),
)
GET_POLICY_DRAFT = operation(
    "get_policy_draft",
    "One draft",
    verb="GET",
    path="/v1/policies/{service}/drafts/{draft_id}",
    path_schema=PolicyDraftPath,
    reply=PolicyDraftReply,
    permission="tenants.policy",
    errors=(NOT_FOUND,),
)
DIFF_POLICY_DRAFT = operation(
    "diff_policy_draft",
    "What would differ from the policy in force",
    verb="GET",
    path="/v1/policies/{service}/drafts/{draft_id}/diff",
    path_schema=PolicyDraftPath,
    reply=PolicyDiff,
    permission="tenants.policy",
    errors=(NOT_FOUND,),
)
ACTIVATE_POLICY_DRAFT = operation(
    "activate_policy_draft",
    "Bring a draft into force for what begins from now on; a second time changes nothing",
    verb="POST",
    path="/v1/policies/{service}/drafts/{draft_id}/activate",
    path_schema=PolicyDraftPath,
    reply=PolicyReply,
    permission="tenants.policy",
    errors=(NOT_FOUND, OUT_OF_SCOPE, DRAFT_OUTDATED),
)

OPERATIONS = (
    GET_POLICY,
    LIST_POLICY_VERSIONS,
    CREATE_POLICY_DRAFT,
    GET_POLICY_DRAFT,
    DIFF_POLICY_DRAFT,
    ACTIVATE_POLICY_DRAFT,
)
