"""The calls."""

from __future__ import annotations

from contracts.complaints.inputs import (
    ActionInput,
    ActionPath,
    AttachmentListQuery,
    AttachmentQuery,
    ComplaintChange,
    ComplaintInput,
    ComplaintQuery,
    DayQuery,
    MonthQuery,
    NatureQuery,
    PrecedentFilter,
    PrecedentQuery,
    SheetActionPath,
    SheetQuery,
    UnmaskInput,
    YearQuery,
)
from contracts.complaints.problems import (
    ACTION_NOT_AVAILABLE,
    BEYOND_AUTHORITY,
    CASE_MERGED,
    CLOSED_CASE,
    FILTER_BROKEN,
    NO_POLICY,
    NOT_YOUR_TURN,
    OWN_PROPOSAL,
    STAGE_INCOMPLETE,
)
from contracts.complaints.replies import (
    Attachment,
    AttachmentContent,
    Complainant,
    Complaint,
    ComplaintSummary,
    DailyReport,
    Deadlines,
    Dossiers,
    Forms,
    HistoryEntry,
    Intake,
    MonthlyReport,
    Precedent,
    PrecedentAwards,
    Sheet,
    SheetSummary,
    WeeklyReport,
    YearlyReport,
)
from contracts.complaints.vocabulary import SERVICE
from contracts.core import Operation
from contracts.fields import PageQuery, page_of
from contracts.problems import INVALID, NOT_FOUND, OUT_OF_SCOPE, STALE

_ONE = "/v1/complaints/{complaint_id}"
_SCOPED = (NOT_FOUND, OUT_OF_SCOPE)
_ACTING = (
    *_SCOPED,
    INVALID,
    STALE,
    ACTION_NOT_AVAILABLE,
    NOT_YOUR_TURN,
    BEYOND_AUTHORITY,
    OWN_PROPOSAL,
    STAGE_INCOMPLETE,
    CASE_MERGED,
)

CREATE_COMPLAINT = Operation(
    service=SERVICE,
    name="create_complaint",
    summary="Register a complaint",
    verb="POST",
    path="/v1/complaints",
    body=ComplaintInput,
    reply=Complaint,
    success=201,
    permission="complaints.register",
    versioned=True,
    errors=(NOT_FOUND, OUT_OF_SCOPE, INVALID, NO_POLICY),
)
LIST_COMPLAINTS = Operation(
    service=SERVICE,
    name="list_complaints",
    summary="Search complaints",
    verb="GET",
    path="/v1/complaints",
    query=ComplaintQuery,
    reply=page_of(ComplaintSummary),
    permission="complaints.read",
    errors=(NOT_FOUND, NO_POLICY, FILTER_BROKEN),
)
GET_COMPLAINT = Operation(
    service=SERVICE,
    name="get_complaint",
    summary="Read a complaint and what you may do with it",
    verb="GET",
    path=_ONE,
    reply=Complaint,
    permission="complaints.read",
    versioned=True,
    errors=_SCOPED,
)
UPDATE_COMPLAINT = Operation(
    service=SERVICE,
    name="update_complaint",
    summary="Correct or complete the facts of a complaint",
    verb="PATCH",
    path=_ONE,
    body=ComplaintChange,
    reply=Complaint,
    permission="complaints.amend",
    versioned=True,
    errors=(*_SCOPED, INVALID, STALE, CLOSED_CASE, CASE_MERGED),
)
UNMASK_COMPLAINANT = Operation(
    service=SERVICE,
    name="unmask_complainant",
    summary="See the complainant's personal data in clear",
    verb="POST",
    path=f"{_ONE}/unmask",
    body=UnmaskInput,
    reply=Complainant,
    permission="complaints.unmask",
    errors=_SCOPED,
    description="Each use is recorded with the reason.",
)
ACT = Operation(
    service=SERVICE,
    name="act",
    summary="Move a complaint by an action of its policy",
    verb="POST",
    path=f"{_ONE}/actions/{{name}}",
    path_schema=ActionPath,
    body=ActionInput,
    reply=Complaint,
    permission="complaints.read",
    versioned=True,
    errors=_ACTING,
    description="The one door through which a case moves. Each action names its own permission in the policy.",
)
GET_HISTORY = Operation(
    service=SERVICE,
    name="get_history",
    summary="Everything that happened with a complaint, newest first",
    verb="GET",
    path=f"{_ONE}/history",
    query=PageQuery,
    reply=page_of(HistoryEntry),
    permission="complaints.read",
    errors=_SCOPED,
)
GET_DEADLINES = Operation(
    service=SERVICE,
    name="get_deadlines",
    summary="The deadlines of a complaint and its sheets",
    verb="GET",
    path=f"{_ONE}/deadlines",
    reply=Deadlines,
    permission="complaints.read",
    errors=_SCOPED,
)
GET_FORMS = Operation(
    service=SERVICE,
    name="get_forms",
    summary="The forms of a complaint",
    verb="GET",
    path=f"{_ONE}/forms",
    reply=Forms,
    permission="complaints.read",
    errors=_SCOPED,
)
GET_DOSSIERS = Operation(
    service=SERVICE,
    name="get_dossiers",
    summary="The dossiers of a complaint: which papers are there and which are missing",
    verb="GET",
    path=f"{_ONE}/dossiers",
    reply=Dossiers,
    permission="complaints.read",
    errors=_SCOPED,
)
LIST_ATTACHMENTS = Operation(
    service=SERVICE,
    name="list_attachments",
    summary="The attachments of a complaint",
    verb="GET",
    path=f"{_ONE}/attachments",
    query=AttachmentListQuery,
    reply=page_of(Attachment),
    permission="complaints.read",
    errors=_SCOPED,
)
ADD_ATTACHMENT = Operation(
    service=SERVICE,
    name="add_attachment",
    summary="Attach a file to a complaint",
    verb="POST",
    path=f"{_ONE}/attachments",
    query=AttachmentQuery,
    reply=Attachment,
    success=201,
    upload=True,
    permission="complaints.attach",
    errors=(*_SCOPED, CASE_MERGED),
)
GET_ATTACHMENT = Operation(
    service=SERVICE,
    name="get_attachment",
    summary="Read an attached file",
    verb="GET",
    path=f"{_ONE}/attachments/{{attachment_id}}",
    reply=AttachmentContent,
    permission="complaints.read",
    errors=_SCOPED,
)
GET_SHEET = Operation(
    service=SERVICE,
    name="get_sheet",
    summary="Read a sheet and what you may do with it",
    verb="GET",
    path=f"{_ONE}/sheets/{{sheet_id}}",
    reply=Sheet,
    permission="complaints.read",
    versioned=True,
    errors=_SCOPED,
)
ACT_ON_SHEET = Operation(
    service=SERVICE,
    name="act_on_sheet",
    summary="Move a sheet by an action of its policy",
    verb="POST",
    path=f"{_ONE}/sheets/{{sheet_id}}/actions/{{name}}",
    path_schema=SheetActionPath,
    body=ActionInput,
    reply=Sheet,
    permission="complaints.read",
    versioned=True,
    errors=_ACTING,
)
LIST_SHEETS = Operation(
    service=SERVICE,
    name="list_sheets",
    summary="Search sheets of all complaints",
    verb="GET",
    path="/v1/sheets",
    query=SheetQuery,
    reply=page_of(SheetSummary),
    permission="complaints.read",
)
LIST_URGING_NOTICES = Operation(
    service=SERVICE,
    name="list_urging_notices",
    summary="List urging notices",
    verb="GET",
    path="/v1/urging-notices",
    query=NatureQuery,
    reply=page_of(SheetSummary),
    permission="complaints.read",
)
LIST_CORRECTIVE_ACTIONS = Operation(
    service=SERVICE,
    name="list_corrective_actions",
    summary="List corrective actions",
    verb="GET",
    path="/v1/corrective-actions",
    query=NatureQuery,
    reply=page_of(SheetSummary),
    permission="complaints.read",
)
GET_INTAKE = Operation(
    service=SERVICE,
    name="get_intake",
    summary="What to ask when a complaint comes in",
    verb="GET",
    path="/v1/complaint-intake",
    reply=Intake,
    permission="complaints.register",
    errors=(NO_POLICY,),
)
LIST_PRECEDENTS = Operation(
    service=SERVICE,
    name="list_precedents",
    summary="Search the case library",
    verb="GET",
    path="/v1/precedents",
    query=PrecedentQuery,
    reply=page_of(Precedent),
    permission="complaints.read",
    errors=(NO_POLICY,),
    description="Closed cases worth learning from, of the whole company; they name nobody.",
)
PRECEDENT_AWARDS = Operation(
    service=SERVICE,
    name="precedent_awards",
    summary="The range of awards in the case library",
    verb="GET",
    path="/v1/precedent-awards",
    query=PrecedentFilter,
    reply=PrecedentAwards,
    permission="complaints.read",
)
DAILY_REPORT = Operation(
    service=SERVICE,
    name="daily_report",
    summary="The day's complaint figures",
    verb="GET",
    path="/v1/reports/complaints-daily",
    query=DayQuery,
    reply=DailyReport,
    permission="complaints.report",
    errors=(NO_POLICY, NOT_FOUND, OUT_OF_SCOPE),
    description="What enters it is the policy's; a policy may have none.",
)
WEEKLY_REPORT = Operation(
    service=SERVICE,
    name="weekly_report",
    summary="The week's complaint figures",
    verb="GET",
    path="/v1/reports/complaints-weekly",
    query=DayQuery,
    reply=WeeklyReport,
    permission="complaints.report",
    errors=(NO_POLICY, NOT_FOUND, OUT_OF_SCOPE),
    description="Of the week that holds the date. A policy may have none.",
)
MONTHLY_REPORT = Operation(
    service=SERVICE,
    name="monthly_report",
    summary="The month's complaint figures",
    verb="GET",
    path="/v1/reports/complaints-monthly",
    query=MonthQuery,
    reply=MonthlyReport,
    permission="complaints.report",
    errors=(NO_POLICY, OUT_OF_SCOPE),
)
YEARLY_REPORT = Operation(
    service=SERVICE,
    name="yearly_report",
    summary="The year's figures of the cases that enter the yearly report",
    verb="GET",
    path="/v1/reports/complaints-yearly",
    query=YearQuery,
    reply=YearlyReport,
    permission="complaints.report",
    errors=(NO_POLICY, NOT_FOUND, OUT_OF_SCOPE),
    description="Which categories and levels enter it is the policy's; a policy may have none.",
)
