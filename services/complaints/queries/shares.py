"""Responsibility by department (SPEC MF-10, NX-2): the confirmed shares of the cases closed in a period."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import select

from services.complaints.domain.case import DONE
from services.complaints.models import ComplaintRow, SheetRow
from services.complaints.queries.selection import Selection
from services.complaints.queries.wording import group_labels
from services.complaints.usecases.effects import money
from services.complaints.usecases.store import amount_of

NATURE = "share"


def rows(chosen: Selection) -> list[dict[str, Any]]:
    """One row a department: in how many cases it answers for a share, the shares added up in per cent, its loss."""
    confirmed = (
        select(SheetRow.values)
        .join(ComplaintRow, ComplaintRow.id == SheetRow.complaint_id)
        .where(SheetRow.nature == NATURE, SheetRow.state == DONE, chosen.closed)
    )
    cases: dict[str, int] = defaultdict(int)
    shares: dict[str, int] = defaultdict(int)
    losses: dict[str, int] = defaultdict(int)
    for values in chosen.tx.session.scalars(confirmed):
        department = values["department"]
        cases[department] += 1
        shares[department] += values["share"]
        losses[department] += amount_of(values.get("loss"))
    return [
        {
            "group": department, "labels": group_labels(chosen.policy, "department", department),
            "figures": {"cases": cases[department], "share": share, "loss": money(losses[department])},
        }
        for department, share in sorted(shares.items(), key=lambda item: (-item[1], item[0]))
    ]  # fmt: skip
