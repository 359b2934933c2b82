"""A company's working days and hours: its own closures and extra days over its country's holidays (DESIGN §6)."""

from __future__ import annotations

from datetime import date
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from contracts.fields import Body, Line, Reply, Whole
from contracts.problems import OUT_OF_SCOPE, STALE
from contracts.tenants.common import operation

MAX_DAYS = 400
"""Longest span of the preview."""

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
USUAL_HOURS = {day: [["09:00", "18:00"]] for day in WEEKDAYS[:5]}

_TIME = validate.Regexp(r"\A([01][0-9]|2[0-4]):[0-5][0-9]\Z", error="must be a time from 00:00 to 24:00")

Span = Body.from_dict(
    {
        "from": fields.Date(required=True),
        "to": fields.Date(load_default=None, allow_none=True, metadata={"description": "Included; null: one day."}),
        "note": Line(load_default="", max=100),
    },
    name="CalendarSpan",
)
"""Days in a row."""

SpanReply = Reply.from_dict(
    {
        "from": fields.String(required=True, metadata={"format": "date"}),
        "to": fields.String(required=True, metadata={"format": "date"}),
        "note": fields.String(required=True),
    },
    name="CalendarSpanReply",
)

_SPANS: dict[str, Any] = {"load_default": list, "validate": validate.Length(max=100)}


def _hours() -> fields.Dict:
    stretch = fields.List(fields.String(validate=_TIME), validate=validate.Length(equal=2))
    return fields.Dict(
        keys=fields.String(validate=validate.OneOf(WEEKDAYS)),
        values=fields.List(stretch, validate=validate.Length(max=6)),
        load_default=lambda: dict(USUAL_HOURS),
        validate=validate.Length(min=1),
        metadata={
            "description": 'By weekday: `{"mon": [["09:00", "12:00"], ["13:00", "18:00"]]}`; others are not worked.'
        },
    )


class CalendarBody(Body):
    """Precedence on one day: closure, extra day, make-up working day, public holiday, weekday."""

    country = fields.String(
        load_default="CN",
        allow_none=True,
        validate=validate.Regexp(r"\A[A-Z]{2}\Z", error="must be two capital letters such as CN"),
        metadata={
            "description": "Whose public holidays and make-up working days count; null: none, holidays are worked."
        },
    )
    hours = _hours()
    closures = fields.List(fields.Nested(Span), **_SPANS)
    extra_days = fields.List(fields.Nested(Span), **_SPANS)


class CalendarReply(Reply):
    country = fields.String(required=True, allow_none=True)
    timezone = fields.String(required=True)
    hours = fields.Dict(required=True)
    closures = fields.List(fields.Nested(SpanReply), required=True)
    extra_days = fields.List(fields.Nested(SpanReply), required=True)
    version = Whole(required=True)


class DaysQuery(Body):
    start = fields.Date(required=True)
    end = fields.Date(required=True, metadata={"description": f"Included; at most {MAX_DAYS} days after start."})

    @validates_schema
    def _span(self, data: dict[str, date], **_: Any) -> None:
        if not 0 <= (data["end"] - data["start"]).days <= MAX_DAYS:
            raise ValidationError(f"must be from start to {MAX_DAYS} days after it", "end")


class Day(Reply):
    day = fields.Date(required=True)
    working = fields.Boolean(required=True)
    source = fields.String(
        required=True,
        metadata={
            "description": "closure, extra_day, make_up, holiday, weekday, or weekday_guess when the year's make-up "
            "working days are not published yet."
        },
    )
    reason = fields.String(required=True)


class Days(Reply):
    items = fields.List(fields.Nested(Day), required=True)


GET_CALENDAR = operation(
    "get_calendar",
    "The company's calendar",
    verb="GET",
    path="/v1/calendar",
    reply=CalendarReply,
    permission="tenants.read",
    versioned=True,
)
PUT_CALENDAR = operation(
    "put_calendar",
    "Replace the company's calendar; running deadlines follow",
    verb="PUT",
    path="/v1/calendar",
    body=CalendarBody,
    reply=CalendarReply,
    permission="tenants.calendar",
    errors=(OUT_OF_SCOPE, STALE),
    versioned=True,
)
LIST_CALENDAR_DAYS = operation(
    "list_calendar_days",
    "Which days are worked, and why",
    verb="GET",
    path="/v1/calendar/days",
    query=DaysQuery,
    reply=Days,
    permission="tenants.read",
)

OPERATIONS = (GET_CALENDAR, PUT_CALENDAR, LIST_CALENDAR_DAYS)
