"""What of messages and deliveries the caller's org units let them see (PL-3)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, true
from sqlalchemy.orm import InstrumentedAttribute

from chassis.work import Transaction
from contracts.problems import NOT_FOUND


def of_caller(tx: Transaction, column: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """Rows of the caller's org units, and those of none."""
    units = tx.ctx.org_unit_ids
    return true() if units is None else or_(column.is_(None), column.in_(units))


def require_seen(tx: Transaction, org_unit_id: UUID | None, kind: str) -> None:
    """Problem: `not_found`, for what belongs to another store: the same as for what is not there."""
    if not tx.ctx.covers(org_unit_id):
        raise NOT_FOUND(kind=kind)
