"""What callers send."""

from __future__ import annotations

from marshmallow import fields, validate

from contracts.complaints.vocabulary import SHEET_NATURES, SHEET_STATES, SORTS, STATES, one_of
from contracts.fields import Body, Flag, Id, IdOrMe, Line, Moment, MoneyField, PageQuery, Slug, Text, Whole


class ComplainantInput(Body):
    """Who complains. Nothing is required by itself: the policy says what must be there for which channel.

    Null takes away what was written down wrongly: a number that is somebody else's gets no more messages.
    """

    name = Line(max=100)
    phone = Line(max=40, allow_none=True)
    email = Line(max=254, allow_none=True)
    kind = Slug(metadata={"description": "A complainant kind of the policy."})
    customer_id = Id(allow_none=True)
    vehicle_plate = Line(max=20, allow_none=True)
    unit_no = Line(max=100, allow_none=True)
    address = Line(max=300, allow_none=True)


class ComplaintInput(Body):
    """A complaint as it comes in. `facts`: what the policy asks beyond these fields, see GET /v1/complaint-intake."""

    channel = Slug(required=True)
    content = Text(required=True, max=8000)
    complainant = fields.Nested(ComplainantInput, required=True)
    category = Slug()
    subject = Line(
        max=200, metadata={"description": "What it is about, for like cases: project, building, product or issue."}
    )
    remedy_sought = Text(max=2000, metadata={"description": "What the complainant asks for (IS-1)."})
    group_size = Whole(min=1, max=100_000)
    claimed_amount = MoneyField(metadata={"description": "Unknown counts as 0."})
    media_risk = Flag()
    lawsuit_risk = Flag()
    occurred_at = Moment()
    received_at = Moment(metadata={"description": "When it reached us, if not now; never in the future."})
    org_unit_id = Id(allow_none=True)
    external_ref = Line(max=200, metadata={"description": "The partner's own number of it."})
    follows = Id(metadata={"description": "The earlier case this one comes back to."})
    facts = fields.Dict(keys=Slug(), values=fields.Raw(allow_none=True), load_default=dict)


class ComplaintChange(Body):
    """Facts that became known or changed; any change judges the level again (it only rises by itself)."""

    complainant = fields.Nested(ComplainantInput)
    category = Slug()
    subject = Line(max=200)
    remedy_sought = Text(max=2000)
    group_size = Whole(min=1, max=100_000)
    claimed_amount = MoneyField()
    media_risk = Flag()
    lawsuit_risk = Flag()
    occurred_at = Moment()
    org_unit_id = Id(allow_none=True)
    facts = fields.Dict(keys=Slug(), values=fields.Raw(allow_none=True))


class ActionPath(Body):
    complaint_id = Id(required=True)
    name = Slug(required=True)


class SheetActionPath(ActionPath):
    sheet_id = Id(required=True)


class ActionInput(Body):
    """The action's own fields, flat; which ones is the policy's: see `actions` of the case."""

    class Meta:
        unknown = "include"


class AttachmentQuery(Body):
    kind = Slug()
    sheet_id = Id(metadata={"description": "The sheet of the case that it belongs to."})


class AttachmentListQuery(PageQuery):
    sheet_id = Id(metadata={"description": "Those of one sheet."})
    kind = Slug()
    struck = Flag(load_default=False, metadata={"description": "Those that were struck out; else those that stand."})


class CaseFilter(Body):
    """Filters of the list; all given ones must hold."""

    state = fields.String(validate=one_of(*STATES))
    stage = Slug()
    level = Slug()
    category = Slug()
    channel = Slug()
    validity = Slug()
    org_unit_id = Id()
    handler_id = IdOrMe()
    customer_id = Id()
    watching = fields.String(validate=one_of("me"), metadata={"description": "Those you watch."})
    mentioned = fields.String(validate=one_of("me"), metadata={"description": "Those in which you were named."})
    overdue = Flag()
    refused_by_complainant = Flag(
        metadata={"description": "Those whose complainant refused the decision and has no answer to that yet (IS-7)."}
    )
    merged = Flag(
        metadata={"description": "Those that were merged into another one, which are left out otherwise."},
    )
    q = Line(max=100, metadata={"description": "Words of number, content, subject, complainant, plate or unit."})
    received_from = Moment()
    received_to = Moment(metadata={"description": "Exclusive."})


class ComplaintCountQuery(CaseFilter):
    filter = Id(metadata={"description": "A saved filter; what is given beside it narrows it further."})


class ComplaintQuery(PageQuery, ComplaintCountQuery):
    """Filters of the list, and how it is sorted."""

    sort = fields.String(
        validate=one_of(*SORTS), metadata={"description": "Else as the saved filter says, else `-received_at`."}
    )


class SheetQuery(PageQuery):
    complaint_id = Id()
    kind = Slug()
    nature = fields.String(validate=one_of(*SHEET_NATURES))
    state = fields.String(validate=one_of(*SHEET_STATES))
    stage = Slug()
    overdue = Flag(metadata={"description": "Open ones whose next deadline has passed, or has not."})


class NatureQuery(PageQuery):
    complaint_id = Id()
    state = fields.String(validate=one_of(*SHEET_STATES))


class PrecedentFilter(Body):
    """All given ones must hold."""

    category = Slug()
    level = Slug()
    outcome = Slug()
    q = Line(max=100, metadata={"description": "Words of title, account and analysis."})


class PrecedentQuery(PageQuery, PrecedentFilter):
    """Filters of the case library."""


class MonthQuery(Body):
    month = fields.String(
        required=True,
        validate=validate.Regexp(r"\A(19|20)\d\d-(0[1-9]|1[0-2])\Z", error="must be a month such as 2026-11"),
    )
    org_unit_id = Id()


class DayQuery(Body):
    date = fields.Date(required=True, metadata={"description": "A day in the company's zone: 2026-11-22."})
    org_unit_id = Id()


class YearQuery(Body):
    year = fields.Integer(required=True, validate=validate.Range(1900, 2099, error="must be a year such as 2026"))
    org_unit_id = Id()


class UnmaskInput(Body):
    """Why; kept in the audit record."""

    reason = Line(required=True, min=2, max=300)
