"""Duplicates are merged into one case and taken out again (SPEC UX-1).

The merged case stands still just as it is, its clocks held: taking it out again lets it go on. What it adds to the
surviving case is in that one's notes (`domain.joined`), and so is what hangs on it, through `queries.cases.family`.
Both rows are locked in the order of their ids, so that two merges cannot wait for each other.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from chassis.work import Transaction
from contracts import complaints as contract
from contracts.core import Event
from contracts.problems import INVALID, STALE
from services.complaints import domain
from services.complaints.domain.case import CLOSED, OPEN, URGING, Joined
from services.complaints.domain.joined import entry_of
from services.complaints.domain.values import error
from services.complaints.models import ComplaintRow, MergeRow, SheetRow
from services.complaints.queries.cases import load, merged_ids, policy_of, require_standing
from services.complaints.usecases import alike, store, watching
from services.complaints.usecases.caller import actor_of, new_text_id, now_of
from services.complaints.usecases.cases import save
from services.complaints.usecases.effects import facts_of, next_due, record
from services.complaints.usecases.intake import localised


def merge(tx: Transaction, data: dict[str, Any]) -> ComplaintRow:
    """Merge the duplicate `complaint_id` into the open case `into`; the surviving case.

    Problems: `not_found` for either, `invalid_request` for a case into itself, `case_merged`, `case_closed`,
    `open_sheets` when work on the duplicate's own papers is going on.
    """
    row, into = _both(tx, data["complaint_id"], data["into"])
    for one in (row, into):
        require_standing(tx, one)
        if one.state == CLOSED:
            raise contract.CLOSED_CASE()
    _require_no_work(tx, row)
    kept = MergeRow(
        complaint_id=row.id, into_id=into.id, reason=data["reason"], by=tx.ctx.actor.name, at=tx.now,
        before=_remembered(tx, into), after={},
    )  # fmt: skip
    _stand_still(tx, row, into)
    _join(tx, row, into)
    kept.after = _remembered(tx, into)
    tx.session.add(kept)
    _tell(tx, contract.COMPLAINT_MERGED, row, into, data["reason"])
    watching.tell(tx, policy_of(tx, row), row, watching.MERGED)
    return into


def unmerge(tx: Transaction, data: dict[str, Any]) -> ComplaintRow:
    """Take a merged case out again; it goes on as if it had never been merged.

    Problems: `not_found`, `not_merged`, `case_closed` when the surviving case is closed.
    """
    row, *above = _locked(tx, data["complaint_id"])
    if above[-1].state == CLOSED:
        raise contract.CLOSED_CASE()
    statement = select(MergeRow).where(MergeRow.complaint_id == row.id, MergeRow.undone_at.is_(None))
    merged = tx.session.scalars(statement).one()
    merged.undone_at = tx.now
    for into in above:
        _part(tx, row, into, merged, data["reason"])
    _go_on(tx, row)
    _tell(tx, contract.COMPLAINT_UNMERGED, row, above[0], data["reason"])
    return row


def refresh(tx: Transaction, row: ComplaintRow) -> None:
    """Tell the cases above a merged one what it brings along now: its customer became known."""
    entry = entry_of(store.case_of(row))
    while row.merged_into_id is not None:
        row = tx.get(ComplaintRow, row.merged_into_id, kind="complaint", lock=True)
        case = store.case_of(row)
        case.joined = [entry if one.case_id == entry.case_id else one for one in case.joined]
        store.keep(tx, policy_of(tx, row), row, case)


def _both(tx: Transaction, complaint_id: UUID, into_id: UUID) -> tuple[ComplaintRow, ComplaintRow]:
    rows = {id_: load(tx, id_, lock=True) for id_ in sorted({complaint_id, into_id})}
    if complaint_id == into_id:
        itself = error("into", "itself", "must be another case", "不能并入自身")
        raise INVALID(localised([itself], tx.ctx.locale))
    return rows[complaint_id], rows[into_id]


def _locked(tx: Transaction, complaint_id: UUID) -> list[ComplaintRow]:
    """The case and those above it, all locked in the order of their ids. What is above is looked up before without
    loading it: a row read and then locked would be refused as stale when somebody changed it in between.

    Problems: `not_found`, `not_merged`, `stale_version` when it was merged on at this very moment.
    """
    ids = [complaint_id]
    while (above := _into(tx, ids[-1])) is not None:
        ids.append(above)
    rows = {id_: load(tx, id_, lock=True) for id_ in sorted(ids)}
    chain = [rows[id_] for id_ in ids]
    if chain[0].merged_into_id is None:
        raise contract.NOT_MERGED(number=chain[0].number)
    if [row.merged_into_id for row in chain] != [*ids[1:], None]:
        raise STALE(version=chain[0].version)
    return chain


def _into(tx: Transaction, complaint_id: UUID) -> UUID | None:
    return tx.session.scalar(select(ComplaintRow.merged_into_id).where(ComplaintRow.id == complaint_id))


def _require_no_work(tx: Transaction, row: ComplaintRow) -> None:
    working = select(SheetRow).where(SheetRow.complaint_id == row.id, SheetRow.state == OPEN, SheetRow.nature != URGING)
    numbers = [sheet.number for sheet in tx.session.scalars(working.order_by(SheetRow.id))]
    if numbers:
        raise contract.OPEN_SHEETS(number=row.number, sheets=", ".join(numbers))


def _stand_still(tx: Transaction, row: ComplaintRow, into: ComplaintRow) -> None:
    tx.deadlines.hold(row.id)
    row.merged_into_id, row.due_at, row.updated_at = into.id, None, tx.now


def _go_on(tx: Transaction, row: ComplaintRow) -> None:
    row.merged_into_id, row.updated_at = None, tx.now
    tx.deadlines.revive(row.id, lambda clock: clock.state == "held")
    row.due_at = next_due(tx, row.id)


def _join(tx: Transaction, row: ComplaintRow, into: ComplaintRow) -> None:
    policy, case = policy_of(tx, into), store.case_of(into)
    coming = _coming(row)
    together = [UUID(one.case_id) for one in (*case.joined, *coming)]
    into.like_cases = case.like_cases = alike.counted(tx, policy, into, together)
    outcome = domain.join(policy, case, coming, row.level, actor_of(tx), now_of(tx), new_text_id)
    save(tx, policy, into, outcome)
    store.index(tx, into)


def _coming(row: ComplaintRow) -> list[Joined]:
    """What comes with a case: itself and those merged into it."""
    case = store.case_of(row)
    return [entry_of(case), *case.joined]


def _part(tx: Transaction, row: ComplaintRow, into: ComplaintRow, merged: MergeRow, reason: str) -> None:
    policy, case = policy_of(tx, into), store.case_of(into)
    leaving = {str(row.id), *map(str, merged_ids(row))}
    staying = [one for one in merged_ids(into) if str(one) not in leaving]
    into.like_cases = alike.counted(tx, policy, into, staying)
    case.like_cases = into.like_cases
    direct = merged.into_id == into.id
    before, after = (
        (store.case_from(into, merged.before), store.case_from(into, merged.after)) if direct else (case, case)
    )
    untouched = direct and case == after
    outcome = domain.part(policy, case, leaving, before, after, actor_of(tx), now_of(tx), reason)
    if into.merged_into_id is not None:
        store.keep(tx, policy, into, outcome.case)
        return
    if untouched:
        _wind_back(tx, into, merged.before["clocks"])
    save(tx, policy, into, outcome)
    store.index(tx, into)


def _remembered(tx: Transaction, row: ComplaintRow) -> dict[str, Any]:
    """The engine's notes of a case, and its clocks that have not ended."""
    clocks = [str(clock.id) for clock in tx.deadlines.of(row.id) if clock.state != "done"]
    return {**store.notes_of(row), "clocks": clocks}


def _wind_back(tx: Transaction, row: ComplaintRow, clocks: list[str]) -> None:
    """Let the case's own clocks be those that had not ended then."""
    tx.deadlines.revive(row.id, lambda clock: str(clock.id) in clocks)
    tx.deadlines.stop_many(row.id, lambda c: str(c.id) not in clocks and c.data["sheet_id"] is None)


def _tell(tx: Transaction, event: Event, row: ComplaintRow, into: ComplaintRow, reason: str) -> None:
    what = event.type.removeprefix("complaint.")
    tx.emit(event, row.id, {**facts_of(tx, row), "into_id": into.id, "into_number": into.number})
    record(tx, row, what, fields=_named(into), note=reason)
    record(tx, into, f"{what}_here", fields=_named(row), note=reason)
    tx.audit(f"complaint.{what}", "complaint", row.id, after={"into": into.number}, note=reason)


def _named(row: ComplaintRow) -> dict[str, str]:
    return {"complaint_id": str(row.id), "number": row.number}
