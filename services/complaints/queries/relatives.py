"""What a case has to do with others: those it follows, those merged into it, those it was split from (UX-1, UX-12)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from chassis.work import Transaction
from services.complaints import schemas
from services.complaints.models import ComplaintRow, MergeRow
from services.complaints.queries.cases import merged_ids, survivor_of

_KINDS = (("follows_id", "follows", "followed_by"), ("split_from_id", "split_from", "split_into"))
"""Column, what it means for its case, and for the one it names."""


def links(tx: Transaction, row: ComplaintRow) -> list[dict[str, Any]]:
    """The cases this one points to, then those that point to it, oldest first."""
    return [*_outward(tx, row), *_inward(tx, row)]


def _outward(tx: Transaction, row: ComplaintRow) -> Iterator[dict[str, Any]]:
    for column, kind, _ in _KINDS:
        other = getattr(row, column)
        if other is not None:
            yield link(tx.get(ComplaintRow, other, kind="complaint"), kind)
    if row.merged_into_id is not None:
        yield link(survivor_of(tx, row), "merged_into")


def _inward(tx: Transaction, row: ComplaintRow) -> Iterator[dict[str, Any]]:
    pointing = or_(
        ComplaintRow.follows_id == row.id, ComplaintRow.split_from_id == row.id, ComplaintRow.merged_into_id == row.id
    )
    for other in tx.session.scalars(select(ComplaintRow).where(pointing).order_by(ComplaintRow.id)):
        yield from (link(other, kind) for column, _, kind in _KINDS if getattr(other, column) == row.id)
        if other.merged_into_id == row.id:
            yield link(other, "merged")


def link(row: ComplaintRow, kind: str) -> dict[str, Any]:
    """One link, to that case."""
    return {"complaint_id": row.id, "number": row.number, "kind": kind}


def merged(tx: Transaction, row: ComplaintRow) -> list[dict[str, Any]]:
    """The duplicates merged into the case, oldest first, with who says so and why."""
    ids = merged_ids(row)
    if not ids:
        return []
    rows = tx.session.scalars(select(ComplaintRow).where(ComplaintRow.id.in_(ids)).order_by(ComplaintRow.id))
    merges = select(MergeRow).where(MergeRow.complaint_id.in_(ids), MergeRow.undone_at.is_(None))
    by_case = {merge.complaint_id: merge for merge in tx.session.scalars(merges)}
    return [_merged(tx, one, by_case[one.id]) for one in rows]


def _merged(tx: Transaction, row: ComplaintRow, merge: MergeRow) -> dict[str, Any]:
    return {
        "complaint_id": row.id, "number": row.number, "channel": row.channel, "content": row.content,
        "received_at": row.received_at, "complainant": schemas.complainant(row, clear=tx.ctx.may(schemas.UNMASK)),
        "merged_at": merge.at, "by": merge.by, "reason": merge.reason,
    }  # fmt: skip


def rows(tx: Transaction, row: ComplaintRow) -> dict[UUID, ComplaintRow]:
    """The case and those merged into it, by id."""
    ids = merged_ids(row)
    found = tx.session.scalars(select(ComplaintRow).where(ComplaintRow.id.in_(ids))) if ids else ()
    return {row.id: row, **{one.id: one for one in found}}
