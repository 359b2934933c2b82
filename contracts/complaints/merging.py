"""Duplicates merged into one case, and one case split into several (SPEC UX-1, UX-2)."""

from __future__ import annotations

from marshmallow import fields, validate

from contracts.complaints.problems import CASE_ERASED, CASE_MERGED, CLOSED_CASE, NO_POLICY, NOT_MERGED, OPEN_SHEETS
from contracts.complaints.replies import Complaint, Link
from contracts.complaints.vocabulary import SERVICE
from contracts.core import Operation
from contracts.fields import Body, Id, Line, Reply, Slug, Text
from contracts.problems import INVALID, NOT_FOUND, OUT_OF_SCOPE, STALE

_ONE = "/v1/complaints/{complaint_id}"
MAX_PARTS = 20


class MergeInput(Body):
    into = Id(required=True, metadata={"description": "The open case it is a duplicate of."})
    reason = Line(required=True, min=2, max=300)


class UnmergeInput(Body):
    reason = Line(required=True, min=2, max=300)


class SplitItem(Body):
    """One matter, to become a case of its own."""

    content = Text(required=True, max=8000)
    category = Slug()
    subject = Line(max=200)
    remedy_sought = Text(max=2000)
    attachments = fields.List(
        Id(),
        load_default=list,
        validate=validate.Length(max=50),
        metadata={"description": "Files of the case that belong to this matter; they are on both then."},
    )


class SplitInput(Body):
    items = fields.List(fields.Nested(SplitItem), required=True, validate=validate.Length(1, MAX_PARTS))
    reason = Line(required=True, min=2, max=300)


class SplitResult(Reply):
    complaint = fields.Nested(Complaint, required=True, metadata={"description": "The case that was split."})
    made = fields.List(fields.Nested(Link), required=True, metadata={"description": "The new ones, in order."})


MERGE_COMPLAINT = Operation(
    service=SERVICE,
    name="merge_complaint",
    summary="Merge a duplicate into another open complaint",
    verb="POST",
    path=f"{_ONE}/merge",
    body=MergeInput,
    reply=Complaint,
    permission="complaints.merge",
    errors=(NOT_FOUND, OUT_OF_SCOPE, INVALID, STALE, CASE_MERGED, CASE_ERASED, CLOSED_CASE, OPEN_SHEETS),
    description="Answers with the surviving complaint. Everything on the duplicate stays readable through it; "
    "the duplicate stands still and counts nowhere.",
)
UNMERGE_COMPLAINT = Operation(
    service=SERVICE,
    name="unmerge_complaint",
    summary="Take a merged complaint out again",
    verb="POST",
    path=f"{_ONE}/unmerge",
    body=UnmergeInput,
    reply=Complaint,
    permission="complaints.merge",
    errors=(NOT_FOUND, OUT_OF_SCOPE, STALE, NOT_MERGED, CLOSED_CASE),
    description="Possible while the surviving complaint is open. The complaint goes on as if it had never been merged: "
    "its deadlines counted on meanwhile.",
)
SPLIT_COMPLAINT = Operation(
    service=SERVICE,
    name="split_complaint",
    summary="Make complaints of their own of a complaint's several matters",
    verb="POST",
    path=f"{_ONE}/split",
    body=SplitInput,
    reply=SplitResult,
    success=201,
    permission="complaints.merge",
    errors=(NOT_FOUND, OUT_OF_SCOPE, INVALID, CASE_MERGED, CASE_ERASED, CLOSED_CASE, NO_POLICY),
    description="Each is registered by the policy like any other, with its complainant, asset and time of receipt.",
)
