"""Keeping periodic reports (SPEC PL-13): counted first, in a transaction that only reads, and then kept in a short one.

A revision is written once and never changed; a correction is the next revision.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, true

from chassis.ids import new_id
from chassis.tables import StaffEntry, UnitEntry
from chassis.work import Transaction
from contracts import complaints as contract
from contracts.complaints import kept_reports as published
from contracts.complaints.vocabulary import SERVICE
from contracts.problems import INVALID, Problem, both
from services.complaints.domain.periods import EXAMPLES, Kind, Period
from services.complaints.domain.revisions import changes
from services.complaints.models import KeptReport
from services.complaints.policy import Policy
from services.complaints.queries import kept_reports, reports
from services.complaints.queries.cases import active_policy, policy_of

TEMPLATE = "complaint.report_made"
_MOST_TOLD = 1000
"""Recipients of one message."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A report that was counted and is to be kept."""

    policy: Policy
    report: str
    period: Period
    content: dict[str, Any]


def count(tx: Transaction, policy: Policy, report: str, period: Period) -> Counted:
    """Count the whole company's cases for a period of a report of that policy."""
    return Counted(policy, report, period, reports.content(tx, policy, policy.reports[report], period, true()))


def count_earlier(tx: Transaction, data: dict[str, Any]) -> Counted:
    """Count what `make` keeps.

    Problems: `whole_company_only`, `no_policy`, `invalid_request` for a report or period that is none,
    `period_not_over`, `report_already_kept`.
    """
    kept_reports.require_whole_company(tx)
    policy, report = active_policy(tx), data["report"]
    if report not in policy.reports:
        raise _unknown(policy)
    period = _period(policy, report, data["period"])
    if reports.bounds(tx, period)[1] > tx.now:
        raise published.PERIOD_NOT_OVER(period=period.name)
    _refuse_kept(tx, report, period)
    return count(tx, policy, report, period)


def make(tx: Transaction, _data: dict[str, Any], counted: Counted) -> KeptReport:
    """Keep the report of an earlier period by hand.

    Problem: `report_already_kept`.
    """
    _refuse_kept(tx, counted.report, counted.period)
    return keep(tx, counted)


def count_again(tx: Transaction, data: dict[str, Any]) -> Counted:
    """Count what `revise` keeps: by the active policy, or by that of the revision when it has the report no more.

    Problem: `not_found`.
    """
    row = kept_reports.load(tx, data["report_id"])
    policy = active_policy(tx)
    period = _parsed(policy, row.report, row.period)
    if period is None:
        policy = policy_of(tx, row)
        period = _period(policy, row.report, row.period)
    return count(tx, policy, row.report, period)


def revise(tx: Transaction, data: dict[str, Any], counted: Counted) -> KeptReport:
    """Keep a correction as the next revision.

    Problem: `nothing_to_revise` when every figure is the newest revision's.
    """
    before = kept_reports.newest(tx, counted.report, counted.period.name)
    assert before is not None
    if not changes(before.content, counted.content):
        raise published.NOTHING_TO_REVISE(revision=before.revision)
    return keep(tx, counted, before, data["reason"])


def keep(tx: Transaction, counted: Counted, before: KeptReport | None = None, reason: str | None = None) -> KeptReport:
    """Write the next revision; tell partners, and its readers."""
    report = counted.policy.reports[counted.report]
    begin, end = reports.bounds(tx, counted.period)
    due_at, actor = reports.due_at(tx, report, counted.period), tx.ctx.actor
    by_itself = actor.id == SERVICE
    row = KeptReport(
        tenant_id=tx.tenant_id, id=new_id(), report=counted.report, period=counted.period.name,
        revision=before.revision + 1 if before else 1, label=report["labels"], begins_at=begin, ends_at=end,
        due_at=due_at, late=before.late if before else tx.now > due_at, policy_version=counted.policy.version,
        content=counted.content, changes=changes(before.content, counted.content) if before else [],
        reason=reason, made_at=tx.now, made_by=None if by_itself else actor.name or actor.kind,
        made_by_id=None if by_itself else actor.id,
    )  # fmt: skip
    tx.session.add(row)
    tx.session.flush()
    told = {name: getattr(row, name) for name in ("report", "period", "due_at", "revision", "made_at")}
    tx.emit(published.REPORT_MADE, row.id, {**told, "report_id": row.id, "from": begin, "to": end})
    after = {"report": row.report, "period": row.period, "revision": row.revision, "changes": len(row.changes)}
    tx.audit("report.revised" if before else "report.made", "report", row.id, after=after, note=reason or "")
    _tell_readers(tx, row, report.get("to", ()))
    return row


def _tell_readers(tx: Transaction, row: KeptReport, roles: list[str]) -> None:
    recipients = [{"kind": "staff", "staff_id": reader} for reader in _readers(tx, frozenset(roles))]
    if not recipients:
        return
    figures = row.content["figures"]
    message = {
        "key": TEMPLATE, "urgent": False, "recipients": recipients[:_MOST_TOLD],
        "variables": {
            "report": row.label, "period": row.period, "revision": row.revision, "reason": row.reason or "",
            "received": figures["received"], "closed": figures["closed"], "open": figures["open_at_end"],
        },
        "subject": {"kind": "report", "id": row.id, "number": row.period},
    }  # fmt: skip
    tx.emit(contract.MESSAGE_REQUESTED, row.id, message)


def _readers(tx: Transaction, roles: frozenset[str]) -> list[Any]:
    """The holders of those roles who may act in the whole company: others could not open what they are told of."""
    if not roles:
        return []
    units = list(tx.session.scalars(select(UnitEntry).where(UnitEntry.active)))
    holders = tx.session.scalars(select(StaffEntry).where(StaffEntry.active).order_by(StaffEntry.id))
    return [holder.id for holder in holders if roles & set(holder.roles) and _covers(holder, units)]


def _covers(holder: StaffEntry, units: list[UnitEntry]) -> bool:
    mine = set(holder.org_unit_ids)
    return not mine or all(mine & set(unit.path) for unit in units)


def _refuse_kept(tx: Transaction, report: str, period: Period) -> None:
    kept = kept_reports.newest(tx, report, period.name)
    if kept is not None:
        raise published.ALREADY_KEPT(period=period.name, report_id=kept.id)


def _period(policy: Policy, report: str, name: str) -> Period:
    period = _parsed(policy, report, name)
    if period is None:
        wanted = EXAMPLES[Kind(policy.reports[report]["period"])]
        message = both(f"must be a period of this report, such as {wanted}", f"应为该报表的期间,例如 {wanted}")
        raise INVALID([{"field": "period", "code": "period", "message": message}])
    return period


def _parsed(policy: Policy, report: str, name: str) -> Period | None:
    """The report's period of that name; None when the policy has no such report, or the report no such period."""
    if report not in policy.reports:
        return None
    try:
        return Period.named(Kind(policy.reports[report]["period"]), name)
    except ValueError:
        return None


def _unknown(policy: Policy) -> Problem:
    known = ", ".join(policy.reports)
    message = both(f"must be a report of your policy: {known}", f"应为制度中的报表:{known}")
    return INVALID([{"field": "report", "code": "unknown", "message": message}])
