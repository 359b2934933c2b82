"""One case with several matters becomes several cases (SPEC UX-1, UX-2)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from chassis.ids import new_id
from chassis.work import Transaction
from contracts import complaints as contract
from contracts.problems import INVALID
from services.complaints.domain.case import CLOSED
from services.complaints.domain.values import error
from services.complaints.models import AttachmentRow, ComplaintRow
from services.complaints.queries.cases import active_policy, family, load_standing
from services.complaints.usecases import intake
from services.complaints.usecases.cases import register
from services.complaints.usecases.effects import facts_of, record

Split = tuple[ComplaintRow, list[ComplaintRow]]
_CARRIED = ("channel", "org_unit_id", "received_at", "occurred_at")
"""The complaint came in once: its parts have its time of receipt, so that no term begins anew."""
_OWN = ("content", "category", "subject", "remedy_sought")


def split(tx: Transaction, data: dict[str, Any]) -> Split:
    """Register each of `items` as a case of its own beside the case, which says what went where.

    Problems: `not_found`, `case_merged`, `case_closed`, `no_policy`, `invalid_request` for a category the policy does
    not have, or a file that is not on the case.
    """
    row = load_standing(tx, data["complaint_id"])
    if row.state == CLOSED:
        raise contract.CLOSED_CASE()
    files = [_files(tx, row, index, item) for index, item in enumerate(data["items"])]
    made = [_made(tx, row, item, own) for item, own in zip(data["items"], files, strict=True)]
    told = [{"complaint_id": str(new.id), "number": new.number, "content": new.content[:200]} for new in made]
    record(tx, row, "split", fields={"made": told}, note=data["reason"])
    tx.emit(contract.COMPLAINT_SPLIT, row.id, {**facts_of(tx, row), "made": [new.id for new in made]})
    tx.audit("complaint.split", "complaint", row.id, after={"made": [new.number for new in made]}, note=data["reason"])
    return row, made


def _made(tx: Transaction, row: ComplaintRow, item: dict[str, Any], files: list[AttachmentRow]) -> ComplaintRow:
    carried = {name: getattr(row, name) for name in _CARRIED}
    facts = {fact.key: row.facts.get(fact.key) for fact in active_policy(tx).intake_facts}
    own = {name: item.get(name) for name in _OWN}
    data = {name: value for name, value in {**carried, **own, "facts": facts}.items() if value is not None}
    new = register(tx, {**data, "complainant": intake.complainant_of(row)})
    new.split_from_id, new.asset_id = row.id, row.asset_id
    record(tx, new, "split_off", fields={"complaint_id": str(row.id), "number": row.number})
    _attach(tx, new, files)
    return new


def _files(tx: Transaction, row: ComplaintRow, index: int, item: dict[str, Any]) -> list[AttachmentRow]:
    found = [tx.session.get(AttachmentRow, (tx.tenant_id, id_)) for id_ in item["attachments"]]
    standing = [file for file in found if file is not None and file.struck_at is None]
    files = [file for file in standing if file.complaint_id in family(row)]
    if len(files) < len(found):
        wrong = error(f"items.{index}.attachments", "unknown", "must be files of this case", "应为本案件的附件")
        raise INVALID(intake.localised([wrong], tx.ctx.locale))
    return files


def _attach(tx: Transaction, new: ComplaintRow, files: list[AttachmentRow]) -> None:
    """The same stored content, on another case."""
    tx.later.insert(AttachmentRow, [_copy(file, new.id) for file in files])
    new.attachments = len(files)
    new.work = {**new.work, "papers": sorted({file.kind for file in files if file.kind})}


def _copy(file: AttachmentRow, complaint_id: UUID) -> dict[str, Any]:
    kept = {column.key: getattr(file, column.key) for column in AttachmentRow.__table__.columns}
    return {**kept, "id": new_id(), "complaint_id": complaint_id, "sheet_id": None}
