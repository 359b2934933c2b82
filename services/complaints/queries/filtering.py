"""Which cases a list, a count or an act on many is about: the filters given, over those of a saved filter."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from chassis.finding import having_all
from chassis.search import normalise_phone, query_tokens
from chassis.work import Transaction
from contracts import complaints as contract
from services.complaints.models import CaseToken, ComplaintRow, MentionRow, WatcherRow
from services.complaints.queries import filters
from services.complaints.queries.cases import scope_of

_EQUAL = ("state", "stage", "level", "category", "channel", "validity", "org_unit_id", "customer_id")
DEFAULT_SORT = "-received_at"
_DIALLED = re.compile(r"[\d\s+()-]+")


def conditions(tx: Transaction, data: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    """The conditions of `CaseFilter`s: all must hold, the saved filter's and those given beside it.

    Problems: `not_found` for a filter the caller cannot use, `filter_broken` for one by which no case can be found any
    more.
    """
    saved = _saved(tx, data)
    merged = data.get("merged", saved.get("merged"))
    standing = ComplaintRow.merged_into_id
    return [
        scope_of(tx, ComplaintRow.org_unit_id),
        standing.is_not(None) if merged else standing.is_(None),
        *_of(tx, saved),
        *_of(tx, data),
    ]


def sort_of(tx: Transaction, data: Mapping[str, Any]) -> str:
    """How to sort: as asked, else as the saved filter says."""
    saved = filters.usable(tx, data["filter"]).sort if data.get("filter") else None
    return str(data.get("sort") or saved or DEFAULT_SORT)


def _saved(tx: Transaction, data: Mapping[str, Any]) -> Mapping[str, Any]:
    if not data.get("filter"):
        return {}
    row = filters.usable(tx, data["filter"])
    dead = [part for part in filters.broken(tx, row) if not _carried(tx, part)]
    if dead:
        named = ", ".join(f"{part['field']}={part['value']}" for part in dead)
        raise contract.FILTER_BROKEN(name=row.name, parts=named)
    return filters.query_of(row)


def _carried(tx: Transaction, part: Mapping[str, Any]) -> bool:
    """Whether an older case still has what the policy has no more."""
    column = getattr(ComplaintRow, part["field"])
    value = UUID(part["value"]) if part["field"].endswith("_id") else part["value"]
    return tx.session.scalar(select(ComplaintRow.id).where(column == value).limit(1)) is not None


def _of(tx: Transaction, data: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    found = [getattr(ComplaintRow, name) == data[name] for name in _EQUAL if data.get(name) is not None]
    if data.get("handler_id"):
        found.append(_handled_by(tx, data["handler_id"]))
    if data.get("watching"):
        found.append(_followed(tx, WatcherRow.complaint_id, WatcherRow.staff_id))
    if data.get("mentioned"):
        found.append(_followed(tx, MentionRow.complaint_id, MentionRow.staff_id))
    if data.get("received_from"):
        found.append(ComplaintRow.received_at >= data["received_from"])
    if data.get("received_to"):
        found.append(ComplaintRow.received_at < data["received_to"])
    if data.get("overdue") is not None:
        late = overdue(tx)
        found.append(late if data["overdue"] else ~func.coalesce(late, False))
    if data.get("refused_by_complainant") is not None:
        waits = ComplaintRow.refused.is_not(None)
        found.append(waits if data["refused_by_complainant"] else ~waits)
    if data.get("q"):
        found.append(_worded(tx, data["q"]))
    return found


def _worded(tx: Transaction, q: str) -> ColumnElement[bool]:
    """Cases that have all the words; a telephone number is one word, however it is written."""
    worded = having_all(tx, ComplaintRow.id, CaseToken.complaint_id, query_tokens(q))
    phone = normalise_phone(q) if _DIALLED.fullmatch(q) else None
    if phone is None:
        return worded
    return or_(worded, having_all(tx, ComplaintRow.id, CaseToken.complaint_id, query_tokens(phone)))


def overdue(tx: Transaction) -> ColumnElement[bool]:
    """Cases whose next deadline has passed."""
    return and_(ComplaintRow.due_at.is_not(None), ComplaintRow.due_at < tx.now)


def _handled_by(tx: Transaction, who: UUID | str) -> ColumnElement[bool]:
    staff_id = _me(tx) if who == "me" else who
    return false() if staff_id is None else ComplaintRow.handler_id == staff_id


def _followed(
    tx: Transaction, case: InstrumentedAttribute[UUID], staff: InstrumentedAttribute[UUID]
) -> ColumnElement[bool]:
    """Cases the caller has something to do with, by themselves or through one merged into them."""
    me, merged = _me(tx), aliased(ComplaintRow)
    if me is None:
        return false()
    mine = select(case).where(staff == me)
    survivors = select(merged.merged_into_id).where(merged.id.in_(mine), merged.merged_into_id.is_not(None))
    return or_(ComplaintRow.id.in_(mine), ComplaintRow.id.in_(survivors))


def _me(tx: Transaction) -> UUID | None:
    """The calling staff member; None for a key."""
    return UUID(tx.ctx.actor.id) if tx.ctx.actor.kind == "staff" else None
