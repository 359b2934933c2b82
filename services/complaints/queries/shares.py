"""Responsibility by department (SPEC MF-10, NX-2): the confirmed shares of the cases closed in a period."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import ColumnElement, select

from chassis.work import Transaction
from services.complaints.domain.case import DONE
from services.complaints.models import ComplaintRow, SheetRow
from services.complaints.policy import Policy
from services.complaints.usecases.effects import money
from services.complaints.usecases.store import amount_of

NATURE = "share"


def table(tx: Transaction, policy: Policy, closed: ColumnElement[bool]) -> dict[str, Any]:
    """One row a department: in how many cases it answers for a share, the shares added up in per cent, its loss."""
    confirmed = (
        select(SheetRow.values)
        .join(ComplaintRow, ComplaintRow.id == SheetRow.complaint_id)
        .where(SheetRow.nature == NATURE, SheetRow.state == DONE, closed)
    )
    cases: dict[str, int] = defaultdict(int)
    shares: dict[str, int] = defaultdict(int)
    losses: dict[str, int] = defaultdict(int)
    for values in tx.session.scalars(confirmed):
        department = values["department"]
        cases[department] += 1
        shares[department] += values["share"]
        losses[department] += amount_of(values.get("loss"))
    rows = [
        {
            "group": department, "label": policy.label("departments", department, tx.ctx.locale) or department,
            "figures": {"cases": cases[department], "share": share, "loss": money(losses[department])},
        }
        for department, share in sorted(shares.items(), key=lambda item: (-item[1], item[0]))
    ]  # fmt: skip
    return {"by": "responsibility", "rows": rows}
