"""The figures of a day, week, month or year (SPEC PC-8, RF-12), and of a period of any report of the policy: counted
from the cases as they stand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement

from chassis.spans import Span, Unit, due
from chassis.work import Transaction
from contracts.problems import NOT_FOUND, OUT_OF_SCOPE
from services.complaints.domain.periods import Kind, Period
from services.complaints.models import ComplaintRow
from services.complaints.policy import Policy, text
from services.complaints.queries import figures
from services.complaints.queries.cases import active_policy, scope_of
from services.complaints.queries.selection import Selection, entering
from services.complaints.queries.wording import in_language


def daily(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """The figures of one day in the tenant's zone (SPEC AP-6), counted as `monthly` counts.

    Problems: `no_policy`, `not_found` when the policy has no daily report, `org_unit_out_of_scope`.
    """
    period = Period.holding(Kind.DAY, data["date"])
    return {"date": period.name, **_named(tx, period, data)}


def weekly(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """The figures of the week, Monday to Sunday, that holds a date (SPEC DC-25), counted as `monthly` counts.

    Problems: `no_policy`, `not_found` when the policy has no weekly report, `org_unit_out_of_scope`.
    """
    period = Period.holding(Kind.WEEK, data["date"])
    return {"week_of": period.first.isoformat(), **_named(tx, period, data)}


def monthly(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """The figures of one month in the tenant's zone, over the caller's org units or one of them.

    Cases count in the month they were received, closings in the month they were closed. Rates are in per cent with one
    decimal, null where nothing was counted. Problems: `no_policy`, `org_unit_out_of_scope`.
    """
    policy, period = active_policy(tx), Period.named(Kind.MONTH, data["month"])
    return {"month": period.name, **_shown(tx, policy, _of_kind(policy, Kind.MONTH), period, data)}


def yearly(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """The figures of one year, of the cases that enter the policy's yearly report (SPEC RF-12: defect feedback).

    Counted as `monthly` counts. Problems: `no_policy`, `not_found` when the policy has no yearly report,
    `org_unit_out_of_scope`.
    """
    period = Period.named(Kind.YEAR, str(data["year"]))
    return {"year": data["year"], **_named(tx, period, data)}


def content(
    tx: Transaction, policy: Policy, report: Mapping[str, Any], period: Period, where: ColumnElement[bool]
) -> dict[str, Any]:
    """What a report of the policy holds for a period, of the cases that fit `where`; labels in each language."""
    begin, end = bounds(tx, period)
    return figures.content(Selection(tx, policy, begin, end, where & entering(policy, report)), report)


def bounds(tx: Transaction, period: Period) -> tuple[datetime, datetime]:
    """The moments at which the period begins and is over, in the tenant's zone."""
    return midnight(tx, period.first), midnight(tx, period.after)


def midnight(tx: Transaction, day: date) -> datetime:
    """The first moment of a day in the tenant's zone."""
    return datetime.combine(day, time(), tx.tenant.timezone)


def due_at(tx: Transaction, report: Mapping[str, Any], period: Period) -> datetime:
    """The end of the day the policy wants it by: so many days after a day or week, that day of the month after others
    (SPEC PL-7)."""
    if period.kind in {Kind.DAY, Kind.WEEK}:
        return midnight(tx, period.after + timedelta(days=report["day"]))
    last = midnight(tx, period.after - timedelta(days=1))
    return due(last, Span(report["day"], Unit.NTH_OF_NEXT_MONTH), tx.tenant.calendar)


def _of_kind(policy: Policy, kind: Kind) -> dict[str, Any] | None:
    return next((report for report in policy.reports.values() if report["period"] == kind), None)


def _named(tx: Transaction, period: Period, data: Mapping[str, Any]) -> dict[str, Any]:
    policy = active_policy(tx)
    report = _of_kind(policy, period.kind)
    if report is None:
        raise NOT_FOUND(kind="report")
    return {"label": text(report["labels"], tx.ctx.locale), **_shown(tx, policy, report, period, data)}


def _shown(
    tx: Transaction, policy: Policy, report: Mapping[str, Any] | None, period: Period, data: Mapping[str, Any]
) -> dict[str, Any]:
    begin, end = bounds(tx, period)
    made = content(tx, policy, report or {}, period, _where(tx, data))
    return {
        "from": begin, "to": end, "due_at": due_at(tx, report, period) if report else end,
        **in_language(made, tx.ctx.locale),
    }  # fmt: skip


def _where(tx: Transaction, data: Mapping[str, Any]) -> ColumnElement[bool]:
    unit = data.get("org_unit_id")
    if unit is None:
        return scope_of(tx, ComplaintRow.org_unit_id)
    if not tx.ctx.covers(unit):
        raise OUT_OF_SCOPE()
    mine: ColumnElement[bool] = ComplaintRow.org_unit_id == unit
    return mine
