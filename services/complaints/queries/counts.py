"""How many of the cases received are where the policy wants every case to come (SPEC DC-1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, select

from chassis.work import Transaction
from services.complaints.domain.scope import scope_of
from services.complaints.models import ComplaintRow
from services.complaints.policy import Expression, Policy, text
from services.complaints.usecases import store
from services.complaints.usecases.caller import now_of

_AT_ONCE = 500
"""Cases held in memory at a time."""


def of(  # noqa: PLR0917  (of these cases, between these moments)
    tx: Transaction,
    policy: Policy,
    report: Mapping[str, Any],
    begin: datetime,
    end: datetime,
    where: ColumnElement[bool],
) -> list[dict[str, Any]]:
    """One entry a count of the report: for how many cases it holds and their share in per cent, null without cases.

    Conditions are worked out case by case, about 5,000 a second.
    """
    conditions = {count["key"]: Expression(count["when"]) for count in report.get("counts", ())}
    if not conditions:
        return []
    held, whole = dict.fromkeys(conditions, 0), 0
    for row in _rows(tx, and_(ComplaintRow.received_at >= begin, ComplaintRow.received_at < end, where)):
        whole += 1
        scope = scope_of(policy, store.case_of(row), now_of(tx))
        for key, condition in conditions.items():
            held[key] += condition.holds(scope)
    return [
        {
            "key": count["key"], "label": text(count["labels"], tx.ctx.locale), "cases": held[count["key"]],
            "share": _share(held[count["key"]], whole),
        }
        for count in report["counts"]
    ]  # fmt: skip


def _rows(tx: Transaction, received: ColumnElement[bool]) -> Iterator[ComplaintRow]:
    """The cases, page by page: a server-side cursor does not work with green threads."""
    page = select(ComplaintRow).where(received).order_by(ComplaintRow.id).limit(_AT_ONCE)
    rows = list(tx.session.scalars(page))
    while rows:
        yield from rows
        rows = list(tx.session.scalars(page.where(ComplaintRow.id > rows[-1].id))) if len(rows) == _AT_ONCE else []


def _share(part: int, whole: int) -> float | None:
    return float((Decimal(part) * 100 / whole).quantize(Decimal("0.1"), ROUND_HALF_UP)) if whole else None
