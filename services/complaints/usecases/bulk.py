"""One action on many cases (SPEC UX-6): asked for, then taken case by case, each act and its record one transaction.

The row of the job is locked while a case is acted on: whoever else took the job waits, and finds the case done.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select

from chassis import directory
from chassis.ids import new_id
from chassis.requests import caller
from chassis.work import Transaction
from contracts import complaints as contract
from contracts.complaints.bulk import MAX_CASES
from contracts.problems import INTERNAL, INVALID, Problem
from services.complaints.domain.values import error
from services.complaints.models import BulkItemRow, BulkRow, ComplaintRow
from services.complaints.policy import text
from services.complaints.queries import filtering
from services.complaints.queries.bulk import own
from services.complaints.queries.cases import load, policy_of, scope_of
from services.complaints.usecases import cases
from services.complaints.usecases.intake import localised

QUEUED, RUNNING, DONE, CANCELLED = "queued", "running", "done", "cancelled"
WAITING, REFUSED = "waiting", "refused"
LEASE = timedelta(seconds=60)
"""How long a job whose process says nothing more is left to it. One act is far shorter."""


def create(tx: Transaction, data: dict[str, Any]) -> BulkRow:
    """Take the order. Problems: `invalid_request` for too many cases or none, `not_found`, `filter_broken`."""
    chosen = _chosen(tx, data)
    ctx = tx.ctx.with_(idempotency_key=None, deadline=None)
    row = BulkRow(
        id=new_id(), owner=caller(tx), context=ctx.to_json(), action=data["action"], fields=data["fields"],
        state=QUEUED, total=len(chosen), done=0, refused=0, made_at=tx.now,
    )  # fmt: skip
    tx.session.add(row)
    versions = data["expected_versions"]
    items = [
        {
            "id": new_id(), "bulk_id": row.id, "complaint_id": id_, "number": number, "state": WAITING,
            "expected_version": versions.get(id_),
        }
        for id_, number in chosen.items()
    ]  # fmt: skip
    tx.later.insert(BulkItemRow, items)
    tx.audit("complaints.bulk", "bulk", row.id, after={"action": row.action, "complaints": len(chosen)})
    return row


def _chosen(tx: Transaction, data: Mapping[str, Any]) -> dict[UUID, str | None]:
    """Ids and numbers; no number for what the caller cannot see: it is refused when its turn comes."""
    columns = select(ComplaintRow.id, ComplaintRow.number).order_by(ComplaintRow.id)
    ids = data.get("complaint_ids", ())
    if not {"filter", "query"} & set(data):
        seen = columns.where(ComplaintRow.id.in_(ids), scope_of(tx, ComplaintRow.org_unit_id))
        numbers = dict(tx.session.execute(seen).all())
        return {id_: numbers.get(id_) for id_ in ids}
    query = {**data.get("query", {}), "filter": data.get("filter")}
    named = [ComplaintRow.id.in_(ids)] if ids else []
    listed = columns.where(*filtering.conditions(tx, query), *named).limit(MAX_CASES + 1)
    found: dict[UUID, str | None] = dict(tx.session.execute(listed).all())
    if not 0 < len(found) <= MAX_CASES:
        raise INVALID(localised([_not_so_many(len(found))], tx.ctx.locale))
    return found


def _not_so_many(number: int) -> dict[str, Any]:
    if number:
        en, zh = f"lists more than {MAX_CASES} complaints; narrow it", f"匹配超过 {MAX_CASES} 件,请缩小范围"
    else:
        en, zh = "lists no complaint", "没有匹配的投诉"
    return error("query", "not_so_many", en, zh)


def cancel(tx: Transaction, data: dict[str, Any]) -> BulkRow:
    """Leave the rest as it is. Problems: `not_found`, `bulk_over`."""
    row = own(tx, data["bulk_id"], lock=True)
    if row.state not in {QUEUED, RUNNING}:
        raise contract.BULK_OVER()
    _finish(tx, row, CANCELLED)
    return row


def any_free(tx: Transaction) -> bool:
    """Whether the company has jobs that nobody works on."""
    return bool(tx.session.scalar(select(_free(tx).exists())))


def claim(tx: Transaction) -> list[BulkRow]:
    """Take the company's jobs that nobody works on; others leave them alone until the lease ends."""
    rows = list(tx.session.scalars(_free(tx).order_by(BulkRow.id).with_for_update(skip_locked=True)))
    for row in rows:
        row.state, row.lease_until = RUNNING, tx.now + LEASE
    return rows


def _free(tx: Transaction) -> Select[BulkRow]:
    free = or_(BulkRow.lease_until.is_(None), BulkRow.lease_until < tx.now)
    return select(BulkRow).where(BulkRow.state.in_((QUEUED, RUNNING)), free)


def next_item(tx: Transaction, bulk_id: UUID) -> UUID | None:
    """The case whose turn it is; None when there is none, and the job is over."""
    waiting = select(BulkItemRow.id).where(BulkItemRow.bulk_id == bulk_id, BulkItemRow.state == WAITING)
    found: UUID | None = tx.session.scalar(waiting.order_by(BulkItemRow.id).limit(1))
    return found


def act(tx: Transaction, bulk_id: UUID, item_id: UUID) -> None:
    """Take the action on one case, in the name of who asked, and record it.

    Raises the action's own problems, `action_not_in_bulk`, and `forbidden` for somebody who left the company.
    """
    row, item = _taken(tx, bulk_id, item_id)
    if item is None:
        return
    _require_present(tx)
    _require_bulk(tx, item, row.action)
    data = {"complaint_id": item.complaint_id, "name": row.action, "expected_version": item.expected_version}
    cases.act(tx, {**row.fields, **data})
    item.state, item.at = DONE, tx.now
    row.done += 1


def refuse(tx: Transaction, bulk_id: UUID, item_id: UUID, problem: Problem) -> None:
    """Record why one case was not acted on."""
    row, item = _taken(tx, bulk_id, item_id)
    if item is not None:
        item.state, item.at, item.problem = REFUSED, tx.now, problem.to_wire()
        row.refused += 1


def finish(tx: Transaction, bulk_id: UUID) -> None:
    """Every case has had its turn."""
    row = tx.get(BulkRow, bulk_id, kind="bulk", lock=True)
    if row.state == RUNNING:
        _finish(tx, row, DONE)


def broke() -> Problem:
    """What a case is refused with when the act itself broke."""
    return INTERNAL(request_id="")


def _taken(tx: Transaction, bulk_id: UUID, item_id: UUID) -> tuple[BulkRow, BulkItemRow | None]:
    """The job, locked and left to us for longer, and the case if it still waits for its turn."""
    row = tx.get(BulkRow, bulk_id, kind="bulk", lock=True)
    item = tx.get(BulkItemRow, item_id, kind="bulk item")
    row.lease_until = tx.now + LEASE
    return row, item if row.state == RUNNING and item.state == WAITING else None


def _require_present(tx: Transaction) -> None:
    actor = tx.ctx.actor
    if actor.kind == "staff":
        staff = directory.staff(tx, UUID(actor.id))
        if staff is not None and not staff.active:
            raise contract.ASKER_LEFT(name=actor.name)


def _require_bulk(tx: Transaction, item: BulkItemRow, action: str) -> None:
    row = load(tx, item.complaint_id)
    spec = policy_of(tx, row).processes[row.process].action(row.stage, action)
    if spec is not None and not spec.in_bulk:
        raise contract.NOT_IN_BULK(action=text(spec.labels, tx.ctx.locale))


def _finish(tx: Transaction, row: BulkRow, state: str) -> None:
    row.state, row.finished_at, row.lease_until = state, tx.now, None
    tx.audit("complaints.bulk_over", "bulk", row.id, after={"state": state, "done": row.done, "refused": row.refused})
