"""Saved filters of the list of complaints, and how many complaints there are for a work queue (SPEC UX-6)."""

from __future__ import annotations

from marshmallow import fields

from contracts.complaints.inputs import CaseFilter, ComplaintCountQuery
from contracts.complaints.problems import FILTER_BROKEN, FILTER_NOT_YOURS, NO_POLICY
from contracts.complaints.vocabulary import SERVICE, SORTS, one_of
from contracts.core import Operation
from contracts.fields import Body, Id, Line, PageQuery, Reply, Slug, Whole, page_of
from contracts.problems import CONFLICT, INVALID, NOT_FOUND, OUT_OF_SCOPE, STALE

_ALL = "/v1/complaint-filters"
_ONE = f"{_ALL}/{{filter_id}}"


class FilterInput(Body):
    """Without `role` and `org_unit_id` it is for oneself; with both, for those it suits in either way."""

    name = Line(required=True, max=80)
    query = fields.Nested(CaseFilter, required=True)
    sort = fields.String(allow_none=True, validate=one_of(*SORTS))
    role = Slug(allow_none=True, metadata={"description": "Shared with who has this role."})
    org_unit_id = Id(allow_none=True, metadata={"description": "Shared with who acts in this org unit."})


class FilterChange(Body):
    name = Line(max=80, min=1)
    query = fields.Nested(CaseFilter)
    sort = fields.String(allow_none=True, validate=one_of(*SORTS))
    role = Slug(allow_none=True)
    org_unit_id = Id(allow_none=True)


class BrokenPart(Reply):
    field = fields.String(required=True)
    value = fields.String(required=True)


class SavedFilter(Reply):
    id = Id(required=True)
    name = fields.String(required=True)
    query = fields.Dict(required=True)
    sort = fields.String(allow_none=True)
    role = fields.String(allow_none=True)
    org_unit_id = Id(allow_none=True)
    mine = fields.Boolean(required=True)
    default = fields.Boolean(required=True, metadata={"description": "The caller's own first choice."})
    broken = fields.List(
        fields.Nested(BrokenPart),
        required=True,
        metadata={"description": "What it names and the policy in force or the company no longer has."},
    )
    version = Whole(required=True)


class Count(Reply):
    key = fields.String(required=True)
    label = fields.String(required=True)
    complaints = Whole(required=True)


class CountGroup(Reply):
    by = fields.String(required=True, metadata={"description": "state, level, stage or category."})
    rows = fields.List(fields.Nested(Count), required=True)


class Counts(Reply):
    total = Whole(required=True)
    overdue = Whole(required=True)
    groups = fields.List(fields.Nested(CountGroup), required=True)


COUNT_COMPLAINTS = Operation(
    service=SERVICE,
    name="count_complaints",
    summary="How many complaints there are, by state, level, stage and category",
    verb="GET",
    path="/v1/complaint-counts",
    query=ComplaintCountQuery,
    reply=Counts,
    permission="complaints.read",
    errors=(NOT_FOUND, NO_POLICY, FILTER_BROKEN),
)
LIST_FILTERS = Operation(
    service=SERVICE,
    name="list_filters",
    summary="Your saved filters and those shared with you",
    verb="GET",
    path=_ALL,
    query=PageQuery,
    reply=page_of(SavedFilter),
    permission="complaints.read",
    errors=(NO_POLICY,),
)
CREATE_FILTER = Operation(
    service=SERVICE,
    name="create_filter",
    summary="Save a filter of the list of complaints",
    verb="POST",
    path=_ALL,
    body=FilterInput,
    reply=SavedFilter,
    success=201,
    permission="complaints.read",
    versioned=True,
    errors=(INVALID, CONFLICT, OUT_OF_SCOPE, NO_POLICY),
)
GET_FILTER = Operation(
    service=SERVICE,
    name="get_filter",
    summary="Read a saved filter",
    verb="GET",
    path=_ONE,
    reply=SavedFilter,
    permission="complaints.read",
    versioned=True,
    errors=(NOT_FOUND, NO_POLICY),
)
UPDATE_FILTER = Operation(
    service=SERVICE,
    name="update_filter",
    summary="Change a filter of your own",
    verb="PATCH",
    path=_ONE,
    body=FilterChange,
    reply=SavedFilter,
    permission="complaints.read",
    versioned=True,
    errors=(NOT_FOUND, INVALID, CONFLICT, STALE, OUT_OF_SCOPE, FILTER_NOT_YOURS, NO_POLICY),
)
DELETE_FILTER = Operation(
    service=SERVICE,
    name="delete_filter",
    summary="Delete a filter of your own",
    verb="DELETE",
    path=_ONE,
    success=204,
    permission="complaints.read",
    errors=(NOT_FOUND, FILTER_NOT_YOURS),
)
SET_DEFAULT_FILTER = Operation(
    service=SERVICE,
    name="set_default_filter",
    summary="Make a filter your first choice",
    verb="PUT",
    path=f"{_ONE}/default",
    reply=SavedFilter,
    permission="complaints.read",
    errors=(NOT_FOUND, NO_POLICY),
    description="In place of the one before.",
)
UNSET_DEFAULT_FILTER = Operation(
    service=SERVICE,
    name="unset_default_filter",
    summary="Have this filter as your first choice no longer",
    verb="DELETE",
    path=f"{_ONE}/default",
    reply=SavedFilter,
    permission="complaints.read",
    errors=(NOT_FOUND, NO_POLICY),
)
