"""Files struck out: a wrong one stays on the record with the reason, and is served no more (SPEC UX-2, RG-2)."""

from __future__ import annotations

from contracts.complaints.problems import ATTACHMENT_STRUCK, CASE_MERGED
from contracts.complaints.replies import Attachment
from contracts.complaints.vocabulary import SERVICE
from contracts.core import Operation
from contracts.fields import Body, Line
from contracts.problems import NOT_FOUND, OUT_OF_SCOPE

STRIKE = "complaints.strike"
"""Lets strike out whoever's files, and read those that were."""


class StrikeInput(Body):
    reason = Line(required=True, min=2, max=300, metadata={"description": "Why the file does not belong there."})


STRIKE_ATTACHMENT = Operation(
    service=SERVICE,
    name="strike_attachment",
    summary="Strike an attached file out",
    verb="POST",
    path="/v1/complaints/{complaint_id}/attachments/{attachment_id}/strike",
    body=StrikeInput,
    reply=Attachment,
    permission="complaints.attach",
    errors=(NOT_FOUND, OUT_OF_SCOPE, CASE_MERGED, ATTACHMENT_STRUCK),
    description="For a file that was attached by mistake. It stays in the history with the reason, counts as no paper "
    f"any more, and is served only to those with `{STRIKE}`; they alone strike out files that others attached. "
    "It cannot be undone: attach the right file.",
)
