"""A file attached by mistake is struck out: on the record with the reason, but no paper of the case (SPEC UX-2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from chassis.work import Transaction
from contracts import complaints as contract
from contracts.complaints.striking import STRIKE
from contracts.problems import FORBIDDEN, NOT_FOUND
from services.complaints.domain.case import CLOSED
from services.complaints.models import AttachmentRow, ComplaintRow
from services.complaints.queries.cases import family, load_standing
from services.complaints.usecases import merging
from services.complaints.usecases.effects import record


def strike(tx: Transaction, data: dict[str, Any]) -> AttachmentRow:
    """Strike the file out. The forms of an open case name it no more, so that what it proved is asked for again.

    Problems: `not_found`, `case_merged`, `attachment_struck`, `forbidden` for a file that somebody else attached.
    """
    row, owner, file = _locked(tx, data["complaint_id"], data["attachment_id"])
    require_standing(tx, file)
    if file.by_id != tx.ctx.actor.id and not tx.ctx.may(STRIKE):
        raise FORBIDDEN(permission=STRIKE)
    file.struck_at, file.struck_by = tx.now, tx.ctx.actor.name or tx.ctx.actor.kind
    file.struck_reason = data["reason"]
    tx.session.flush()
    _take_off(tx, owner, file.id)
    if owner is not row:
        merging.refresh(tx, owner)
    on = str(file.sheet_id) if file.sheet_id else None
    told = {"filename": file.filename, "sha256": file.sha256}
    record(tx, owner, "struck", sheet_id=on, fields=told, note=data["reason"])
    tx.audit("attachment.struck", "complaint", owner.id, after={"sha256": file.sha256}, note=data["reason"])
    return file


def _locked(tx: Transaction, complaint_id: UUID, file_id: UUID) -> tuple[ComplaintRow, ComplaintRow, AttachmentRow]:
    """The case, the one of those merged into it that has the file, and the file. The cases are locked in the order of
    their ids, as merges lock them."""
    file = tx.get(AttachmentRow, file_id, kind="attachment")
    rows = {
        id_: tx.get(ComplaintRow, id_, kind="complaint", lock=True) for id_ in sorted({complaint_id, file.complaint_id})
    }
    row = load_standing(tx, complaint_id)
    if file.complaint_id not in family(row):
        raise NOT_FOUND(kind="attachment")
    tx.session.refresh(file)  # as it is now that nobody else can strike it out
    return row, rows[file.complaint_id], file


def require_standing(tx: Transaction, file: AttachmentRow) -> None:
    """Raise `attachment_struck` for a file that was struck out."""
    if file.struck_at is not None:
        on = file.struck_at.astimezone(tx.tenant.timezone).date().isoformat()
        raise contract.ATTACHMENT_STRUCK(filename=file.filename, by=file.struck_by, on=on, reason=file.struck_reason)


def _take_off(tx: Transaction, row: ComplaintRow, file_id: UUID) -> None:
    """The case has one file less, the kinds of those that stand, and while it is open no form that names this one."""
    own = AttachmentRow.complaint_id == row.id
    kinds = select(AttachmentRow.kind).where(own, AttachmentRow.struck_at.is_(None), AttachmentRow.kind.is_not(None))
    row.attachments -= 1
    row.work = {**row.work, "papers": sorted(set(tx.session.scalars(kinds)))}
    if row.state != CLOSED:
        forms = row.work.get("forms", {})
        row.work = {**row.work, "forms": {key: _without(values, str(file_id)) for key, values in forms.items()}}
    row.updated_at = tx.now


def _without(values: Mapping[str, Any], file_id: str) -> dict[str, Any]:
    """A form's values without the file; a field that named nothing else is empty again."""
    kept = {
        name: [one for one in value if one != file_id] if isinstance(value, list) else value
        for name, value in values.items()
    }
    return {name: value for name, value in kept.items() if value != []}
