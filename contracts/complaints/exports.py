"""Lists as workbooks: asked for, made by a job, fetched while they are kept (SPEC PL-9, UX-9)."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from contracts.complaints.inputs import ComplaintQuery, NatureQuery, PrecedentQuery, SheetQuery
from contracts.complaints.problems import NO_POLICY
from contracts.complaints.vocabulary import SERVICE, one_of
from contracts.core import Operation, schema_of
from contracts.fields import Body, Download, Id, Moment, PageQuery, Reply, Slug, Whole, page_of
from contracts.problems import INVALID, LOCALES, NOT_FOUND, ProblemType

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EXPORT_STATES = ("queued", "running", "done", "failed")
TOO_MANY_EXPORTS = ProblemType(
    "too_many_exports", 429,
    "{running} exports of your company are being made; more than {limit} at a time would hold up other work. "
    "Wait until one is done: GET /v1/exports.",
    "贵公司已有 {running} 个导出任务在进行(同时最多 {limit} 个),请等待其中之一完成:GET /v1/exports。",
    retry_after=10,
)  # fmt: skip
EXPORT_NOT_READY = ProblemType(
    "export_not_ready", 409,
    "The export is {state}. Its state is at /v1/exports/{export_id}; fetch it when it is done.",
    "导出任务状态为 {state},请查询 /v1/exports/{export_id},完成后再下载。",
)  # fmt: skip


class HistoryQuery(PageQuery):
    """The history of one case."""

    complaint_id = Id(required=True)


QUERIES: dict[str, type[Schema]] = {
    "complaints": ComplaintQuery,
    "sheets": SheetQuery,
    "urging_notices": NatureQuery,
    "corrective_actions": NatureQuery,
    "precedents": PrecedentQuery,
    "history": HistoryQuery,
}
"""List -> the query by which it is read page by page."""


class ExportInput(Body):
    """`filters`: the list's own query, without `limit` and `cursor`; for `history` the `complaint_id`."""

    list_ = fields.String(required=True, data_key="list", attribute="list", validate=one_of(*QUERIES))
    filters = fields.Dict(keys=Slug(), values=fields.Raw(allow_none=True), load_default=dict)
    locale = fields.String(
        validate=one_of(*LOCALES), metadata={"description": "The workbook's language; without it, the caller's."}
    )

    @validates_schema
    def _are_the_lists_filters(self, data: dict[str, Any], **_: Any) -> None:
        if "list" in data and isinstance(data.get("filters"), dict):
            loaded(data["list"], data["filters"])


def loaded(list_: str, filters: dict[str, Any]) -> dict[str, Any]:
    """The list's query as its own call would have it. ValidationError under `filters`."""
    paging = {name: ["Unknown field."] for name in ("limit", "cursor") if name in filters}
    if paging:
        raise ValidationError({"filters": paging})
    schema = schema_of(QUERIES[list_])
    assert schema is not None
    try:
        query: dict[str, Any] = schema.load(filters)
    except ValidationError as error:
        raise ValidationError({"filters": error.messages}) from None
    return query


class Export(Reply):
    """A list as a workbook, and how far it is."""

    id = Id(required=True)
    list_ = fields.String(required=True, data_key="list", attribute="list", validate=one_of(*QUERIES))
    filters = fields.Dict(required=True)
    locale = fields.String(required=True)
    state = fields.String(required=True, validate=one_of(*EXPORT_STATES))
    rows = Whole(required=True, metadata={"description": "Written so far."})
    clear = fields.Boolean(required=True, metadata={"description": "Personal data is in clear, which is recorded."})
    asked_by = fields.String(required=True)
    filename = fields.String(allow_none=True)
    size = Whole(allow_none=True)
    sha256 = fields.String(allow_none=True)
    reason = fields.String(allow_none=True, metadata={"description": "Why it failed, and what to do."})
    created_at = Moment(required=True)
    finished_at = Moment(allow_none=True)
    expires_at = Moment(required=True, metadata={"description": "It is deleted then."})


CREATE_EXPORT = Operation(
    service=SERVICE,
    name="create_export",
    summary="Export a list as XLSX",
    verb="POST",
    path="/v1/exports",
    body=ExportInput,
    reply=Export,
    success=202,
    permission="complaints.export",
    errors=(NOT_FOUND, INVALID, NO_POLICY, TOO_MANY_EXPORTS),
    description="Made in the background, of what the caller may see; at most 200,000 rows. Personal data is masked "
    "for callers without `complaints.unmask`; for those with it, the export is recorded.",
)
LIST_EXPORTS = Operation(
    service=SERVICE,
    name="list_exports",
    summary="List your exports, newest first",
    verb="GET",
    path="/v1/exports",
    query=PageQuery,
    reply=page_of(Export),
    permission="complaints.export",
    description="Administrators of the whole company see everybody's.",
)
GET_EXPORT = Operation(
    service=SERVICE,
    name="get_export",
    summary="How far an export is",
    verb="GET",
    path="/v1/exports/{export_id}",
    reply=Export,
    permission="complaints.export",
    errors=(NOT_FOUND,),
)
DOWNLOAD_EXPORT = Operation(
    service=SERVICE,
    name="download_export",
    summary="Download an export",
    verb="GET",
    path="/v1/exports/{export_id}/content",
    reply=Download,
    download=XLSX,
    permission="complaints.export",
    errors=(NOT_FOUND, EXPORT_NOT_READY),
)

OPERATIONS = (CREATE_EXPORT, LIST_EXPORTS, GET_EXPORT, DOWNLOAD_EXPORT)
