"""The status page: what the complainant reads and says by a link, without an account (SPEC IS-4, IS-6, IS-7, UX-13).

The bearer of these operations is the link's token; which company and which case it means follows from it alone.
"""

from __future__ import annotations

from marshmallow import fields, validate

from contracts.complaints.problems import (
    CASE_ERASED,
    CLOSED_FOR_GOOD,
    LINK_NOT_VALID,
    NOT_ASKED_NOW,
    TOO_MUCH_SAID,
)
from contracts.complaints.replies import Attachment, Choice
from contracts.complaints.vocabulary import DISCLOSED, PROGRESS, SAID, SERVICE, one_of
from contracts.core import Audience, Operation
from contracts.fields import Body, Download, Flag, Id, Line, Moment, Reply, Slug, Text, Whole
from contracts.problems import INVALID, NOT_FOUND, OUT_OF_SCOPE, UNAUTHENTICATED

MAX_FILES = 5
"""Files that one message can carry."""


class CodeInput(Body):
    """What a person can type: the case's number and the code that came with it."""

    number = Line(required=True, max=80)
    code = Line(required=True, max=40, metadata={"description": "Blanks, hyphens and case do not matter."})


class OpenedStatus(Reply):
    token = fields.String(required=True, metadata={"description": "For `Authorization: Bearer`, good for a while."})
    expires_at = Moment(required=True)


class MessageInput(Body):
    """What the complainant writes; `files` were sent before by /v1/status/files."""

    text = Text(required=True, max=4000)
    files = fields.List(
        Id(),
        load_default=list,
        validate=validate.Length(max=MAX_FILES),
    )


class AnswerInput(Body):
    """The complainant's answer to the decision as it stands."""

    accepted = Flag(required=True)
    text = Text(max=4000, load_default="", metadata={"description": "Their words; wanted with a refusal."})


class RatingInput(Body):
    satisfaction = Slug(required=True, metadata={"description": "One of `ratings`."})
    text = Text(max=2000, load_default="")


class Step(Reply):
    """A station of the case's way."""

    label = fields.String(required=True)
    at = Moment(required=True)


class Disclosed(Reply):
    """A part of the decision, in words."""

    part = fields.String(required=True, validate=one_of(*DISCLOSED))
    label = fields.String(required=True)
    text = fields.String(required=True)


class StatusFile(Reply):
    id = Id(required=True)
    filename = fields.String(required=True)
    media_type = fields.String(required=True)
    size = Whole(required=True)


class StatusMessage(Reply):
    """Something said by the complainant or to them."""

    id = Id(required=True)
    at = Moment(required=True)
    from_us = fields.Boolean(required=True)
    kind = fields.String(required=True, validate=one_of(*SAID))
    text = fields.String(required=True)
    files = fields.List(fields.Nested(StatusFile), required=True)


class Rating(Reply):
    satisfaction = fields.String(required=True)
    label = fields.String(required=True)
    text = fields.String(required=True)
    at = Moment(required=True)


class May(Reply):
    """What the complainant can do now."""

    write = fields.Boolean(required=True)
    answer = fields.Boolean(required=True)
    rate = fields.Boolean(required=True)
    ask_reopening = fields.Boolean(required=True, metadata={"description": "A message asks for reopening."})


class Status(Reply):
    """One's own case: nothing of the people who work it, nothing internal, nobody else's data."""

    company = fields.String(required=True)
    timezone = fields.String(required=True, metadata={"description": "The company's, for showing moments."})
    number = fields.String(required=True)
    received_at = Moment(required=True)
    content = fields.String(required=True)
    remedy_sought = fields.String(allow_none=True)
    category_label = fields.String(allow_none=True)
    progress = fields.String(required=True, validate=one_of(*PROGRESS))
    progress_label = fields.String(required=True)
    steps = fields.List(fields.Nested(Step), required=True, metadata={"description": "Oldest first."})
    waiting_for = fields.String(allow_none=True, metadata={"description": "What is wanted of the complainant."})
    next_reply_at = Moment(allow_none=True, metadata={"description": "Promised; null when the policy tells none."})
    decision = fields.List(fields.Nested(Disclosed), required=True, metadata={"description": "Empty until taken."})
    answer = fields.String(allow_none=True, metadata={"description": "accepted or refused: the decision as it is."})
    next_step = fields.String(
        allow_none=True, metadata={"description": "What happens next, after a refusal that has no answer yet."}
    )
    recourse = fields.String(allow_none=True, metadata={"description": "What else can be done."})
    contact = fields.String(allow_none=True, metadata={"description": "How to reach us otherwise."})
    messages = fields.List(fields.Nested(StatusMessage), required=True, metadata={"description": "Oldest first."})
    ratings = fields.List(fields.Nested(Choice), required=True)
    rating = fields.Nested(Rating, allow_none=True)
    closed_at = Moment(allow_none=True)
    outcome_label = fields.String(allow_none=True)
    may = fields.Nested(May, required=True)


class StatusLink(Reply):
    """A new link and code. Neither can be read again."""

    number = fields.String(required=True)
    url = fields.String(allow_none=True, metadata={"description": "Null without the setting KEFU_PUBLIC_URL."})
    token = fields.String(required=True)
    code = fields.String(required=True, metadata={"description": "To be typed together with the number."})
    qr_svg = fields.String(allow_none=True, metadata={"description": "The address as QR code, an SVG document."})
    qr_png = fields.String(allow_none=True, metadata={"description": "The same as PNG, base64."})
    expires_at = Moment(required=True)


class LinkIntrospection(Body):
    credential = fields.String(required=True)


class LinkActor(Reply):
    kind = fields.String(required=True)
    id = fields.String(required=True)
    name = fields.String(required=True)


class LinkPrincipal(Reply):
    """As the tenants service describes its own principals."""

    credential_id = fields.String(required=True)
    audience = fields.String(required=True)
    actor = fields.Nested(LinkActor, required=True)
    tenant_id = Id(required=True)
    tenant_code = fields.String(required=True)
    services = fields.List(fields.String(), required=True)
    roles = fields.List(fields.String(), required=True)
    permissions = fields.List(fields.String(), required=True)
    org_unit_ids = fields.List(Id(), allow_none=True)
    locale = fields.String(required=True)
    rate = fields.String(allow_none=True)
    expires_at = Moment(required=True)


_STAFF = (NOT_FOUND, OUT_OF_SCOPE)
_SAYING = (INVALID, CLOSED_FOR_GOOD, TOO_MUCH_SAID)

OPEN_STATUS = Operation(
    service=SERVICE,
    name="open_status",
    summary="Open one's own case by its number and code",
    verb="POST",
    path="/v1/status-sessions",
    body=CodeInput,
    reply=OpenedStatus,
    success=201,
    audience=Audience.PUBLIC,
    errors=(LINK_NOT_VALID,),
    guessed="number",
    description="The answer is the same whatever was wrong.",
)
GET_STATUS = Operation(
    service=SERVICE,
    name="get_status",
    summary="Read one's own case",
    verb="GET",
    path="/v1/status",
    reply=Status,
    audience=Audience.COMPLAINANT,
)
ADD_STATUS_FILE = Operation(
    service=SERVICE,
    name="add_status_file",
    summary="Send a photo or document for a message",
    verb="POST",
    path="/v1/status/files",
    reply=Attachment,
    success=201,
    upload=True,
    audience=Audience.COMPLAINANT,
    errors=_SAYING,
)
GET_STATUS_FILE = Operation(
    service=SERVICE,
    name="get_status_file",
    summary="Read a file that went with a message",
    verb="GET",
    path="/v1/status/files/{file_id}",
    reply=Download,
    download="*/*",
    audience=Audience.COMPLAINANT,
    errors=(NOT_FOUND,),
)
SEND_STATUS_MESSAGE = Operation(
    service=SERVICE,
    name="send_status_message",
    summary="Write to whoever works on one's case; on a closed one, ask for it to be reopened",
    verb="POST",
    path="/v1/status/messages",
    body=MessageInput,
    reply=Status,
    success=201,
    audience=Audience.COMPLAINANT,
    errors=_SAYING,
)
ANSWER_DECISION = Operation(
    service=SERVICE,
    name="answer_decision",
    summary="Accept or refuse the decision",
    verb="POST",
    path="/v1/status/answer",
    body=AnswerInput,
    reply=Status,
    success=201,
    audience=Audience.COMPLAINANT,
    errors=(*_SAYING, NOT_ASKED_NOW),
    description="A refusal is put before the handler and one step up. It closes nothing, and the case is not closed "
    "before it is answered, as the company's policy says: `next_step`.",
)
RATE_COMPLAINT = Operation(
    service=SERVICE,
    name="rate_complaint",
    summary="Say how satisfied one is",
    verb="POST",
    path="/v1/status/rating",
    body=RatingInput,
    reply=Status,
    success=201,
    audience=Audience.COMPLAINANT,
    errors=(*_SAYING, NOT_ASKED_NOW),
)
ISSUE_STATUS_LINK = Operation(
    service=SERVICE,
    name="issue_status_link",
    summary="Make a link and a code to the status page for the complainant; shown this once",
    verb="POST",
    path="/v1/complaints/{complaint_id}/status-link",
    reply=StatusLink,
    success=201,
    permission="complaints.link",
    errors=(*_STAFF, CASE_ERASED),
    description="On the record. Earlier links stay good until they are revoked.",
)
REVOKE_STATUS_LINK = Operation(
    service=SERVICE,
    name="revoke_status_link",
    summary="Revoke all links and codes of a complaint, at once",
    verb="DELETE",
    path="/v1/complaints/{complaint_id}/status-link",
    success=204,
    permission="complaints.link",
    errors=_STAFF,
)
RESOLVE_STATUS_LINK = Operation(
    service=SERVICE,
    name="resolve_status_link",
    summary="Whose case a status link opens; every bad one gets the same answer",
    body=LinkIntrospection,
    reply=LinkPrincipal,
    audience=Audience.INTERNAL,
    errors=(UNAUTHENTICATED,),
)

OPERATIONS = (
    OPEN_STATUS,
    GET_STATUS,
    ADD_STATUS_FILE,
    GET_STATUS_FILE,
    SEND_STATUS_MESSAGE,
    ANSWER_DECISION,
    RATE_COMPLAINT,
    ISSUE_STATUS_LINK,
    REVOKE_STATUS_LINK,
    RESOLVE_STATUS_LINK,
)
