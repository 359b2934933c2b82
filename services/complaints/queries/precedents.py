"""Looking things up in the case library: what was decided in cases like this, and what was paid (SPEC NX-12)."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median_low
from typing import Any

from sqlalchemy import ColumnElement, select

from chassis.finding import having_all
from chassis.paging import page
from chassis.search import query_tokens
from chassis.work import Transaction
from services.complaints.models import PrecedentRow, PrecedentToken
from services.complaints.policy import Policy
from services.complaints.queries.cases import active_policy
from services.complaints.usecases.effects import money


def listed(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """The precedents to which every filter fits, newest first. They name nobody, so the whole company reads them.

    Problem: `no_policy`.
    """
    policy = active_policy(tx)
    statement = select(PrecedentRow).where(*_filters(tx, data))
    found = page(tx, statement, sort=[(PrecedentRow.id, "desc")], data=data)
    return {**found, "items": [_shown(policy, row, tx.ctx.locale) for row in found["items"]]}


def awards(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """How many precedents fit, and the range of what was paid on those where something was."""
    amounts = list(
        tx.session.scalars(select(PrecedentRow.award).where(*_filters(tx, data)).order_by(PrecedentRow.award))
    )
    paid = [amount for amount in amounts if amount is not None]
    return {
        "precedents": len(amounts), "paid": len(paid), "least": money(paid[0] if paid else None),
        "median": money(median_low(paid) if paid else None), "most": money(paid[-1] if paid else None),
    }  # fmt: skip


def _filters(tx: Transaction, data: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    conditions = [getattr(PrecedentRow, n) == data[n] for n in ("category", "level", "outcome") if data.get(n)]
    words = query_tokens(data.get("q") or "")
    return [*conditions, having_all(tx, PrecedentRow.id, PrecedentToken.precedent_id, words)] if words else conditions


def _shown(policy: Policy, row: PrecedentRow, locale: str) -> dict[str, Any]:
    return {
        "id": row.id, "category": row.category, "category_label": policy.label("categories", row.category, locale),
        "level": row.level, "level_label": policy.label("levels", row.level, locale),
        "outcome": row.outcome, "outcome_label": policy.label("outcomes", row.outcome, locale),
        "title": row.title, "account": row.account, "analysis": row.analysis, "award": money(row.award),
        "kept_at": row.kept_at,
    }  # fmt: skip
