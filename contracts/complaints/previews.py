"""What a draft of the policy would change of the open cases, without changing them (SPEC PL-5)."""

from __future__ import annotations

from marshmallow import fields

from contracts.complaints.problems import NO_POLICY
from contracts.complaints.vocabulary import DANGERS, DIFFERENCES, SERVICE, one_of
from contracts.core import Operation
from contracts.fields import Id, Moment, PageQuery, Reply, Whole
from contracts.problems import INVALID, NOT_FOUND


class PreviewedChange(Reply):
    """One thing that would be otherwise for a case."""

    what = fields.String(required=True, validate=one_of(*DANGERS, *DIFFERENCES))
    what_label = fields.String(required=True)
    key = fields.String(required=True, metadata={"description": "Which stage, level, deadline, kind of proposal, ..."})
    label = fields.String(required=True)
    sheet_id = Id(allow_none=True, metadata={"description": "The sheet it is about; null: the case itself."})
    before = fields.String(allow_none=True, metadata={"description": "By the case's own policy."})
    after = fields.String(
        allow_none=True,
        metadata={"description": "By the draft. Of a term that would appear its length: `3 business_days`."},
    )


class PreviewedCase(Reply):
    complaint_id = Id(required=True)
    number = fields.String(required=True)
    stage_label = fields.String(required=True)
    level_label = fields.String(required=True)
    policy_version = Whole(required=True)
    dangerous = fields.Boolean(required=True)
    changes = fields.List(fields.Nested(PreviewedChange), required=True)


class PreviewTotal(Reply):
    """How many of the cases looked at have that change."""

    what = fields.String(required=True, validate=one_of(*DANGERS, *DIFFERENCES))
    what_label = fields.String(required=True)
    key = fields.String(required=True)
    label = fields.String(required=True)
    before = fields.String(allow_none=True)
    after = fields.String(allow_none=True)
    cases = Whole(required=True)


class PolicyPreview(Reply):
    at = Moment(required=True)
    draft_id = Id(required=True)
    base_version = Whole(required=True, metadata={"description": "In force when the draft was made."})
    notice = fields.String(required=True)
    open_cases = Whole(required=True, metadata={"description": "Those the caller may see."})
    looked_at = Whole(required=True)
    affected = Whole(required=True, metadata={"description": "Of those looked at."})
    totals = fields.List(fields.Nested(PreviewTotal), required=True, metadata={"description": "Dangers first."})
    cases = fields.List(fields.Nested(PreviewedCase), required=True, metadata={"description": "Dangerous ones first."})
    next_cursor = fields.String(allow_none=True, metadata={"description": "Null: every open case was looked at."})


PREVIEW_POLICY = Operation(
    service=SERVICE,
    name="preview_policy",
    summary="What a draft of the policy would change of the open cases",
    verb="GET",
    path="/v1/policies/complaints/drafts/{draft_id}/preview",
    query=PageQuery,
    reply=PolicyPreview,
    permission="complaints.report",
    errors=(NOT_FOUND, INVALID, NO_POLICY),
    description="A preview at a moment: it changes nothing, and a case keeps the policy it began with. All cases "
    "looked at are counted, `limit` of them are named. One call looks at 5,000 at most; `cursor` goes on after them, "
    "with counts of its own part.",
)
