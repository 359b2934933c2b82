"""What others may follow."""

from __future__ import annotations

from marshmallow import fields

from contracts.complaints.vocabulary import SERVICE
from contracts.core import Event
from contracts.fields import Id, Moment, MoneyField, Reply, Whole
from contracts.notifications import MessageRequest, MessageWithdrawal


class CaseFacts(Reply):
    """What every complaint event carries; no personal data."""

    complaint_id = Id(required=True)
    number = fields.String(required=True)
    org_unit_id = Id(allow_none=True)
    customer_id = Id(allow_none=True)
    channel = fields.String(required=True)
    category = fields.String(allow_none=True)
    level = fields.String(required=True)
    validity = fields.String(allow_none=True)
    stage = fields.String(required=True)
    state = fields.String(required=True)
    received_at = Moment(required=True)
    at = Moment(required=True, metadata={"description": "When this happened."})


class Opened(CaseFacts):
    vehicle_plate = fields.String(allow_none=True)
    unit_no = fields.String(allow_none=True)
    group_size = Whole(required=True)
    claimed_amount = MoneyField(required=True)
    follows = Id(allow_none=True)


class ComplainantNamed(Reply):
    """For finding the customer (AD-2): personal data, so never for partners."""

    complaint_id = Id(required=True)
    number = fields.String(required=True)
    customer_id = Id(allow_none=True)
    name = fields.String(allow_none=True)
    phone = fields.String(allow_none=True)
    vehicle_plate = fields.String(allow_none=True)
    unit_no = fields.String(allow_none=True)
    org_unit_id = Id(allow_none=True)


class Moved(CaseFacts):
    action = fields.String(allow_none=True, metadata={"description": "None: the system moved it."})
    from_stage = fields.String(required=True)
    handler_id = Id(allow_none=True)


class LevelChanged(CaseFacts):
    before = fields.String(required=True)
    rules = fields.List(fields.String(), required=True, metadata={"description": "The rules that made it so."})
    by_system = fields.Boolean(required=True)
    reason = fields.String(allow_none=True)


class ProposalDecided(CaseFacts):
    kind = fields.String(required=True)
    sheet_id = Id(allow_none=True)
    amount = MoneyField(allow_none=True)
    verdict = fields.String(required=True, metadata={"description": "approved or rejected, by the whole chain."})


class DeadlinePassed(CaseFacts):
    deadline = fields.String(required=True)
    sheet_id = Id(allow_none=True)
    due_at = Moment(required=True)
    period = Whole(required=True, metadata={"description": "1 at the first breach."})
    handler_id = Id(allow_none=True)
    department = fields.String(allow_none=True)


class Closed(CaseFacts):
    outcome = fields.String(allow_none=True)
    satisfaction = fields.String(allow_none=True)
    satisfied = fields.Boolean(allow_none=True)
    handler_id = Id(allow_none=True)
    department = fields.String(allow_none=True)


class Reopened(CaseFacts):
    times = Whole(required=True)
    reason = fields.String(allow_none=True)


class Merged(CaseFacts):
    into_id = Id(required=True)
    into_number = fields.String(required=True, metadata={"description": "Go on with this one."})


class Split(CaseFacts):
    made = fields.List(Id(), required=True, metadata={"description": "The new cases."})


class Erased(CaseFacts):
    """Forget what you keep of the case but figures: whoever has copies of its data is told by this."""

    paper = fields.String(required=True, metadata={"description": "Number of the paper under which it was approved."})


class SheetFacts(CaseFacts):
    sheet_id = Id(required=True)
    sheet_number = fields.String(required=True)
    kind = fields.String(required=True)
    nature = fields.String(required=True)
    sheet_state = fields.String(required=True)
    amount = MoneyField(allow_none=True, metadata={"description": "Of an approved proposal on it."})


class Finding(CaseFacts):
    """A finding of responsibility, for performance (AD-9, AD-10). Nothing is booked here."""

    finding_id = Id(required=True)
    kind = fields.String(required=True)
    staff_id = Id(allow_none=True)
    department = fields.String(allow_none=True)
    amount = MoneyField(allow_none=True)
    share = Whole(allow_none=True, metadata={"description": "Per cent of the responsibility."})
    note = fields.String(allow_none=True)


def _event(type_: str, payload: type[Reply], summary: str, *, partner: bool = True) -> Event:
    return Event(service=SERVICE, type=type_, aggregate="complaint", payload=payload, summary=summary, partner=partner)


COMPLAINT_OPENED = _event("complaint.opened", Opened, "A complaint was registered.")
COMPLAINANT_NAMED = _event(
    "complaint.complainant_named", ComplainantNamed, "Who complained, for finding the customer on file.", partner=False
)
COMPLAINT_MOVED = _event("complaint.moved", Moved, "A case went to another stage.")
LEVEL_CHANGED = _event("complaint.level_changed", LevelChanged, "A case's level rose, or was lowered with a reason.")
PROPOSAL_DECIDED = _event("complaint.proposal_decided", ProposalDecided, "A proposal was approved or rejected.")
DEADLINE_BREACHED = _event(
    "complaint.deadline_breached", DeadlinePassed, "A deadline passed, or is late another period."
)
COMPLAINT_CLOSED = _event("complaint.closed", Closed, "A case was closed.")
COMPLAINT_REOPENED = _event("complaint.reopened", Reopened, "A closed case was opened again.")
COMPLAINT_MERGED = _event("complaint.merged", Merged, "A duplicate was merged into another case and stands still.")
COMPLAINT_UNMERGED = _event("complaint.unmerged", Merged, "A merged case was taken out again and goes on.")
COMPLAINT_SPLIT = _event("complaint.split", Split, "Matters of a case became cases of their own.")
COMPLAINT_ERASED = _event(
    "complaint.erased", Erased, "A case's file was destroyed: only its dates and figures are left."
)
SHEET_OPENED = _event("complaint.sheet_opened", SheetFacts, "A sheet was opened: urging notice, corrective action, ...")
SHEET_CLOSED = _event("complaint.sheet_closed", SheetFacts, "A sheet was finished or declared void.")
FINDING_MADE = _event("complaint.finding_made", Finding, "Who answers for what.")
MESSAGE_REQUESTED = _event(
    "complaint.message_requested", MessageRequest, "Somebody is to be told something.", partner=False
)
MESSAGE_WITHDRAWN = _event(
    "complaint.message_withdrawn", MessageWithdrawal, "A message not yet sent is pointless now.", partner=False
)
