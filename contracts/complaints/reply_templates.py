"""Wordings for what is written in the course of a case, with its facts put in (SPEC UX-8)."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from contracts.complaints.problems import NO_POLICY
from contracts.complaints.vocabulary import SERVICE, one_of
from contracts.core import Operation
from contracts.fields import Body, Id, Labels, Moment, PageQuery, Reply, Slug, Text, Whole, page_of
from contracts.problems import CONFLICT, INVALID, NOT_FOUND, OUT_OF_SCOPE, STALE

_ALL = "/v1/reply-templates"
_ONE = f"{_ALL}/{{reply_template_id}}"
LANGUAGES = ("zh-CN", "en")


def _texts(**kwargs: Any) -> fields.Dict:
    return fields.Dict(
        keys=fields.String(validate=one_of(*LANGUAGES)), values=Text(max=8000, min=1), validate=validate.Length(min=1),
        metadata={"description": "Per language. `{name}` puts a variable in, see `variables`; `{{`, `}}` are braces."},
        **kwargs,
    )  # fmt: skip


def _keys() -> fields.List[str]:
    return fields.List(Slug(), validate=validate.Length(max=100), metadata={"description": "Empty: for any."})


class ReplyTemplateInput(Body):
    key = Slug(required=True)
    labels = Labels(required=True)
    texts = _texts(required=True)
    categories = _keys()
    stages = _keys()

    @validates_schema
    def _has_a_name(self, data: dict[str, Any], **_: Any) -> None:
        if not data.get("labels"):
            raise ValidationError({"labels": ["needs a text in a language"]})


class ReplyTemplateChange(Body):
    labels = Labels(validate=validate.Length(min=1))
    texts = _texts()
    categories = _keys()
    stages = _keys()


class ReplyTemplateQuery(PageQuery):
    category = Slug(metadata={"description": "Those for this category, and those for any."})
    stage = Slug()
    language = fields.String(validate=one_of(*LANGUAGES))


class ReplyTemplate(Reply):
    id = Id(required=True)
    key = fields.String(required=True)
    label = fields.String(required=True)
    labels = fields.Dict(required=True)
    texts = fields.Dict(required=True)
    categories = fields.List(fields.String(), required=True)
    stages = fields.List(fields.String(), required=True)
    variables = fields.Dict(required=True, metadata={"description": "What a text may use, with its kind."})
    origin = fields.String(required=True, validate=one_of("company", "policy"))
    version = Whole(required=True, metadata={"description": "0: as the policy words it."})


class ReplyTemplateVersion(Reply):
    version = Whole(required=True)
    texts = fields.Dict(required=True)
    by = fields.String(required=True)
    at = Moment(required=True)


class RenderInput(Body):
    complaint_id = Id(required=True)
    language = fields.String(validate=one_of(*LANGUAGES), metadata={"description": "Else the caller's."})


class Rendered(Reply):
    text = fields.String(required=True)
    language = fields.String(required=True)
    missing = fields.List(
        fields.String(), required=True, metadata={"description": "Variables the case has no value for; shown as —."}
    )


LIST_REPLY_TEMPLATES = Operation(
    service=SERVICE,
    name="list_reply_templates",
    summary="Reply templates: the company's and the policy's",
    verb="GET",
    path=_ALL,
    query=ReplyTemplateQuery,
    reply=page_of(ReplyTemplate),
    permission="complaints.read",
    errors=(NO_POLICY,),
)
CREATE_REPLY_TEMPLATE = Operation(
    service=SERVICE,
    name="create_reply_template",
    summary="Add a reply template",
    verb="POST",
    path=_ALL,
    body=ReplyTemplateInput,
    reply=ReplyTemplate,
    success=201,
    permission="complaints.templates",
    versioned=True,
    errors=(INVALID, CONFLICT, OUT_OF_SCOPE, NO_POLICY),
)
GET_REPLY_TEMPLATE = Operation(
    service=SERVICE,
    name="get_reply_template",
    summary="Read a reply template",
    verb="GET",
    path=_ONE,
    reply=ReplyTemplate,
    permission="complaints.read",
    versioned=True,
    errors=(NOT_FOUND, NO_POLICY),
)
UPDATE_REPLY_TEMPLATE = Operation(
    service=SERVICE,
    name="update_reply_template",
    summary="Word a reply template otherwise",
    verb="PATCH",
    path=_ONE,
    body=ReplyTemplateChange,
    reply=ReplyTemplate,
    permission="complaints.templates",
    versioned=True,
    errors=(NOT_FOUND, INVALID, STALE, NO_POLICY),
    description="The policy's own become the company's by it. Earlier versions are kept.",
)
DELETE_REPLY_TEMPLATE = Operation(
    service=SERVICE,
    name="delete_reply_template",
    summary="Delete the company's reply template",
    verb="DELETE",
    path=_ONE,
    success=204,
    permission="complaints.templates",
    errors=(NOT_FOUND, NO_POLICY),
    description="One that the policy has too is again as the policy words it. Its versions stay on record.",
)
LIST_REPLY_TEMPLATE_VERSIONS = Operation(
    service=SERVICE,
    name="list_reply_template_versions",
    summary="How a reply template was worded",
    verb="GET",
    path=f"{_ONE}/versions",
    query=PageQuery,
    reply=page_of(ReplyTemplateVersion),
    permission="complaints.read",
    errors=(NOT_FOUND, NO_POLICY),
)
RENDER_REPLY_TEMPLATE = Operation(
    service=SERVICE,
    name="render_reply_template",
    summary="Put a case's facts into a reply template",
    verb="POST",
    path=f"{_ONE}/render",
    body=RenderInput,
    reply=Rendered,
    permission="complaints.read",
    errors=(NOT_FOUND, NO_POLICY),
    description="Nothing is stored. Personal data is masked unless you may unmask. In an action, a text field takes "
    '`{"reply_template": "<id>", "language": "zh-CN"}` instead of the text.',
)
