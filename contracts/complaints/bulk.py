"""One action of the policy on many complaints (SPEC UX-6)."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from contracts.complaints.inputs import CaseFilter
from contracts.complaints.problems import BULK_OVER, FILTER_BROKEN, NO_POLICY
from contracts.complaints.vocabulary import SERVICE, one_of
from contracts.core import Operation
from contracts.fields import Body, Id, Moment, PageQuery, Reply, Slug, Whole, page_of
from contracts.problems import INVALID, NOT_FOUND

_ALL = "/v1/complaint-bulk"
_ONE = f"{_ALL}/{{bulk_id}}"
MAX_CASES = 200
JOB_STATES = ("queued", "running", "done", "cancelled")
ITEM_STATES = ("waiting", "done", "refused")


class BulkInput(Body):
    """Which complaints: `complaint_ids`; or those that `filter` and `query` list now, of these ids when given. 200 at
    most."""

    action = Slug(required=True)
    fields_ = fields.Dict(
        keys=Slug(), values=fields.Raw(allow_none=True), load_default=dict, data_key="fields", attribute="fields"
    )
    complaint_ids = fields.List(Id(), validate=validate.Length(1, MAX_CASES))
    expected_versions = fields.Dict(
        keys=fields.UUID(),
        values=Whole(min=1),
        load_default=dict,
        metadata={"description": "Complaint -> the version it must still have, as its ETag says."},
    )
    filter = Id()
    query = fields.Nested(CaseFilter)

    @validates_schema
    def _names_complaints(self, data: dict[str, Any], **_: Any) -> None:
        if not {"complaint_ids", "filter", "query"} & set(data):
            raise ValidationError({"complaint_ids": ["name the complaints, or give `filter` or `query`"]})


class BulkJob(Reply):
    id = Id(required=True)
    action = fields.String(required=True)
    state = fields.String(required=True, validate=one_of(*JOB_STATES))
    total = Whole(required=True)
    done = Whole(required=True)
    refused = Whole(required=True)
    waiting = Whole(required=True, metadata={"description": "Of a cancelled one: left as they were."})
    made_at = Moment(required=True)
    finished_at = Moment(allow_none=True)


class BulkProblem(Reply):
    """Why one complaint was refused, as the action itself would have answered."""

    code = fields.String(required=True)
    status = Whole(required=True)
    detail = fields.String(required=True)
    errors = fields.List(fields.Dict(), required=True)


class BulkItem(Reply):
    complaint_id = Id(required=True)
    number = fields.String(allow_none=True)
    state = fields.String(required=True, validate=one_of(*ITEM_STATES))
    at = Moment(allow_none=True)
    problem = fields.Nested(BulkProblem, allow_none=True)


class BulkItemQuery(PageQuery):
    state = fields.String(validate=one_of(*ITEM_STATES))


CREATE_BULK = Operation(
    service=SERVICE,
    name="create_bulk",
    summary="Take one action on many complaints",
    verb="POST",
    path=_ALL,
    body=BulkInput,
    reply=BulkJob,
    success=202,
    permission="complaints.read",
    errors=(INVALID, NOT_FOUND, FILTER_BROKEN, NO_POLICY),
    description="Each is acted on by the same door as alone, in your name and with your rights, in a transaction of "
    "its own and once. A decision on a proposal is taken case by case, unless the policy says otherwise (`bulk`).",
)
LIST_BULK = Operation(
    service=SERVICE,
    name="list_bulk",
    summary="Your acts on many complaints, newest first",
    verb="GET",
    path=_ALL,
    query=PageQuery,
    reply=page_of(BulkJob),
    permission="complaints.read",
)
GET_BULK = Operation(
    service=SERVICE,
    name="get_bulk",
    summary="How far an act on many complaints is",
    verb="GET",
    path=_ONE,
    reply=BulkJob,
    permission="complaints.read",
    errors=(NOT_FOUND,),
)
LIST_BULK_ITEMS = Operation(
    service=SERVICE,
    name="list_bulk_items",
    summary="What became of each complaint",
    verb="GET",
    path=f"{_ONE}/items",
    query=BulkItemQuery,
    reply=page_of(BulkItem),
    permission="complaints.read",
    errors=(NOT_FOUND,),
)
CANCEL_BULK = Operation(
    service=SERVICE,
    name="cancel_bulk",
    summary="Leave the rest of the complaints as they are",
    verb="POST",
    path=f"{_ONE}/cancel",
    reply=BulkJob,
    permission="complaints.read",
    errors=(NOT_FOUND, BULK_OVER),
)
