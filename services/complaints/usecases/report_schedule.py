"""When the reports of a company are made next, and who makes them (SPEC PL-7, PL-13).

One row a report of the active policy: the period that comes next, and who works on it. A period is made as soon as it
is over; what was missed meanwhile is made one period after the other. A report begins with the period in which the
company first had it, and begins anew after the service was switched off for the company.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from chassis.work import Transaction
from contracts.complaints.vocabulary import SERVICE
from services.complaints.domain.periods import Kind, Period
from services.complaints.models import KeptReport, ReportSchedule
from services.complaints.queries import kept_reports, reports
from services.complaints.usecases.kept_reports import Counted, keep

LEASE = timedelta(minutes=10)
"""How long a report whose process says nothing more is left to it; counting takes seconds."""
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Turn:
    """A period of a report that this process is to make."""

    report: str
    period: Period


def next_look(tx: Transaction) -> tuple[datetime | None, datetime | None]:
    """When there is something to do for the company next, and when the oldest period that is not made yet was over, or
    will be; None: never."""
    rows = [] if _wanted(tx) is None else list(tx.session.scalars(select(ReportSchedule)))
    look = min((max(row.ready_at, row.lease_until or row.ready_at) for row in rows), default=None)
    return look, min((row.ready_at for row in rows), default=None)


def is_settled(tx: Transaction) -> bool:
    """Whether the schedule has just the reports it should have, each at its time."""
    wanted = _wanted(tx)
    rows = tx.session.scalars(select(ReportSchedule)).all()
    if wanted is None:
        return True
    return wanted.keys() == {row.report for row in rows} and all(
        row.ready_at == _ready_at(tx, wanted[row.report], row.next_day) for row in rows
    )


def settle(tx: Transaction) -> None:
    """Take up the reports that the policy has and drop those it has no more; their periods and the company's zone may
    have changed, too."""
    wanted = _wanted(tx)
    if wanted is None:
        return
    rows = {row.report: row for row in tx.session.scalars(select(ReportSchedule).with_for_update())}
    for name in rows.keys() - wanted.keys():
        tx.session.delete(rows[name])
    today = tx.now.astimezone(tx.tenant.timezone).date()
    for name, report in wanted.items():
        row = rows.get(name)
        if row is None:
            row = ReportSchedule(tenant_id=tx.tenant_id, report=name, next_day=today, lease_until=None, attempts=0)
            tx.session.add(row)
        row.ready_at = _ready_at(tx, report, row.next_day)


def claim(tx: Transaction) -> Turn | None:
    """The next period that is over and nobody works on; it is left to this process until the lease ends."""
    wanted = _wanted(tx) or {}
    due = select(ReportSchedule).where(ReportSchedule.ready_at <= tx.now).order_by(ReportSchedule.ready_at)
    for row in tx.session.scalars(due.with_for_update(skip_locked=True)):
        if row.report not in wanted or (row.lease_until is not None and row.lease_until > tx.now):
            continue
        row.lease_until, row.attempts = tx.now + LEASE, row.attempts + 1
        return Turn(row.report, Period.holding(Kind(wanted[row.report]["period"]), row.next_day))
    return None


def record(tx: Transaction, turn: Turn, counted: Counted) -> KeptReport | None:
    """Keep what was counted and go on to the next period; None when it was made meanwhile."""
    row = tx.session.get(ReportSchedule, (tx.tenant_id, turn.report), with_for_update=True)
    if row is None or not turn.period.first <= row.next_day < turn.period.after:
        return None
    report = counted.policy.reports[turn.report]
    row.next_day, row.ready_at = turn.period.after, _ready_at(tx, report, turn.period.after)
    row.lease_until, row.attempts = None, 0
    if kept_reports.newest(tx, turn.report, turn.period.name) is not None:
        return None  # by hand
    return keep(tx, counted)


def put_off(tx: Transaction, turn: Turn) -> None:
    """Leave a report that could not be made for later, each time for longer."""
    row = tx.session.get(ReportSchedule, (tx.tenant_id, turn.report), with_for_update=True)
    if row is not None:
        row.lease_until = tx.now + min(_FIRST_PAUSE * 2 ** min(row.attempts - 1, 10), _LONGEST_PAUSE)


def _wanted(tx: Transaction) -> dict[str, Any] | None:
    """The reports that make themselves, by key; None while a suspended company's stand still."""
    if SERVICE not in tx.tenant.document["services"]:
        return {}
    if SERVICE not in tx.tenant.services:
        return None
    if SERVICE not in tx.tenant.versions:
        return {}
    return {report["key"]: report for report in tx.policy(SERVICE).document["reports"]}


def _ready_at(tx: Transaction, report: Mapping[str, Any], day: date) -> datetime:
    """When the report's period in which `day` lies is over."""
    return reports.bounds(tx, Period.holding(Kind(report["period"]), day))[1]
