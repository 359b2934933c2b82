"""What leaves as a file: attachments, and what is printed of a case (SPEC PL-9)."""

from __future__ import annotations

from contracts.complaints.vocabulary import SERVICE
from contracts.core import Operation
from contracts.fields import Download
from contracts.problems import NOT_FOUND, OUT_OF_SCOPE

_ONE = "/v1/complaints/{complaint_id}"
_SCOPED = (NOT_FOUND, OUT_OF_SCOPE)

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
