"""Reading kept reports (SPEC PL-13). They are the whole company's, so who may act in some of its org units only does
not see them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased, defer

from chassis.paging import page
from chassis.tables import UnitEntry
from chassis.work import Transaction
from contracts.complaints.kept_reports import WHOLE_COMPANY_ONLY
from contracts.problems import NOT_FOUND
from services.complaints.domain.periods import Kind, Period
from services.complaints.models import KeptReport, ReportFile, ReportSchedule
from services.complaints.policy import text
from services.complaints.queries import reports
from services.complaints.queries.cases import active_policy
from services.complaints.queries.wording import in_language

_SAME = (
    "id", "report", "period", "due_at", "late", "revision", "reason", "made_at", "made_by", "policy_version",
)  # fmt: skip


def listed(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """Summaries of the kept reports, newest first.

    Problem: `whole_company_only`.
    """
    require_whole_company(tx)
    statement = select(KeptReport).options(defer(KeptReport.content), defer(KeptReport.changes))
    for name in ("report", "period"):
        if data.get(name):
            statement = statement.where(getattr(KeptReport, name) == data[name])
    if data.get("newest"):
        statement = statement.where(~_has_a_newer_one())
    found = page(tx, statement, sort=[(KeptReport.id, "desc")], data=data)
    return {**found, "items": [_summary(row, tx.ctx.locale) for row in found["items"]]}


def one(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """The revision `report_id` with its figures."""
    return shown(tx, load(tx, data["report_id"]))


def schedule(tx: Transaction, _data: dict[str, Any]) -> dict[str, Any]:
    """Which period of each of the policy's reports comes next.

    Problem: `no_policy`.
    """
    policy = active_policy(tx)
    rows = tx.session.scalars(select(ReportSchedule).order_by(ReportSchedule.ready_at, ReportSchedule.report))
    return {"items": [_next(tx, policy.reports[row.report], row) for row in rows if row.report in policy.reports]}


def load(tx: Transaction, report_id: UUID) -> KeptReport:
    """The revision; the problem `not_found` for one that is missing or not for this caller."""
    if not sees_whole_company(tx):
        raise NOT_FOUND(kind="report")
    return tx.get(KeptReport, report_id, kind="report")


def newest(tx: Transaction, report: str, period: str) -> KeptReport | None:
    """The newest revision of a report; None when it was never made."""
    revisions = select(KeptReport).where(KeptReport.report == report, KeptReport.period == period)
    return tx.session.scalars(revisions.order_by(KeptReport.revision.desc()).limit(1)).first()


def shown(tx: Transaction, row: KeptReport) -> dict[str, Any]:
    """The revision whole."""
    locale = tx.ctx.locale
    same = select(KeptReport.id).where(KeptReport.report == row.report, KeptReport.period == row.period)
    files = select(ReportFile).where(ReportFile.report_id == row.id).order_by(ReportFile.made_at)
    return {
        **_summary(row, locale), **in_language(row.content, locale),
        "changes": [_change(change, locale) for change in row.changes],
        "revisions": list(tx.session.scalars(same.order_by(KeptReport.revision))),
        "files": list(tx.session.scalars(files)),
    }  # fmt: skip


def sees_whole_company(tx: Transaction) -> bool:
    """Whether the caller may act in every org unit there is."""
    mine = tx.ctx.org_unit_ids
    return mine is None or mine.issuperset(tx.session.scalars(select(UnitEntry.id).where(UnitEntry.active)))


def require_whole_company(tx: Transaction) -> None:
    """Raise `whole_company_only` to a caller who may act in some org units only."""
    if not sees_whole_company(tx):
        raise WHOLE_COMPANY_ONLY()


def _next(tx: Transaction, report: dict[str, Any], row: ReportSchedule) -> dict[str, Any]:
    period = Period.holding(Kind(report["period"]), row.next_day)
    return {
        "report": row.report, "label": text(report["labels"], tx.ctx.locale), "period": period.name,
        "ready_at": row.ready_at, "due_at": reports.due_at(tx, report, period), "to": report.get("to", []),
    }  # fmt: skip


def _has_a_newer_one() -> Any:
    later = aliased(KeptReport)
    same = (later.report == KeptReport.report, later.period == KeptReport.period)
    return exists().where(
        later.tenant_id == KeptReport.tenant_id, *same, later.revision > KeptReport.revision
    )  # fmt: skip


def _summary(row: KeptReport, locale: str) -> dict[str, Any]:
    return {
        **{name: getattr(row, name) for name in _SAME},
        "label": text(row.label, locale), "from": row.begins_at, "to": row.ends_at,
    }  # fmt: skip


def _change(change: dict[str, Any], locale: str) -> dict[str, Any]:
    table = change["table"]
    return {**change, "table": text(table, locale) if table else None, "label": text(change["labels"], locale)}
