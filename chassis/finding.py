"""Which records have all the words searched for, by a table of `(tenant_id, token, record)` rows (`chassis.search`)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from chassis.work import Transaction

FEW = 500
"""So many records are named one by one; what more records have is looked for row by row in the list's own order."""


def having_all(
    tx: Transaction, record: InstrumentedAttribute[Any], owner: InstrumentedAttribute[Any], words: Collection[str]
) -> ColumnElement[bool]:
    """The condition that `record` has every one of `words`; `owner` is the token table's column that names records.

    Rare words are looked up first: then the database reads the few records and sorts them. Common ones are probed for
    while the list is read in its order, and reading ends with the page. The database cannot choose by itself: how
    common a word is with one tenant its statistics do not say (`chassis.migrate`).
    """
    if not words:
        return false()
    few = tx.session.scalars(_owners(owner, sorted(words)).limit(FEW + 1)).all()
    if len(few) <= FEW:
        return record.in_(few)
    return and_(*(_has(record, owner, word) for word in sorted(words)))


def _owners(owner: InstrumentedAttribute[Any], words: list[str]) -> Select[Any]:
    """The records that have all the words, in no order."""
    table = owner.class_
    first = select(owner).where(table.token == words[0])
    for word in words[1:]:
        other = aliased(table)
        same = getattr(other, owner.key) == owner
        first = first.join(other, and_(other.tenant_id == table.tenant_id, same, other.token == word))
    return first


def _has(record: InstrumentedAttribute[Any], owner: InstrumentedAttribute[Any], word: str) -> ColumnElement[bool]:
    token = aliased(owner.class_)
    found = select(1).select_from(token).where(
        token.tenant_id == record.class_.tenant_id, getattr(token, owner.key) == record, token.token == word
    )  # fmt: skip
    # The OFFSET keeps PostgreSQL from making a join of it, which would read every record that has the word.
    return exists(found.correlate(record.class_).offset(0))
