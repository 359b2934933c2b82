"""What a management review holds beyond a report's usual figures (SPEC IS-8): rate, cost, causes, and whether
corrective actions worked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select

from contracts.complaints.vocabulary import COMPENSATION, CORRECTIVE
from services.complaints.domain.case import APPROVED, DONE
from services.complaints.domain.rates import per_thousand, share_of
from services.complaints.models import ComplaintRow, SheetRow
from services.complaints.queries.selection import Selection
from services.complaints.usecases import store
from services.complaints.usecases.effects import money


def figures(chosen: Selection, report: Mapping[str, Any]) -> dict[str, Any]:
    """Those that the report asks for."""
    return {
        **(_rate(chosen, report["rate_of"]) if "rate_of" in report else {}),
        **(_cost(chosen) if report.get("cost") else {}),
        **(_measures(chosen) if report.get("measures") else {}),
    }


def _rate(chosen: Selection, figure: str) -> dict[str, Any]:
    """Complaints per thousand of what the policy's figure counts; null while it is 0, that is not known."""
    base = chosen.policy.figures[figure]
    received = chosen.tx.session.scalar(select(func.count(ComplaintRow.id)).where(chosen.received)) or 0
    return {"base": base, "per_thousand": per_thousand(received, base)}


def _cost(chosen: Selection) -> dict[str, Any]:
    """What the compensations that were finished in the period cost, as approved."""
    amounts = []
    for sheet in _sheets(chosen, COMPENSATION, SheetRow.state == DONE, *_ended(chosen)):
        approved = [p.amount for p in store.sheet_of(sheet).flow.proposals if p.state == APPROVED]
        if approved:
            amounts.append(sum(approved))
    return {"awarded": len(amounts), "awards": money(sum(amounts))}


def _measures(chosen: Selection) -> dict[str, int]:
    """Corrective actions; one that was checked and found without effect counts as failed until a later check."""
    end = chosen.end
    opened = (SheetRow.opened_at >= chosen.begin, SheetRow.opened_at < end)
    done = _sheets(chosen, CORRECTIVE, SheetRow.state == DONE, *_ended(chosen))
    open_ = [
        sheet
        for sheet in _sheets(chosen, CORRECTIVE, SheetRow.opened_at < end)
        if sheet.closed_at is None or sheet.closed_at >= end
    ]
    found = Counter(sheet.values.get("effective") for sheet in (*done, *open_))
    return {
        "measures_opened": len(_sheets(chosen, CORRECTIVE, *opened)), "measures_done": len(done),
        "measures_worked": sum(sheet.values.get("effective") is True for sheet in done),
        "measures_failed": found[False], "measures_open": len(open_),
        "measures_late": sum(sheet.due_at is not None and sheet.due_at < end for sheet in open_),
    }  # fmt: skip


def _sheets(chosen: Selection, nature: str, *conditions: Any) -> list[SheetRow]:
    statement = (
        select(SheetRow)
        .join(ComplaintRow, ComplaintRow.id == SheetRow.complaint_id)
        .where(SheetRow.nature == nature, *conditions, chosen.where)
    )
    return list(chosen.tx.session.scalars(statement))


def _ended(chosen: Selection) -> tuple[Any, Any]:
    return SheetRow.closed_at >= chosen.begin, SheetRow.closed_at < chosen.end


def causes(groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Groups of cases as causes, the most frequent first, with each one's share of the valid complaints and the shares
    added up, in per cent."""
    ordered = sorted(groups, key=lambda row: -row["figures"]["counted"])
    whole, so_far, rows = sum(row["figures"]["counted"] for row in ordered), 0, []
    for row in ordered:
        counted = row["figures"]["counted"]
        so_far += counted
        if counted:
            added = {"counted": counted, "share": share_of(counted, whole), "cumulative": share_of(so_far, whole)}
            rows.append({**row, "figures": added})
    return rows
