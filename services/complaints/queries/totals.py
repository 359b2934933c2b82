"""How many cases wait where, for a work queue (SPEC UX-6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute

from chassis.work import Transaction
from services.complaints.models import ComplaintRow
from services.complaints.policy import Policy, text
from services.complaints.queries import filtering
from services.complaints.queries.cases import active_policy

_STATES: Mapping[str, Mapping[str, str]] = {
    "open": {"zh-CN": "处理中", "en": "Open"},
    "waiting": {"zh-CN": "等待客户", "en": "Waiting for the customer"},
    "closed": {"zh-CN": "已结案", "en": "Closed"},
}
_GROUPS: Mapping[str, InstrumentedAttribute[Any]] = {
    "state": ComplaintRow.state,
    "level": ComplaintRow.level,
    "stage": ComplaintRow.stage,
    "category": ComplaintRow.category,
}


def counts(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """How many cases the list with the same filters has, in all, late, and by state, level, stage and category."""
    policy, where = active_policy(tx), filtering.conditions(tx, data)
    whole = select(func.count(ComplaintRow.id)).where(*where)
    return {
        "total": tx.session.scalar(whole) or 0,
        "overdue": tx.session.scalar(whole.where(filtering.overdue(tx))) or 0,
        "groups": [{"by": by, "rows": _rows(tx, policy, by, where)} for by in _GROUPS],
    }


def _rows(tx: Transaction, policy: Policy, by: str, where: list[ColumnElement[bool]]) -> list[dict[str, Any]]:
    column, number = _GROUPS[by], func.count(ComplaintRow.id)
    grouped = select(column, number).where(*where).group_by(column).order_by(number.desc(), column)
    return [
        {"key": key or "", "label": _label(policy, by, key, tx.ctx.locale), "complaints": count}
        for key, count in tx.session.execute(grouped)
    ]


def _label(policy: Policy, by: str, key: str | None, locale: str) -> str:
    if key is None:
        return "not known" if locale == "en" else "未定"
    if by == "state":
        return text(_STATES[key], locale)
    if by == "stage":
        stages = (process.stages.get(key) for process in policy.processes.values())
        found = next((stage for stage in stages if stage is not None), None)
        return text(found.labels, locale) if found else key
    return policy.label({"level": "levels", "category": "categories"}[by], key, locale) or key
