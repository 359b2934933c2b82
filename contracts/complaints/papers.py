"""What leaves as a file: attachments, and what is printed of a case (SPEC PL-9)."""

from __future__ import annotations

from marshmallow import fields

from contracts.complaints.problems import CASE_ERASED, NOTHING_TO_TELL
from contracts.complaints.vocabulary import SERVICE, one_of
from contracts.core import Operation
from contracts.fields import Body, Download, Id, Moment, PageQuery, Reply, Slug, Whole, page_of
from contracts.problems import LOCALES, NOT_FOUND, OUT_OF_SCOPE, PRINTING_UNAVAILABLE

PDF = "application/pdf"
_ONE = "/v1/complaints/{complaint_id}"
_SCOPED = (NOT_FOUND, OUT_OF_SCOPE)
_PRINTING = (*_SCOPED, CASE_ERASED, PRINTING_UNAVAILABLE)
_RECORDED = "Personal data is masked for callers without `complaints.unmask`; for those with it, printing is recorded."


class PrintQuery(Body):
    locale = fields.String(
        validate=one_of(*LOCALES), metadata={"description": "The paper's language; without it, the caller's."}
    )


class CasePrintQuery(PrintQuery):
    for_ = fields.String(
        data_key="for",
        load_default="house",
        validate=one_of("house", "complainant"),
        metadata={"description": "`complainant`: the answer letter, with nothing on it but what they may know."},
    )


class FormPath(Body):
    complaint_id = Id(required=True)
    form = Slug(required=True)


class KeptPaper(Reply):
    """A paper kept at a closing; it never changes."""

    id = Id(required=True)
    complaint_id = Id(required=True)
    closing = Whole(required=True, metadata={"description": "1, and one more for each time it was reopened before."})
    kind = fields.String(required=True, validate=one_of("case_file", "forms"))
    locale = fields.String(required=True)
    filename = fields.String(required=True)
    media_type = fields.String(required=True)
    size = Whole(required=True)
    sha256 = fields.String(required=True)
    made_at = Moment(required=True)


DOWNLOAD_ATTACHMENT = Operation(
    service=SERVICE,
    name="download_attachment",
    summary="Download an attached file",
    verb="GET",
    path=f"{_ONE}/attachments/{{attachment_id}}/content",
    reply=Download,
    download="*/*",
    permission="complaints.read",
    errors=_SCOPED,
)
PRINT_FORM = Operation(
    service=SERVICE,
    name="print_form",
    summary="Print a form of a complaint",
    verb="GET",
    path=f"{_ONE}/forms/{{form}}/print",
    path_schema=FormPath,
    query=PrintQuery,
    reply=Download,
    download=PDF,
    permission="complaints.read",
    errors=_PRINTING,
    description=f"A form that is not filled in prints empty, to be filled in by hand. {_RECORDED}",
)
PRINT_SHEET = Operation(
    service=SERVICE,
    name="print_sheet",
    summary="Print a sheet",
    verb="GET",
    path=f"{_ONE}/sheets/{{sheet_id}}/print",
    query=PrintQuery,
    reply=Download,
    download=PDF,
    permission="complaints.read",
    errors=_PRINTING,
    description=_RECORDED,
)
PRINT_COMPLAINT = Operation(
    service=SERVICE,
    name="print_complaint",
    summary="Print the whole file of a complaint",
    verb="GET",
    path=f"{_ONE}/print",
    query=CasePrintQuery,
    reply=Download,
    download=PDF,
    permission="complaints.read",
    errors=(*_PRINTING, NOTHING_TO_TELL),
    description=(
        "For the house: facts, forms, sheets, decisions and history. For the complainant: the answer letter, with the "
        f"decision, reasons and recourse that the policy lets them know, nothing else of any form. {_RECORDED}"
    ),
)
LIST_PAPERS = Operation(
    service=SERVICE,
    name="list_papers",
    summary="The papers kept of a complaint at its closings",
    verb="GET",
    path=f"{_ONE}/papers",
    query=PageQuery,
    reply=page_of(KeptPaper),
    permission="complaints.read",
    errors=_SCOPED,
    description="Its whole file as PDF and its forms as a workbook, made within moments of each closing.",
)
DOWNLOAD_PAPER = Operation(
    service=SERVICE,
    name="download_paper",
    summary="Download a paper kept of a complaint",
    verb="GET",
    path=f"{_ONE}/papers/{{paper_id}}/content",
    reply=Download,
    download="*/*",
    permission="complaints.read",
    errors=_SCOPED,
    description="Personal data is masked in it.",
)
