"""Between the engine's cases and the rows that keep them.

The engine's own notes (proposals, parts, ticks, forms, ...) are one JSON column, structured by their dataclasses; facts
that lists and reports need stand in columns too, written from the case at every save and never read back.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from cattrs.preconf.json import make_converter
from sqlalchemy import delete, select, update

from chassis.search import tokens
from chassis.work import Transaction
from services.complaints.domain.case import Case, Flow, Joined, Late, Part, Reason, Sheet, Ticked, Values
from services.complaints.domain.joined import facts_of
from services.complaints.domain.scope import department_of
from services.complaints.models import CaseToken, ComplaintRow, SheetRow
from services.complaints.policy import Policy

_converter = make_converter()
_converter.register_structure_hook(timedelta, lambda seconds, _: timedelta(seconds=seconds))
_converter.register_unstructure_hook(timedelta, lambda span: span.total_seconds())

_WORK: Mapping[str, Any] = {
    "flow": Flow,
    "reasons": list[Reason],
    "overruled": set[str],
    "parts": dict[str, Part],
    "forms": dict[str, Values],
    "ticks": dict[str, Ticked],
    "sheets": dict[str, tuple[str, str]],
    "waiting_since": datetime | None,
    "waited": timedelta,
    "customer_grade": str,
    "late": list[Late],
    "papers": set[str],
    "joined": list[Joined],
    "answer": str,
    "decision": str,
    "refused": str,
    "reviewed": str,
    "rating": str,
}
"""Attributes of a case that only the engine reads, with their types."""
LEFT = "left"
"""In the notes of an erased case: what its columns said of it before they were emptied."""


def case_of(row: ComplaintRow) -> Case:
    """The case as the engine sees it; the very one that was kept, while this transaction has the row."""
    held: Case | None = getattr(row, "engine_case", None)
    return held if held is not None else case_from(row, notes_of(row))


def notes_of(row: ComplaintRow) -> dict[str, Any]:
    """What the engine changes about a case, as it is kept."""
    return {"facts": row.facts, "level": row.level, "state": row.state, "work": row.work}


def case_from(row: ComplaintRow, notes: Mapping[str, Any]) -> Case:
    """The case as the engine saw it when its notes were these."""
    kept = notes["work"]
    left = kept.get(LEFT, ())
    work = {name: _converter.structure(kept[name], kind) for name, kind in _WORK.items() if name in kept}
    return Case(
        id=str(row.id), channel=row.channel, received_at=row.received_at, facts=dict(notes["facts"]),
        level=notes["level"], state=notes["state"], complainant=row.complainant_key,
        has_contact=bool(row.complainant_phone or row.complainant_email) or "has_contact" in left,
        known_customer=row.customer_id is not None or "known_customer" in left, org_unit=str(row.org_unit_id or ""),
        follows_case=row.follows_id is not None, like_cases=row.like_cases, attachments=row.attachments,
        reopened=row.reopened, closed_at=row.closed_at, **work,
    )  # fmt: skip


def keep_erased(row: ComplaintRow, case: Case) -> None:
    """Write back a case that was erased: nothing of it is worked out anew."""
    left = [name for name in ("known_customer", "has_contact") if getattr(case, name)]
    row.facts, row.work = case.facts, {**work_of(case), LEFT: left}
    row.complainant_key = case.complainant
    row.engine_case = None  # type: ignore[misc]


def work_of(case: Case) -> dict[str, Any]:
    """What only the engine reads, as it is kept."""
    return {name: _converter.unstructure(getattr(case, name), kind) for name, kind in _WORK.items()}


def keep(tx: Transaction, policy: Policy, row: ComplaintRow, case: Case) -> None:
    """Write the case back into its row."""
    facts = case.facts
    row.facts, row.level, row.state = facts, case.level, case.state
    whole = facts_of(case)
    row.work = work_of(case)
    row.process, row.stage = case.flow.key, case.flow.stage
    row.level_rank = policy.levels[case.level]["rank"]
    row.category, row.validity = facts.get("category"), facts.get("validity")
    row.department = department_of(policy, case) or None
    row.subject, row.remedy_sought = facts.get("subject"), facts.get("remedy_sought")
    row.subject_key = key_of(row.subject)
    row.complainant_kind = facts.get("complainant_kind")
    row.group_size = whole.get("group_size") or 1
    row.claimed_amount = amount_of(whole.get("claimed_amount"))
    row.media_risk, row.lawsuit_risk = bool(whole.get("media_risk")), bool(whole.get("lawsuit_risk"))
    row.outcome, row.satisfaction = facts.get("outcome") or None, facts.get("satisfaction") or None
    row.refused = case.refusal_stands or None
    row.reopened, row.closed_at = case.reopened, case.closed_at
    handler = case.parts.get("handler")
    row.handler_id = UUID(handler.staff_id) if handler and handler.staff_id else None
    row.updated_at = tx.now
    row.engine_case = case  # type: ignore[misc]  # no column: it must not be annotated as one


def amount_of(value: Any) -> int:
    """Fen of a money fact, 0 when it is not known."""
    if value is None:
        return 0
    return int(value["amount"] if isinstance(value, Mapping) else value)


def key_of(subject: str | None) -> str | None:
    """The subject without what does not make it another one: case, width, blanks."""
    return "".join((subject or "").casefold().split()) or None


def sheet_of(row: SheetRow) -> Sheet:
    """The sheet as the engine sees it."""
    flow = _converter.structure(row.work, Flow)
    return Sheet(id=str(row.id), kind=row.kind, nature=row.nature, flow=flow, values=dict(row.values), state=row.state)


def keep_sheet(tx: Transaction, row: SheetRow, sheet: Sheet) -> None:
    """Write the sheet back into its row."""
    row.values, row.state, row.stage = sheet.values, sheet.state, sheet.flow.stage
    row.work = _converter.unstructure(sheet.flow, Flow)
    if sheet.state != "open" and row.closed_at is None:
        row.closed_at = tx.now


def move_sheets(tx: Transaction, row: ComplaintRow) -> None:
    """Let the case's sheets be where the case is now: who may see it sees them, nobody else (SPEC PL-3)."""
    of_the_case = update(SheetRow).where(SheetRow.complaint_id == row.id)
    tx.session.execute(of_the_case.values(org_unit_id=row.org_unit_id))


def index(tx: Transaction, row: ComplaintRow) -> None:
    """Rewrite the case's search index (UX-10). Words of the cases merged into it find it as well."""
    found = _words(row)
    joined = [UUID(one["case_id"]) for one in row.work.get("joined", ())]
    if joined:
        merged = tx.session.scalars(select(ComplaintRow).where(ComplaintRow.id.in_(joined)))
        found = found.union(*map(_words, merged))
    if not is_new(tx, row):
        tx.session.execute(delete(CaseToken).where(CaseToken.complaint_id == row.id))
    tx.later.insert(CaseToken, [{"token": token[:64], "complaint_id": row.id} for token in sorted(found)])


def index_number(tx: Transaction, row: ComplaintRow) -> None:
    """Let a case be found by its number alone."""
    tx.later.insert(CaseToken, [{"token": token[:64], "complaint_id": row.id} for token in sorted(tokens(row.number))])


def _words(row: ComplaintRow) -> set[str]:
    text = (
        row.number, row.content, row.subject, row.complainant_name, row.vehicle_plate, row.unit_no, row.external_ref,
        row.complainant_phone,
    )  # fmt: skip
    return set().union(*(tokens(part) for part in text if part))


def is_new(tx: Transaction, row: ComplaintRow) -> bool:
    """Whether the case was registered in this very transaction: nothing else can hang on it yet."""
    return row.created_at == tx.now
