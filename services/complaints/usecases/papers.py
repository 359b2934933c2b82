"""What is kept of a case at each closing (SPEC PL-9): its whole file as PDF, its forms as a workbook.

The closing writes down that papers are due. A job takes that up, makes them outside any transaction and keeps them;
whoever dies in between has left it to be taken up again.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from chassis import press
from chassis.ids import new_id
from chassis.paging import page
from chassis.press import Sheet
from chassis.storage import Storage
from chassis.work import Transaction
from contracts.problems import NOT_FOUND
from services.complaints.models import ComplaintRow, PaperRow, PapersDue
from services.complaints.printing import booklet
from services.complaints.printing.paper import Paper
from services.complaints.printing.source import Source
from services.complaints.queries.cases import load
from services.complaints.usecases.printing import case_file

CASE_FILE, FORMS = "case_file", "forms"
LEASE = timedelta(minutes=5)
"""How long who works on it has; doubled at each further attempt, up to LONGEST."""
LONGEST = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Turn:
    """A closing taken up, with what its papers are made of."""

    complaint_id: UUID
    closing: int
    locale: str
    file: Paper
    forms: Sequence[Sheet]


@dataclass(frozen=True, slots=True)
class Made:
    """One paper as bytes."""

    kind: str
    filename: str
    media_type: str
    content: bytes


def claim(tx: Transaction, complaint_id: UUID, closing: int) -> Turn | None:
    """Take the closing up; None when another process has it, or it is done."""
    key = (tx.tenant_id, complaint_id, closing)
    due = tx.session.get(PapersDue, key, with_for_update={"skip_locked": True})
    if due is None or due.next_at > tx.now:
        return None
    due.attempts += 1
    due.next_at = tx.now + min(LEASE * 2 ** (due.attempts - 1), LONGEST)
    row = tx.get(ComplaintRow, complaint_id, kind="complaint")
    # Masked: who may see personal data sees it in the case, and no second copy of it lies about.
    source = Source(tx, row, tx.tenant.locale, clear=False)
    kept = source.words("kept", at=source.writer.moment(due.closed_at))
    return Turn(row.id, closing, source.locale, case_file(source, printed=kept), booklet.forms(source))


def record(tx: Transaction, turn: Turn, made: Sequence[Made], keys: Sequence[str]) -> bool:
    """Keep the papers, whose contents are in the storage under `keys`; False when they are kept already."""
    due = tx.session.get(PapersDue, (tx.tenant_id, turn.complaint_id, turn.closing), with_for_update=True)
    if due is None:
        return False
    tx.session.delete(due)
    for one, key in zip(made, keys, strict=True):
        tx.session.add(
            PaperRow(
                id=new_id(), complaint_id=turn.complaint_id, closing=turn.closing, kind=one.kind, locale=turn.locale,
                filename=one.filename, media_type=one.media_type, size=len(one.content), sha256=key, made_at=tx.now,
            )
        )  # fmt: skip
    after = {one.kind: key for one, key in zip(made, keys, strict=True)}
    tx.audit("papers.kept", "complaint", turn.complaint_id, after={"closing": turn.closing, **after})
    return True


def listed(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """The papers kept of the case, oldest first."""
    row = load(tx, data["complaint_id"])
    statement = select(PaperRow).where(PaperRow.complaint_id == row.id)
    return page(tx, statement, sort=[(PaperRow.id, "asc")], data=data)


def opened(tx: Transaction, data: dict[str, Any]) -> PaperRow:
    """The paper `paper_id` of the case, for somebody who reads it: on the record."""
    row = load(tx, data["complaint_id"])
    paper = tx.get(PaperRow, data["paper_id"], kind="paper")
    if paper.complaint_id != row.id:
        raise NOT_FOUND(kind="paper")
    tx.audit("paper.read", "complaint", row.id, note=paper.filename)
    return paper


def content(paper: PaperRow, storage: Storage) -> dict[str, str]:
    """The paper as an operation answers it (`contracts.fields.Download`)."""
    kept = b64encode(storage.get(paper.tenant_id, paper.sha256)).decode()
    return {"filename": paper.filename, "media_type": paper.media_type, "content": kept}


def made_of(turn: Turn, pdf: bytes, workbook: bytes) -> list[Made]:
    """What was rendered, with its names."""
    stem = f"{turn.file.number} {turn.file.title} {turn.closing}"
    return [Made(CASE_FILE, f"{stem}.pdf", press.PDF, pdf), Made(FORMS, f"{stem}.xlsx", press.XLSX, workbook)]
