"""Who follows a case: watchers, and those named in its texts (SPEC UX-7)."""

from __future__ import annotations

from marshmallow import fields

from contracts.complaints.problems import CASE_ERASED, CASE_MERGED, ONLY_STAFF
from contracts.complaints.vocabulary import SERVICE
from contracts.core import Operation
from contracts.fields import Id, Moment, Reply
from contracts.problems import INVALID, NOT_FOUND, OUT_OF_SCOPE

_WATCHERS = "/v1/complaints/{complaint_id}/watchers"
_ERRORS = (NOT_FOUND, OUT_OF_SCOPE)


class Watcher(Reply):
    """Somebody who hears what happens with the case, except of their own acts."""

    staff_id = Id(required=True)
    name = fields.String(allow_none=True)
    since = Moment(required=True)
    by = fields.String(required=True, metadata={"description": "Who added them; themselves, mostly."})


class Watchers(Reply):
    items = fields.List(fields.Nested(Watcher), required=True)


LIST_WATCHERS = Operation(
    service=SERVICE,
    name="list_watchers",
    summary="Who watches a complaint",
    verb="GET",
    path=_WATCHERS,
    reply=Watchers,
    permission="complaints.read",
    errors=_ERRORS,
)
WATCH = Operation(
    service=SERVICE,
    name="watch",
    summary="Watch a complaint",
    verb="PUT",
    path=f"{_WATCHERS}/me",
    reply=Watchers,
    permission="complaints.read",
    errors=(*_ERRORS, CASE_MERGED, CASE_ERASED, ONLY_STAFF),
    description="You are told when it moves, changes its level, is late, is closed, reopened or merged; "
    "never of your own acts. The policy may leave kinds out (`watching`).",
)
UNWATCH = Operation(
    service=SERVICE,
    name="unwatch",
    summary="Stop watching a complaint",
    verb="DELETE",
    path=f"{_WATCHERS}/me",
    reply=Watchers,
    permission="complaints.read",
    errors=(*_ERRORS, ONLY_STAFF),
)
ADD_WATCHER = Operation(
    service=SERVICE,
    name="add_watcher",
    summary="Have a colleague watch a complaint",
    verb="PUT",
    path=f"{_WATCHERS}/{{staff_id}}",
    reply=Watchers,
    permission="complaints.handle",
    errors=(*_ERRORS, CASE_MERGED, CASE_ERASED, INVALID),
    description="Somebody who may see it.",
)
REMOVE_WATCHER = Operation(
    service=SERVICE,
    name="remove_watcher",
    summary="Have a colleague watch a complaint no longer",
    verb="DELETE",
    path=f"{_WATCHERS}/{{staff_id}}",
    reply=Watchers,
    permission="complaints.handle",
    errors=_ERRORS,
)
