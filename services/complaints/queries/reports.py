"""The figures of a month or year (SPEC PC-8, RF-12): counted from the cases as they stand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from chassis import directory
from chassis.spans import Span, Unit, due
from chassis.tables import DeadlineRow
from chassis.work import Transaction
from contracts.problems import NOT_FOUND, OUT_OF_SCOPE
from services.complaints.domain.case import CLOSED
from services.complaints.models import ComplaintRow, SheetRow
from services.complaints.policy import Policy, text
from services.complaints.queries import counts, shares
from services.complaints.queries.cases import active_policy, scope_of

LABELS: Mapping[str, Mapping[str, str]] = {
    "received": {"zh-CN": "受理件数", "en": "Received"},
    "closed": {"zh-CN": "结案件数", "en": "Closed"},
    "open_at_end": {"zh-CN": "期末未结", "en": "Open at the end"},
    "counted": {"zh-CN": "有效投诉", "en": "Valid"},
    "counted_share": {"zh-CN": "有效率(%)", "en": "Valid, per cent"},
    "closed_share": {"zh-CN": "本期受理结案率(%)", "en": "Of the received, closed, per cent"},
    "with_breach": {"zh-CN": "有超时的件数", "en": "With a missed deadline"},
    "breaches": {"zh-CN": "超时次数", "en": "Missed deadlines"},
    "urging_notices": {"zh-CN": "催办单", "en": "Urging notices"},
    "reopened": {"zh-CN": "重新打开", "en": "Reopened"},
    "repeated": {"zh-CN": "重复投诉", "en": "Follow an earlier case"},
    "asked": {"zh-CN": "满意度回访数", "en": "Asked for satisfaction"},
    "satisfied": {"zh-CN": "满意", "en": "Satisfied"},
    "satisfied_share": {"zh-CN": "满意率(%)", "en": "Satisfied, per cent"},
    "first_response_hours": {"zh-CN": "平均首次响应(小时)", "en": "First response, hours on average"},
    "closing_days": {"zh-CN": "平均结案(天)", "en": "Closing, days on average"},
    "claimed": {"zh-CN": "索赔金额", "en": "Claimed"},
}
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
_LISTS = {
    "category": "categories", "level": "levels", "channel": "channels", "department": "departments",
    "validity": "validities", "outcome": "outcomes", "satisfaction": "satisfaction",
}  # fmt: skip


def daily(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """The figures of one day in the tenant's zone (SPEC AP-6), counted as `monthly` counts.

    Problems: `no_policy`, `not_found` when the policy has no daily report, `org_unit_out_of_scope`.
    """
    policy, day = active_policy(tx), data["date"]
    report = _of_period(policy, "day")
    if report is None:
        raise NOT_FOUND(kind="report")
    figures = _report(tx, policy, report, (day, day + timedelta(days=1)), data)
    return {"date": day.isoformat(), "label": text(report["labels"], tx.ctx.locale), **figures}


def weekly(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """The figures of the week, Monday to Sunday, that holds a date (SPEC DC-25), counted as `monthly` counts.

    Problems: `no_policy`, `not_found` when the policy has no weekly report, `org_unit_out_of_scope`.
    """
    policy = active_policy(tx)
    report = _of_period(policy, "week")
    if report is None:
        raise NOT_FOUND(kind="report")
    monday = data["date"] - timedelta(days=data["date"].weekday())
    figures = _report(tx, policy, report, (monday, monday + timedelta(days=7)), data)
    return {"week_of": monday.isoformat(), "label": text(report["labels"], tx.ctx.locale), **figures}


def monthly(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """The figures of one month in the tenant's zone, over the caller's org units or one of them.

    Cases count in the month they were received, closings in the month they were closed. Rates are in per cent with one
    decimal, null where nothing was counted. Problems: `no_policy`, `org_unit_out_of_scope`.
    """
    policy = active_policy(tx)
    first = date.fromisoformat(f"{data['month']}-01")
    report = _of_period(policy, "month")
    return {"month": data["month"], **_report(tx, policy, report, (first, _next_month(first)), data)}


def yearly(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """The figures of one year, of the cases that enter the policy's yearly report (SPEC RF-12: defect feedback).

    Counted as `monthly` counts. Problems: `no_policy`, `not_found` when the policy has no yearly report,
    `org_unit_out_of_scope`.
    """
    policy, year = active_policy(tx), data["year"]
    report = _of_period(policy, "year")
    if report is None:
        raise NOT_FOUND(kind="report")
    figures = _report(tx, policy, report, (date(year, 1, 1), date(year + 1, 1, 1)), data)
    return {"year": year, "label": text(report["labels"], tx.ctx.locale), **figures}


def _of_period(policy: Policy, period: str) -> dict[str, Any] | None:
    return next((report for report in policy.reports.values() if report["period"] == period), None)


def _report(
    tx: Transaction, policy: Policy, report: Mapping[str, Any] | None, days: tuple[date, date], data: Mapping[str, Any]
) -> dict[str, Any]:
    """What every report holds; `days` are its first one and the first one after it."""
    begin, end = (_midnight(tx, day) for day in days)
    counted = ComplaintRow.process.not_in(policy.uncounted)
    where = and_(_where(tx, data), counted, *_entering(report or {}))
    return {
        "from": begin, "to": end, "due_at": _due(tx, report, days[1]) if report else end,
        "figures": _figures(tx, policy, begin, end, where),
        "labels": {name: text(labels, tx.ctx.locale) for name, labels in LABELS.items()},
        "counts": counts.of(tx, policy, report or {}, begin, end, where),
        "tables": [_table(tx, policy, by, begin, end, where) for by in (report["by"] if report else ())],
    }  # fmt: skip


def _due(tx: Transaction, report: Mapping[str, Any], after: date) -> datetime:
    """The end of the day the policy wants it by, in the month or week that begins with `after`; a daily one's after
    it."""
    if report["period"] in {"day", "week"}:
        return _midnight(tx, after + timedelta(days=report["day"]))
    last = _midnight(tx, after - timedelta(days=1))
    return due(last, Span(report["day"], Unit.NTH_OF_NEXT_MONTH), tx.tenant.calendar)


def _entering(report: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    """The conditions by which a case enters the report; none: every case does."""
    conditions: list[ColumnElement[bool]] = []
    if report.get("categories"):
        conditions.append(ComplaintRow.category.in_(report["categories"]))
    if report.get("levels"):
        conditions.append(ComplaintRow.level.in_(report["levels"]))
    for column, left_out in (
        (ComplaintRow.validity, report.get("leave_out")),
        (ComplaintRow.complainant_kind, report.get("leave_out_complainants")),
    ):
        if left_out:
            conditions.append(or_(column.is_(None), column.not_in(left_out)))
    return conditions


def _where(tx: Transaction, data: Mapping[str, Any]) -> ColumnElement[bool]:
    unit = data.get("org_unit_id")
    if unit is None:
        return scope_of(tx, ComplaintRow.org_unit_id)
    if not tx.ctx.covers(unit):
        raise OUT_OF_SCOPE()
    mine: ColumnElement[bool] = ComplaintRow.org_unit_id == unit
    return mine


def _figures(
    tx: Transaction, policy: Policy, begin: datetime, end: datetime, where: ColumnElement[bool]
) -> dict[str, Any]:
    received = and_(ComplaintRow.received_at >= begin, ComplaintRow.received_at < end, where)
    closed = and_(ComplaintRow.closed_at >= begin, ComplaintRow.closed_at < end, where)
    counted = [key for key, validity in policy.validities.items() if validity["counts"]]
    satisfied = [key for key, answer in policy.satisfaction.items() if answer.get("satisfied") is True]
    asked = [key for key, answer in policy.satisfaction.items() if "satisfied" in answer]
    of_received = tx.session.execute(
        select(
            func.count().label("received"),
            _count_if(ComplaintRow.validity.in_(counted)).label("counted"),
            _count_if(ComplaintRow.state == CLOSED).label("done"),
            _count_if(ComplaintRow.reopened > 0).label("reopened"),
            _count_if(ComplaintRow.follows_id.is_not(None)).label("repeated"),
            func.coalesce(func.sum(ComplaintRow.claimed_amount), 0).label("claimed"),
        ).where(received)
    ).one()
    of_closed = tx.session.execute(
        select(
            func.count().label("closed"),
            _count_if(ComplaintRow.satisfaction.in_(asked)).label("asked"),
            _count_if(ComplaintRow.satisfaction.in_(satisfied)).label("satisfied"),
        ).where(closed)
    ).one()
    still_open = and_(
        ComplaintRow.received_at < end, or_(ComplaintRow.closed_at.is_(None), ComplaintRow.closed_at >= end), where
    )
    return {
        "received": of_received.received, "closed": of_closed.closed,
        "open_at_end": tx.session.scalar(select(func.count(ComplaintRow.id)).where(still_open)) or 0,
        "counted": of_received.counted, "counted_share": _share(of_received.counted, of_received.received),
        "closed_share": _share(of_received.done, of_received.received),
        **_lateness(tx, policy, begin, end, where),
        "reopened": of_received.reopened, "repeated": of_received.repeated,
        "asked": of_closed.asked, "satisfied": of_closed.satisfied,
        "satisfied_share": _share(of_closed.satisfied, of_closed.asked),
        **_averages(tx, received, closed),
        "claimed": {"amount": int(of_received.claimed), "currency": "CNY"},
    }  # fmt: skip


def _lateness(
    tx: Transaction, policy: Policy, begin: datetime, end: datetime, where: ColumnElement[bool]
) -> dict[str, int]:
    late = and_(DeadlineRow.breaches > 0, DeadlineRow.due_at >= begin, DeadlineRow.due_at < end, where)
    for kind in (deadline.key for deadline in policy.deadlines.values() if deadline.silent):
        late = and_(late, DeadlineRow.kind != kind, DeadlineRow.kind.not_like(f"{kind}:%"))
    on_case = ComplaintRow.id == DeadlineRow.subject_id
    counts = select(func.count(), func.count(DeadlineRow.subject_id.distinct())).select_from(DeadlineRow)
    breaches, cases = tx.session.execute(counts.join(ComplaintRow, on_case).where(late)).one()
    urged = select(func.count()).select_from(SheetRow).join(ComplaintRow, ComplaintRow.id == SheetRow.complaint_id)
    urged = urged.where(SheetRow.nature == "urging", SheetRow.opened_at >= begin, SheetRow.opened_at < end, where)
    return {"breaches": breaches, "with_breach": cases, "urging_notices": tx.session.scalar(urged) or 0}


def _averages(tx: Transaction, received: ColumnElement[bool], closed: ColumnElement[bool]) -> dict[str, Any]:
    answered = select(ComplaintRow.received_at, ComplaintRow.first_response_at).where(
        received, ComplaintRow.first_response_at.is_not(None)
    )
    ended = select(ComplaintRow.received_at, ComplaintRow.closed_at).where(closed)
    return {
        "first_response_hours": _mean(tx, answered, timedelta(hours=1)),
        "closing_days": _mean(tx, ended, timedelta(days=1)),
    }


def _mean(tx: Transaction, spans: Any, unit: timedelta) -> float | None:
    """The mean length in `unit`, one decimal. Read row by row: the two databases reckon times differently."""
    total, count = timedelta(), 0
    for begun, ended in tx.session.execute(spans):
        total, count = total + (ended - begun), count + 1
    return _rounded(Decimal(total / unit) / count) if count else None


def _table(  # noqa: PLR0917  (a table of these cases, by this, between these moments)
    tx: Transaction, policy: Policy, by: str, begin: datetime, end: datetime, where: ColumnElement[bool]
) -> dict[str, Any]:
    if by == "responsibility":
        return shares.table(tx, policy, and_(ComplaintRow.closed_at >= begin, ComplaintRow.closed_at < end, where))
    column = _GROUPS[by]
    counted = [key for key, validity in policy.validities.items() if validity["counts"]]
    statement = (
        select(
            column, func.count(), _count_if(ComplaintRow.validity.in_(counted)), _count_if(ComplaintRow.state == CLOSED)
        )
        .where(ComplaintRow.received_at >= begin, ComplaintRow.received_at < end, where)
        .group_by(column)
        .order_by(func.count().desc(), column)
    )
    rows = [
        {
            "group": str(key) if key is not None else "", "label": _group_label(tx, policy, by, key),
            "figures": {"received": received, "counted": valid, "closed": done},
        }
        for key, received, valid, done in tx.session.execute(statement)
    ]  # fmt: skip
    return {"by": by, "rows": rows}


def _group_label(tx: Transaction, policy: Policy, by: str, key: Any) -> str:
    if key is None:
        return "未定" if tx.ctx.locale != "en" else "not known"
    if by == "org_unit":
        unit = directory.unit(tx, key)
        return unit.name if unit else str(key)
    return policy.label(_LISTS[by], key, tx.ctx.locale) or str(key)


def _count_if(condition: ColumnElement[bool]) -> Any:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _share(part: int, whole: int) -> float | None:
    return _rounded(Decimal(part) * 100 / whole) if whole else None


def _rounded(value: Decimal) -> float:
    return float(value.quantize(Decimal("0.1"), ROUND_HALF_UP))


def _midnight(tx: Transaction, day: date) -> datetime:
    return datetime.combine(day, time(), tx.tenant.timezone)


def _next_month(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)
