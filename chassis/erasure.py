"""Erasing lawfully what a service's own tables say of a record: in its audit, its stored replies, its dead letters.

The audit's chain stays whole: a row's envelope and the digest of its content remain, and a row of the audit itself
records which rows were emptied and what allowed it. Without such a record the database refuses, and
`kefu audit verify` raises the alarm.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute

from chassis.audit import ERASED
from chassis.digests import envelope_of
from chassis.requests import ERASED_REPLY
from chassis.tables import AuditRow, AuditUnsealed, EventRetry, StoredRequest
from chassis.work import Transaction

ROWS_A_RECORD = 1000
NAMES_AT_ONCE = 50
_UNSEEN = {"synchronize_session": False}


class Unsealed(Exception):
    """Something about the record was audited moments ago and has no seal yet: erased now, nobody could tell any more
    what it was. Try again in a few seconds."""


def erase_audit(
    tx: Transaction, kind: str, subject_id: UUID, subjects: Collection[UUID], because: Mapping[str, Any]
) -> int:
    """Empty what the audit says of the `subjects`, and record under `subject_id` that it was done and `because` of
    what; how many rows that were. Rows that record erasures stay. Raises `Unsealed`."""
    rows = list(_rows(tx, subjects))
    waiting = select(AuditUnsealed.audit_id).where(AuditUnsealed.audit_id.in_([row.id for row in rows]))
    if rows and tx.session.scalar(waiting.limit(1)) is not None:
        raise Unsealed
    for some in _some(rows):
        named = {row.id.hex: envelope_of(row) for row in some}
        record = tx.audit(ERASED, kind, subject_id, after={**because, "rows": named})
        tx.write()  # the database lets nothing be emptied that no row records
        empty = {"actor_name": "", "source": "", "before": None, "after": None, "note": "", "salt": None}
        theirs = update(AuditRow).where(AuditRow.id.in_([row.id for row in some]))
        tx.session.execute(theirs.values(**empty, erased_by=record), execution_options=_UNSEEN)
    return len(rows)


def _rows(tx: Transaction, subjects: Collection[UUID]) -> Iterator[AuditRow]:
    for ids in _some(list(subjects)):
        said = (AuditRow.subject_id.in_(ids), AuditRow.erased_by.is_(None), AuditRow.action != ERASED)
        yield from tx.session.scalars(select(AuditRow).where(*said).order_by(AuditRow.at, AuditRow.id))


def forget_traces(tx: Transaction, names: Collection[str]) -> None:
    """Take what names one of these records (by id or number) out of the stored replies and off the retry ladder, dead
    letters included. A call whose reply went is not carried out again: its key answers `reply_erased` until it is
    forgotten."""
    for some in _some([orjson.dumps(name).decode() for name in names], NAMES_AT_ONCE):
        replies = update(StoredRequest).where(_names_any(StoredRequest.reply, some))
        tx.session.execute(replies.values(reply=ERASED_REPLY, fingerprint=b""), execution_options=_UNSEEN)
        letters = delete(EventRetry).where(_names_any(EventRetry.body, some))
        tx.session.execute(letters, execution_options=_UNSEEN)


def _names_any(column: InstrumentedAttribute[Any], quoted: Iterable[str]) -> ColumnElement[bool]:
    return or_(*(column.contains(one, autoescape=True) for one in quoted))


def _some(things: Sequence[Any], number: int = ROWS_A_RECORD) -> Iterator[Sequence[Any]]:
    return (things[start : start + number] for start in range(0, len(things), number))
