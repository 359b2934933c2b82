"""Periodic reports that make themselves when their period is over and never change afterwards (SPEC PL-13)."""

from __future__ import annotations

from marshmallow import fields, validate

from contracts.complaints.problems import NO_POLICY
from contracts.complaints.replies import ReportCount, ReportTable
from contracts.complaints.vocabulary import REPORT_FORMATS, SERVICE, one_of
from contracts.core import Event, Operation
from contracts.fields import Body, Download, Flag, Id, Line, Moment, PageQuery, Reply, Slug, Whole, page_of
from contracts.problems import CONFLICT, INVALID, LOCALES, NOT_FOUND, PRINTING_UNAVAILABLE, ProblemType

WHOLE_COMPANY_ONLY = ProblemType(
    "whole_company_only", 403,
    "A kept report has the figures of the whole company; your credential covers only some of its org units. "
    "Theirs are at /v1/reports/complaints-monthly and its kin.",
    "存档报表为全公司数据,您的凭证只包含部分组织单元。本单元的数据请查询 /v1/reports/complaints-monthly 等接口。",
)  # fmt: skip
PERIOD_NOT_OVER = ProblemType(
    "period_not_over", 409,
    "{period} is not over. Its figures so far are at /v1/reports/complaints-monthly and its kin; "
    "the report makes itself when it is over.",
    "{period} 尚未结束。截至目前的数据请查询 /v1/reports/complaints-monthly 等接口;期满后报表自动生成。",
)  # fmt: skip
ALREADY_KEPT = ProblemType(
    "report_already_kept", 409,
    "The report of {period} is kept already. Correct it by a revision: POST /v1/reports/{report_id}/revisions.",
    "{period} 的报表已存档。如需更正,请通过 POST /v1/reports/{report_id}/revisions 生成修订版。",
)  # fmt: skip
NOTHING_TO_REVISE = ProblemType(
    "nothing_to_revise", 409,
    "Counted again, the figures are those of revision {revision}. Correct the cases first, then make the revision.",
    "重新统计的结果与第 {revision} 版相同。请先更正案件数据,再生成修订版。",
)  # fmt: skip


class _Period(fields.String):
    """Which one: its form depends on the report's period."""

    def __init__(self, **kwargs: object) -> None:
        forms = r"\A[12][0-9]{3}(-[0-9]{2}(-[0-9]{2})?|-W[0-9]{2}|-H[12])?\Z"
        error = "must be a period such as 2026-11-22, 2026-W47, 2026-11, 2026-H2 or 2026"
        super().__init__(validate=validate.Regexp(forms, error=error), **kwargs)  # type: ignore[arg-type]


class KeptReportQuery(PageQuery):
    """All given ones must hold."""

    report = Slug(metadata={"description": "Key of a report of the policy."})
    period = _Period(metadata={"description": "2026-11-22, 2026-W47, 2026-11, 2026-H2 or 2026."})
    newest = Flag(metadata={"description": "Only the newest revision of each."})


class ReportInput(Body):
    """For a period that was over before the report began to make itself."""

    report = Slug(required=True, metadata={"description": "Key of a report of the policy."})
    period = _Period(required=True, metadata={"description": "2026-11-22, 2026-W47, 2026-11, 2026-H2 or 2026."})


class RevisionInput(Body):
    reason = Line(required=True, min=2, max=500, metadata={"description": "Why; stands on the revision."})


class ReportFileQuery(Body):
    format = fields.String(load_default="pdf", validate=one_of(*REPORT_FORMATS))
    locale = fields.String(
        validate=one_of(*LOCALES), metadata={"description": "The file's language; without it, the caller's."}
    )


class ReportChange(Reply):
    """A figure that differs from the revision before."""

    table = fields.String(allow_none=True, metadata={"description": "Its table; null: a figure of the whole."})
    label = fields.String(required=True)
    before = fields.Raw(allow_none=True)
    after = fields.Raw(allow_none=True)


class ReportFile(Reply):
    """The report as a file; made once, at its first download."""

    format = fields.String(required=True, validate=one_of(*REPORT_FORMATS))
    locale = fields.String(required=True)
    filename = fields.String(required=True)
    size = Whole(required=True)
    sha256 = fields.String(required=True)
    made_at = Moment(required=True)


class KeptReportSummary(Reply):
    id = Id(required=True)
    report = fields.String(required=True)
    label = fields.String(required=True)
    period = fields.String(required=True)
    from_ = Moment(required=True, data_key="from", attribute="from")
    to = Moment(required=True)
    due_at = Moment(required=True, metadata={"description": "When the policy wants it."})
    late = fields.Boolean(required=True, metadata={"description": "It was first made after that."})
    revision = Whole(required=True, metadata={"description": "1, and one more for each correction."})
    reason = fields.String(allow_none=True, metadata={"description": "Of a correction."})
    made_at = Moment(required=True)
    made_by = fields.String(allow_none=True, metadata={"description": "null: it made itself."})
    policy_version = Whole(required=True)


class KeptReport(KeptReportSummary):
    """A revision with its figures, as they were when it was made."""

    figures = fields.Dict(required=True, metadata={"description": "Figures of the whole by name; rates in per cent."})
    labels = fields.Dict(required=True)
    counts = fields.List(fields.Nested(ReportCount), required=True)
    tables = fields.List(fields.Nested(ReportTable), required=True)
    changes = fields.List(fields.Nested(ReportChange), required=True)
    revisions = fields.List(Id(), required=True, metadata={"description": "All of this report and period, in order."})
    files = fields.List(fields.Nested(ReportFile), required=True)


class NextReport(Reply):
    """A report of the policy and the period that comes next."""

    report = fields.String(required=True)
    label = fields.String(required=True)
    period = fields.String(required=True)
    ready_at = Moment(required=True, metadata={"description": "When the period is over: it is made then."})
    due_at = Moment(required=True, metadata={"description": "When the policy wants it."})
    to = fields.List(fields.String(), required=True, metadata={"description": "Roles that are told."})


class ReportSchedule(Reply):
    items = fields.List(fields.Nested(NextReport), required=True)


class ReportMade(Reply):
    report_id = Id(required=True)
    report = fields.String(required=True)
    period = fields.String(required=True)
    from_ = Moment(required=True, data_key="from", attribute="from")
    to = Moment(required=True)
    due_at = Moment(required=True)
    revision = Whole(required=True)
    made_at = Moment(required=True)


REPORT_MADE = Event(
    service=SERVICE, type="report.made", aggregate="report", payload=ReportMade,
    summary="A periodic report was made, or corrected by a new revision.",
)  # fmt: skip

LIST_REPORTS = Operation(
    service=SERVICE,
    name="list_reports",
    summary="List the kept reports, newest first",
    verb="GET",
    path="/v1/reports",
    query=KeptReportQuery,
    reply=page_of(KeptReportSummary),
    permission="complaints.report",
    errors=(WHOLE_COMPANY_ONLY,),
    description="Each report of the policy makes itself when its period is over, for the whole company.",
)
MAKE_REPORT = Operation(
    service=SERVICE,
    name="make_report",
    summary="Make the report of an earlier period",
    verb="POST",
    path="/v1/reports",
    body=ReportInput,
    reply=KeptReport,
    success=201,
    permission="complaints.revise",
    errors=(NO_POLICY, NOT_FOUND, INVALID, WHOLE_COMPANY_ONLY, PERIOD_NOT_OVER, ALREADY_KEPT),
    description="For periods before the company worked here, when their cases were brought in.",
)
GET_REPORT = Operation(
    service=SERVICE,
    name="get_report",
    summary="Read a kept report",
    verb="GET",
    path="/v1/reports/{report_id}",
    reply=KeptReport,
    permission="complaints.report",
    errors=(NOT_FOUND,),
)
REVISE_REPORT = Operation(
    service=SERVICE,
    name="revise_report",
    summary="Correct a kept report by a new revision",
    verb="POST",
    path="/v1/reports/{report_id}/revisions",
    body=RevisionInput,
    reply=KeptReport,
    success=201,
    permission="complaints.revise",
    errors=(NOT_FOUND, CONFLICT, NOTHING_TO_REVISE),
    description="Counts the cases of the period again. The revisions before stay as they are.",
)
REPORT_SCHEDULE = Operation(
    service=SERVICE,
    name="report_schedule",
    summary="Which reports make themselves next, and when",
    verb="GET",
    path="/v1/report-schedule",
    reply=ReportSchedule,
    permission="complaints.report",
    errors=(NO_POLICY,),
)
DOWNLOAD_REPORT = Operation(
    service=SERVICE,
    name="download_report",
    summary="Download a kept report as XLSX or PDF",
    verb="GET",
    path="/v1/reports/{report_id}/content",
    query=ReportFileQuery,
    reply=Download,
    download="*/*",
    permission="complaints.report",
    errors=(NOT_FOUND, PRINTING_UNAVAILABLE),
    description="Made of the kept figures, with charts. The file of the first download is kept: it never changes.",
)

OPERATIONS = (LIST_REPORTS, MAKE_REPORT, GET_REPORT, REVISE_REPORT, REPORT_SCHEDULE, DOWNLOAD_REPORT)
