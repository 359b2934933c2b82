"""What callers get."""

from __future__ import annotations

from marshmallow import fields

from contracts.complaints.vocabulary import AUDIENCES, SHEET_NATURES, SHEET_STATES, STATES, one_of
from contracts.fields import Id, Moment, MoneyField, Reply, Whole


class Choice(Reply):
    value = fields.String(required=True)
    label = fields.String(required=True)


class ActionField(Reply):
    """One input of an action. `kind` tells the value's form; see docs/policies for all kinds."""

    name = fields.String(required=True)
    label = fields.String(required=True)
    kind = fields.String(required=True)
    required = fields.Boolean(required=True)
    help = fields.String(allow_none=True)
    choices = fields.List(fields.Nested(Choice), allow_none=True)
    columns = fields.List(fields.Nested("ActionField"), allow_none=True)


class Action(Reply):
    """Something the caller may do now."""

    name = fields.String(required=True)
    label = fields.String(required=True)
    fields_ = fields.List(fields.Nested(ActionField), required=True, data_key="fields", attribute="fields")
    form = fields.String(allow_none=True, metadata={"description": "The form its fields are kept on."})


class Deadline(Reply):
    id = Id(required=True)
    kind = fields.String(required=True)
    label = fields.String(required=True)
    sheet_id = Id(allow_none=True)
    started_at = Moment(required=True)
    due_at = Moment(required=True)
    remind_at = Moment(allow_none=True)
    state = fields.String(required=True, metadata={"description": "running, paused, held (merged), done or breached."})
    breaches = Whole(required=True, metadata={"description": "Periods it is late."})
    ended_at = Moment(allow_none=True)


class Complainant(Reply):
    name = fields.String(allow_none=True)
    phone = fields.String(allow_none=True, metadata={"description": "Masked without complaints.unmask."})
    email = fields.String(allow_none=True, metadata={"description": "Masked without complaints.unmask."})
    kind = fields.String(allow_none=True)
    customer_id = Id(allow_none=True)
    asset_id = Id(allow_none=True, metadata={"description": "The customer's asset it was matched with."})
    vehicle_plate = fields.String(allow_none=True)
    unit_no = fields.String(allow_none=True)
    address = fields.String(allow_none=True, metadata={"description": "Masked without complaints.unmask."})


class Party(Reply):
    """Who has which part in the case: handler, receiving person, person responsible, ..."""

    party = fields.String(required=True)
    label = fields.String(required=True)
    staff_id = Id(allow_none=True)
    name = fields.String(allow_none=True)
    role = fields.String(allow_none=True)
    department = fields.String(allow_none=True)


class Waiter(Reply):
    """Whom the case waits for."""

    label = fields.String(required=True)
    role = fields.String(allow_none=True)
    staff_id = Id(allow_none=True)


class Decision(Reply):
    by = fields.String(required=True)
    by_id = fields.String(required=True)
    role = fields.String(allow_none=True)
    verdict = fields.String(required=True, metadata={"description": "approved, rejected or delegated."})
    note = fields.String(required=True)
    at = Moment(required=True)


class Proposal(Reply):
    """Something that needs approval by authority: a solution, a compensation."""

    kind = fields.String(required=True)
    label = fields.String(required=True)
    amount = MoneyField(allow_none=True)
    text = fields.String(required=True)
    by = fields.String(required=True)
    by_id = fields.String(required=True)
    at = Moment(required=True)
    state = fields.String(required=True, metadata={"description": "pending, approved, rejected or withdrawn."})
    chain = fields.List(fields.String(), required=True, metadata={"description": "Who decides, in order."})
    decisions = fields.List(fields.Nested(Decision), required=True)


class SheetSummary(Reply):
    id = Id(required=True)
    complaint_id = Id(required=True)
    complaint_number = fields.String(required=True)
    number = fields.String(required=True)
    kind = fields.String(required=True)
    nature = fields.String(required=True, validate=one_of(*SHEET_NATURES))
    label = fields.String(required=True)
    state = fields.String(required=True, validate=one_of(*SHEET_STATES))
    stage = fields.String(required=True)
    stage_label = fields.String(required=True)
    waits_for = fields.List(fields.Nested(Waiter), required=True)
    opened_at = Moment(required=True)
    closed_at = Moment(allow_none=True)
    due_at = Moment(allow_none=True)
    version = Whole(required=True)


class Sheet(SheetSummary):
    values = fields.Dict(required=True, metadata={"description": "Its fields as filled in so far."})
    proposals = fields.List(fields.Nested(Proposal), required=True)
    actions = fields.List(fields.Nested(Action), required=True)


class ComplaintSummary(Reply):
    id = Id(required=True)
    number = fields.String(required=True)
    state = fields.String(required=True, validate=one_of(*STATES))
    process = fields.String(required=True)
    stage = fields.String(required=True)
    stage_label = fields.String(required=True)
    level = fields.String(required=True)
    level_label = fields.String(required=True)
    priority = Whole(required=True)
    category = fields.String(allow_none=True)
    category_label = fields.String(allow_none=True)
    validity = fields.String(allow_none=True)
    channel = fields.String(required=True)
    subject = fields.String(allow_none=True)
    content = fields.String(required=True)
    org_unit_id = Id(allow_none=True)
    complainant = fields.Nested(Complainant, required=True)
    handler_id = Id(allow_none=True)
    due_at = Moment(allow_none=True, metadata={"description": "The next deadline."})
    overdue = fields.Boolean(required=True)
    received_at = Moment(required=True)
    updated_at = Moment(required=True)
    closed_at = Moment(allow_none=True)
    merged_into_id = Id(allow_none=True, metadata={"description": "The case it was merged into: go on with that one."})
    erased_at = Moment(
        allow_none=True, metadata={"description": "Set: its file was destroyed; dates and figures are what is left."}
    )
    version = Whole(required=True)


class LevelReason(Reply):
    rule = fields.String(required=True)
    text = fields.String(required=True)
    at = Moment(required=True)


class Tick(Reply):
    key = fields.String(required=True)
    label = fields.String(required=True)
    done = fields.Boolean(required=True)
    by = fields.String(allow_none=True)
    at = Moment(allow_none=True)
    evidence = fields.String(allow_none=True)


class Link(Reply):
    complaint_id = Id(required=True)
    number = fields.String(required=True)
    kind = fields.String(
        required=True,
        metadata={"description": "follows, followed_by, merged_into, merged, split_from or split_into."},
    )


class MergedCase(Reply):
    """A duplicate that was merged into the case (UX-1)."""

    complaint_id = Id(required=True)
    number = fields.String(required=True)
    channel = fields.String(required=True)
    content = fields.String(required=True)
    received_at = Moment(required=True)
    complainant = fields.Nested(Complainant, required=True)
    merged_at = Moment(required=True)
    by = fields.String(required=True)
    reason = fields.String(required=True)


class ErasureApproval(Reply):
    by = fields.String(required=True)
    by_id = fields.String(required=True)
    role = fields.String(allow_none=True)
    at = Moment(required=True)


class Erasure(Reply):
    """The record of a file's destruction (DC-6). It is never erased."""

    paper = fields.String(required=True, metadata={"description": "Number of the paper under which it was approved."})
    proposed_by = fields.String(required=True)
    proposed_at = Moment(required=True)
    approvals = fields.List(fields.Nested(ErasureApproval), required=True)
    recorded_by = fields.String(required=True)
    recorded_at = Moment(required=True)
    erased_at = Moment(allow_none=True, metadata={"description": "Absent: recorded, and done within a minute or so."})


class Complaint(ComplaintSummary):
    """The whole case as its caller may see it."""

    policy_version = Whole(required=True, metadata={"description": "The policy it began with and keeps."})
    remedy_sought = fields.String(allow_none=True)
    group_size = Whole(required=True)
    claimed_amount = MoneyField(required=True)
    media_risk = fields.Boolean(required=True)
    lawsuit_risk = fields.Boolean(required=True)
    occurred_at = Moment(allow_none=True)
    external_ref = fields.String(allow_none=True)
    facts = fields.Dict(required=True)
    level_reasons = fields.List(fields.Nested(LevelReason), required=True)
    parties = fields.List(fields.Nested(Party), required=True)
    waits_for = fields.List(fields.Nested(Waiter), required=True)
    script = fields.List(fields.String(), required=True, metadata={"description": "What to say and do here (SC-1)."})
    ticks = fields.List(fields.Nested(Tick), required=True)
    proposals = fields.List(fields.Nested(Proposal), required=True)
    sheets = fields.List(fields.Nested(SheetSummary), required=True)
    links = fields.List(fields.Nested(Link), required=True)
    merged = fields.List(
        fields.Nested(MergedCase),
        metadata={"description": "Duplicates merged into it; group_size and claimed_amount count them in."},
    )
    deadlines = fields.List(fields.Nested(Deadline), required=True)
    actions = fields.List(fields.Nested(Action), required=True)
    outcome = fields.String(allow_none=True)
    satisfaction = fields.String(allow_none=True)
    erasure = fields.Nested(Erasure, allow_none=True, metadata={"description": "When its file was destroyed."})
    refused_by_complainant = fields.Boolean(
        metadata={"description": "The complainant refused the decision as it is and has no answer to that yet (IS-7)."},
    )


class HistoryEntry(Reply):
    id = Id(required=True)
    at = Moment(required=True)
    what = fields.String(required=True, metadata={"description": "registered, action, level, deadline, sheet, ..."})
    action = fields.String(allow_none=True)
    label = fields.String(required=True)
    by = fields.String(required=True)
    by_id = fields.String(required=True)
    sheet_id = Id(allow_none=True)
    from_stage = fields.String(allow_none=True)
    to_stage = fields.String(allow_none=True)
    fields_ = fields.Dict(required=True, data_key="fields", attribute="fields")
    note = fields.String(allow_none=True)
    audience = fields.String(
        allow_none=True,
        validate=one_of(*AUDIENCES),
        metadata={"description": "`complainant`: meant for them; absent: for the company's own people only."},
    )
    complaint_id = Id(metadata={"description": "The case, or the one merged into it where this happened."})


class FormValue(Reply):
    name = fields.String(required=True)
    label = fields.String(required=True)
    kind = fields.String(required=True)
    required = fields.Boolean(required=True)
    value = fields.Raw(allow_none=True)


class Form(Reply):
    """A form of the case as filled in so far."""

    key = fields.String(required=True)
    label = fields.String(required=True)
    complete = fields.Boolean(required=True)
    required_here = fields.Boolean(required=True, metadata={"description": "The present stage needs it."})
    internal = fields.Boolean(required=True, metadata={"description": "Never for the complainant's eyes."})
    values = fields.List(fields.Nested(FormValue), required=True)


class Paper(Reply):
    key = fields.String(required=True, metadata={"description": "The kind of the attachment."})
    label = fields.String(required=True)
    state = fields.String(required=True, validate=one_of("present", "missing", "optional", "not_applicable"))


class Dossier(Reply):
    """What the case's file is made of, and what is there (DC-5)."""

    key = fields.String(required=True)
    label = fields.String(required=True)
    complete = fields.Boolean(required=True)
    papers = fields.List(fields.Nested(Paper), required=True)


class Dossiers(Reply):
    items = fields.List(fields.Nested(Dossier), required=True)


class Forms(Reply):
    items = fields.List(fields.Nested(Form), required=True)


class Deadlines(Reply):
    items = fields.List(fields.Nested(Deadline), required=True)


class Attachment(Reply):
    id = Id(required=True)
    complaint_id = Id(required=True)
    filename = fields.String(required=True)
    media_type = fields.String(required=True)
    size = Whole(required=True)
    sha256 = fields.String(required=True)
    kind = fields.String(allow_none=True)
    sheet_id = Id(allow_none=True, metadata={"description": "The sheet it belongs to; absent: the case itself."})
    by = fields.String(required=True)
    at = Moment(required=True)
    struck_at = Moment(allow_none=True, metadata={"description": "It was struck out then; null: it stands."})
    struck_by = fields.String(allow_none=True)
    struck_reason = fields.String(allow_none=True)


class AttachmentContent(Attachment):
    content = fields.String(required=True, metadata={"description": "base64"})


class IntakeOption(Reply):
    key = fields.String(required=True)
    label = fields.String(required=True)


class Intake(Reply):
    """What this company's policy asks at intake, in the caller's language."""

    policy_version = Whole(required=True)
    channels = fields.List(fields.Nested(IntakeOption), required=True)
    categories = fields.List(fields.Nested(IntakeOption), required=True)
    levels = fields.List(fields.Nested(IntakeOption), required=True)
    complainant_kinds = fields.List(fields.Nested(IntakeOption), required=True)
    facts = fields.List(fields.Nested(ActionField), required=True)
    script = fields.List(fields.String(), required=True)


class Precedent(Reply):
    """A closed case worth learning from. It names nobody."""

    id = Id(required=True)
    category = fields.String(allow_none=True)
    category_label = fields.String(allow_none=True)
    level = fields.String(required=True)
    level_label = fields.String(required=True)
    outcome = fields.String(allow_none=True)
    outcome_label = fields.String(allow_none=True)
    title = fields.String(required=True)
    account = fields.String(required=True, metadata={"description": "What happened and how it was settled."})
    analysis = fields.String(required=True, metadata={"description": "What is to be learnt."})
    award = MoneyField(allow_none=True, metadata={"description": "What was paid; null when nothing was."})
    kept_at = Moment(required=True)


class PrecedentAwards(Reply):
    """The range of what was paid in the precedents that fit."""

    precedents = Whole(required=True)
    paid = Whole(required=True, metadata={"description": "Those of them in which something was paid."})
    least = MoneyField(allow_none=True)
    median = MoneyField(allow_none=True, metadata={"description": "The lower one of two in the middle."})
    most = MoneyField(allow_none=True)


class ReportRow(Reply):
    group = fields.String(required=True, metadata={"description": "Key of the group: a category, level, ..."})
    label = fields.String(required=True)
    figures = fields.Dict(required=True)


class ReportTable(Reply):
    by = fields.String(required=True, metadata={"description": "What the rows are: category, level, channel, ..."})
    label = fields.String(required=True)
    rows = fields.List(fields.Nested(ReportRow), required=True)


class ReportCount(Reply):
    """Of the cases received: how many are where the policy wants every case to come."""

    key = fields.String(required=True)
    label = fields.String(required=True)
    cases = Whole(required=True)
    share = fields.Float(required=True, allow_none=True, metadata={"description": "Per cent; null without cases."})


class _Report(Reply):
    from_ = Moment(required=True, data_key="from", attribute="from")
    to = Moment(required=True)
    due_at = Moment(required=True, metadata={"description": "When the policy wants it."})
    figures = fields.Dict(required=True, metadata={"description": "Figures of the whole by name; rates in per cent."})
    labels = fields.Dict(required=True)
    counts = fields.List(fields.Nested("ReportCount"), required=True)
    tables = fields.List(fields.Nested(ReportTable), required=True)


class DailyReport(_Report):
    """The day's figures, counted from the cases as they stand."""

    date = fields.String(required=True)
    label = fields.String(required=True, metadata={"description": "What the policy calls the report."})


class MonthlyReport(_Report):
    """The month's figures, counted from the cases as they stand."""

    month = fields.String(required=True)


class WeeklyReport(_Report):
    """The figures of a week, Monday to Sunday, counted from the cases as they stand."""

    week_of = fields.String(required=True, metadata={"description": "Its Monday."})
    label = fields.String(required=True, metadata={"description": "What the policy calls the report."})


class YearlyReport(_Report):
    """The year's figures of the cases that enter the policy's yearly report, as they stand."""

    year = Whole(required=True)
    label = fields.String(required=True, metadata={"description": "What the policy calls the report."})
