"""A company's working days and hours: its own closures and extra days over the country's holidays (DESIGN §6)."""

from __future__ import annotations

import itertools
from datetime import date, time
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from contracts.fields import Body, Line, Reply, Whole
from contracts.problems import STALE
from contracts.tenants.common import operation

MAX_DAYS = 400
"""Longest span of the preview."""


class SpecialDay(Body):
    day = fields.Date(required=True, metadata={"description": "`2026-11-22`"})
    reason = Line(load_default="", max=100)


class Hours(Body):
    """One span of a working day, in the company's own time; `24:00` is not a time: end at 23:59."""

    start = fields.Time(required=True, format="%H:%M")
    end = fields.Time(required=True, format="%H:%M")

    @validates_schema
    def _ordered(self, data: dict[str, time], **_: Any) -> None:
        if data["start"] >= data["end"]:
            raise ValidationError("must be after start", "end")


class CalendarBody(Body):
    """What the company closes for and works on beyond the country's holidays and make-up working days."""

    country = fields.String(
        load_default="CN", validate=validate.Regexp(r"\A[A-Z]{2}\Z", error="two capital letters: CN")
    )
    weekdays = fields.List(
        fields.Integer(strict=True, validate=validate.Range(1, 7)),
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, 7),
        metadata={
            "description": "ISO weekdays worked (1 Monday); null: as the country works. With a list, holidays are "
            "worked too unless closed here."
        },
    )
    hours = fields.List(
        fields.Nested(Hours),
        load_default=lambda: [{"start": time(9), "end": time(18)}],
        validate=validate.Length(1, 6),
    )
    closures = fields.List(fields.Nested(SpecialDay), load_default=list, validate=validate.Length(max=366))
    extra_days = fields.List(fields.Nested(SpecialDay), load_default=list, validate=validate.Length(max=366))

    @validates_schema
    def _consistent(self, data: dict[str, Any], **_: Any) -> None:
        spans = sorted((h["start"], h["end"]) for h in data["hours"])
        if any(later[0] < earlier[1] for earlier, later in itertools.pairwise(spans)):
            raise ValidationError("spans overlap", "hours")
        both = {d["day"] for d in data["closures"]} & {d["day"] for d in data["extra_days"]}
        if both:
            raise ValidationError(f"{min(both)} is also among the closures", "extra_days")


class CalendarReply(Reply):
    country = fields.String(required=True)
    weekdays = fields.List(fields.Integer(), allow_none=True)
    hours = fields.List(fields.Nested(Hours), required=True)
    closures = fields.List(fields.Nested(SpecialDay), required=True)
    extra_days = fields.List(fields.Nested(SpecialDay), required=True)
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
            "description": "closure, extra_day, weekday, holiday, make_up, or weekday_guess when the country's "
            "make-up working days of that year are not published yet."
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
    errors=(STALE,),
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
