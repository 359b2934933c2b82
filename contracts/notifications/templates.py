"""Wordings: what a message says, per key, language and channel (NT-2)."""

from __future__ import annotations

from marshmallow import fields

from contracts.fields import Body, Line, PageQuery, Reply, Slug, Text
from contracts.notifications.asking import variables_field
from contracts.notifications.common import CHANNELS, LANGUAGES, one_of


class TemplatePath(Body):
    key = Slug(required=True)
    language = fields.String(required=True, validate=one_of(*LANGUAGES))
    channel = fields.String(required=True, validate=one_of("default", *CHANNELS))


class TemplateQuery(PageQuery):
    key = Slug()
    language = fields.String(validate=one_of(*LANGUAGES))
    channel = fields.String(validate=one_of("default", *CHANNELS))


class TemplateBody(Body):
    """The tenant's own wording. `{name}` puts a declared variable in; `{{` and `}}` are braces."""

    title = Line(max=200, load_default="", metadata={"description": "Subject of a mail, heading of a notice."})
    body = Text(required=True, max=8000)


class Template(Reply):
    """The wording in force for one key, language and channel; channel `default` serves those without their own."""

    key = fields.String(required=True)
    language = fields.String(required=True)
    channel = fields.String(required=True)
    title = fields.String(required=True)
    body = fields.String(required=True)
    variables = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        metadata={"description": "Variables it may use, with their kind: text, number, moment, date, money, label."},
    )
    origin = fields.String(required=True, metadata={"description": "tenant, policy (the packs) or built_in."})
    version = fields.Integer(required=True, metadata={"description": "0 while the tenant has no wording of its own."})


class PreviewBody(Body):
    """Try a wording: the one in force, or the one given here."""

    title = Line(max=200)
    body = Text(max=8000)
    variables = variables_field(load_default=dict)


class Preview(Reply):
    title = fields.String(required=True)
    body = fields.String(required=True)
    length = fields.Integer(required=True, metadata={"description": "Characters of the body."})
    sms_parts = fields.Integer(required=True, metadata={"description": "Short messages the body takes."})
