"""Which records have all the words searched for, by a table of `(tenant_id, token, record)` rows (`chassis.search`)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from cachetools import LRUCache
from sqlalchemy import ColumnElement, FromClause, Select, and_, exists, false, func, select
from sqlalchemy.orm import InstrumentedAttribute

from chassis.work import Transaction

FEW = 500
"""So many records are named one by one; what more records have is looked for row by row in the list's own order."""

_common: LRUCache[tuple[Any, ...], bool] = LRUCache(2_000)
"""Words that were found to be common, by tenant and table: the ones looked for last. They are not counted again; should
they be rare by now, their records are found all the same, only slower."""


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
    ordered = sorted(words)
    key = (tx.tenant_id, owner.class_.__tablename__, *ordered)
    if key not in _common:
        having = _owners(owner, ordered)
        # The database counts: making so many ids of ours, only to throw them away, took longer than the count.
        if tx.session.scalars(select(func.count()).select_from(having.limit(FEW + 1).subquery())).one() <= FEW:
            return record.in_(tx.session.scalars(having).all())
    _common[key] = True
    return and_(*(_has(record, owner, word) for word in ordered))


def _owners(owner: InstrumentedAttribute[Any], words: Sequence[str]) -> Select[Any]:
    """The records that have all the words, in no order."""
    table = owner.class_
    found = select(owner).where(table.token == words[0])
    for word in words[1:]:
        other = _plain(owner)
        same = and_(other.c.tenant_id == table.tenant_id, other.c[owner.key] == owner, other.c.token == word)
        found = found.join(other, same)
    return found


def _has(record: InstrumentedAttribute[Any], owner: InstrumentedAttribute[Any], word: str) -> ColumnElement[bool]:
    token, cls = _plain(owner), record.class_
    found = select(1).where(token.c.tenant_id == cls.tenant_id, token.c[owner.key] == record, token.c.token == word)
    # The OFFSET keeps PostgreSQL from making a join of it, which would read every record that has the word.
    return exists(found.correlate(cls).offset(0))


def _plain(owner: InstrumentedAttribute[Any]) -> FromClause:
    """The token table once more, bound by hand to the tenant of the row it belongs to: a mapped class once more costs
    more in Python than the search does in the database."""
    alias: FromClause = owner.class_.__table__.alias()
    return alias
