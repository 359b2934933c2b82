"""Counting the cases of a period: figures of the whole, and tables of them by group."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import InstrumentedAttribute

from chassis import directory
from chassis.tables import DeadlineRow
from contracts.problems import LOCALES
from services.complaints.domain.case import CLOSED
from services.complaints.domain.rates import rounded, share_of
from services.complaints.models import ComplaintRow, SheetRow
from services.complaints.queries import counts, reviews, shares
from services.complaints.queries.selection import Selection
from services.complaints.queries.wording import Labels, described, group_labels, table
from services.complaints.usecases.effects import money

_GROUPS: Mapping[str, InstrumentedAttribute[Any]] = {
    "category": ComplaintRow.category,
    "level": ComplaintRow.level,
    "channel": ComplaintRow.channel,
    "department": ComplaintRow.department,
    "validity": ComplaintRow.validity,
    "outcome": ComplaintRow.outcome,
    "satisfaction": ComplaintRow.satisfaction,
    "org_unit": ComplaintRow.org_unit_id,
}


def content(chosen: Selection, report: Mapping[str, Any]) -> dict[str, Any]:
    """All a report holds, with names in each language.

    Rates are in per cent with one decimal, null where nothing was counted; amounts in fen.
    """
    figures = {**_figures(chosen), **reviews.figures(chosen, report)}
    tables = [_table(chosen, by) for by in report.get("by", ())]
    if "causes" in report:
        tables.append(table("causes", reviews.causes(_rows(chosen, report["causes"]))))
    return {**described(figures), "counts": counts.of(chosen, report), "tables": tables}


def _figures(chosen: Selection) -> dict[str, Any]:
    tx, policy = chosen.tx, chosen.policy
    satisfied = [key for key, answer in policy.satisfaction.items() if answer.get("satisfied") is True]
    asked = [key for key, answer in policy.satisfaction.items() if "satisfied" in answer]
    of_received = tx.session.execute(
        select(
            func.count().label("received"),
            _count_if(chosen.valid).label("counted"),
            _count_if(ComplaintRow.state == CLOSED).label("done"),
            _count_if(ComplaintRow.reopened > 0).label("reopened"),
            _count_if(ComplaintRow.follows_id.is_not(None)).label("repeated"),
            func.coalesce(func.sum(ComplaintRow.claimed_amount), 0).label("claimed"),
        ).where(chosen.received)
    ).one()
    of_closed = tx.session.execute(
        select(
            func.count().label("closed"),
            _count_if(ComplaintRow.satisfaction.in_(asked)).label("asked"),
            _count_if(ComplaintRow.satisfaction.in_(satisfied)).label("satisfied"),
        ).where(chosen.closed)
    ).one()
    return {
        "received": of_received.received, "closed": of_closed.closed,
        "open_at_end": tx.session.scalar(select(func.count(ComplaintRow.id)).where(chosen.open_at_end)) or 0,
        "counted": of_received.counted, "counted_share": share_of(of_received.counted, of_received.received),
        "closed_share": share_of(of_received.done, of_received.received),
        **_lateness(chosen),
        "reopened": of_received.reopened, "repeated": of_received.repeated,
        "asked": of_closed.asked, "satisfied": of_closed.satisfied,
        "satisfied_share": share_of(of_closed.satisfied, of_closed.asked),
        **_averages(chosen),
        "claimed": money(int(of_received.claimed)),
        "merged": tx.session.scalar(select(func.count(ComplaintRow.id)).where(chosen.merged)) or 0,
    }  # fmt: skip


def _lateness(chosen: Selection) -> dict[str, int]:
    tx, begin, end = chosen.tx, chosen.begin, chosen.end
    late = and_(DeadlineRow.breaches > 0, DeadlineRow.due_at >= begin, DeadlineRow.due_at < end, chosen.standing)
    for kind in (deadline.key for deadline in chosen.policy.deadlines.values() if deadline.silent):
        late = and_(late, DeadlineRow.kind != kind, DeadlineRow.kind.not_like(f"{kind}:%"))
    on_case = ComplaintRow.id == DeadlineRow.subject_id
    counted = select(func.count(), func.count(DeadlineRow.subject_id.distinct())).select_from(DeadlineRow)
    breaches, cases = tx.session.execute(counted.join(ComplaintRow, on_case).where(late)).one()
    urged = select(func.count()).select_from(SheetRow).join(ComplaintRow, ComplaintRow.id == SheetRow.complaint_id)
    urged = urged.where(
        SheetRow.nature == "urging", SheetRow.opened_at >= begin, SheetRow.opened_at < end, chosen.standing
    )
    return {"breaches": breaches, "with_breach": cases, "urging_notices": tx.session.scalar(urged) or 0}


def _averages(chosen: Selection) -> dict[str, Any]:
    answered = select(ComplaintRow.received_at, ComplaintRow.first_response_at).where(
        chosen.received, ComplaintRow.first_response_at.is_not(None)
    )
    ended = select(ComplaintRow.received_at, ComplaintRow.closed_at).where(chosen.closed)
    return {
        "first_response_hours": _mean(chosen, answered, timedelta(hours=1)),
        "closing_days": _mean(chosen, ended, timedelta(days=1)),
    }


def _mean(chosen: Selection, spans: Any, unit: timedelta) -> float | None:
    """The mean length in `unit`, one decimal. Read row by row: the two databases reckon times differently."""
    total, count = timedelta(), 0
    for begun, ended in chosen.tx.session.execute(spans):
        total, count = total + (ended - begun), count + 1
    return rounded(Decimal(total / unit) / count) if count else None


def _table(chosen: Selection, by: str) -> dict[str, Any]:
    return table(by, shares.rows(chosen) if by == "responsibility" else _rows(chosen, by))


def _rows(chosen: Selection, by: str) -> list[dict[str, Any]]:
    column = _GROUPS[by]
    statement = (
        select(column, func.count(), _count_if(chosen.valid), _count_if(ComplaintRow.state == CLOSED))
        .where(chosen.received)
        .group_by(column)
        .order_by(func.count().desc(), column)
    )
    return [
        {
            "group": str(key) if key is not None else "", "labels": _group_labels(chosen, by, key),
            "figures": {"received": received, "counted": valid, "closed": done},
        }
        for key, received, valid, done in chosen.tx.session.execute(statement)
    ]  # fmt: skip


def _group_labels(chosen: Selection, by: str, key: Any) -> Labels:
    if by == "org_unit" and key is not None:
        unit = directory.unit(chosen.tx, key)
        return dict.fromkeys(LOCALES, unit.name if unit else str(key))
    return group_labels(chosen.policy, by, key)


def _count_if(condition: ColumnElement[bool]) -> Any:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
