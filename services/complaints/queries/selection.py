"""The cases a report is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_

from chassis.work import Transaction
from services.complaints.models import ComplaintRow
from services.complaints.policy import Policy


@dataclass(frozen=True, slots=True)
class Selection:
    """The cases that fit `where`, and the moments between which they count: from `begin` up to, not including, `end`.

    Cases count in the period in which they were received, closings in that in which they were closed.
    """

    tx: Transaction
    policy: Policy
    begin: datetime
    end: datetime
    where: ColumnElement[bool]

    @property
    def standing(self) -> ColumnElement[bool]:
        """Those that were not merged into another one: what counts (UX-1)."""
        return and_(self.where, ComplaintRow.merged_into_id.is_(None))

    @property
    def received(self) -> ColumnElement[bool]:
        return and_(ComplaintRow.received_at >= self.begin, ComplaintRow.received_at < self.end, self.standing)

    @property
    def merged(self) -> ColumnElement[bool]:
        """Those that stand in no other figure, because they were merged into another case."""
        arrived = and_(ComplaintRow.received_at >= self.begin, ComplaintRow.received_at < self.end, self.where)
        return and_(arrived, ComplaintRow.merged_into_id.is_not(None))

    @property
    def closed(self) -> ColumnElement[bool]:
        return and_(ComplaintRow.closed_at >= self.begin, ComplaintRow.closed_at < self.end, self.standing)

    @property
    def open_at_end(self) -> ColumnElement[bool]:
        still_open = or_(ComplaintRow.closed_at.is_(None), ComplaintRow.closed_at >= self.end)
        return and_(ComplaintRow.received_at < self.end, still_open, self.standing)

    @property
    def valid(self) -> ColumnElement[bool]:
        """Of the kinds of validity that count."""
        keys = [key for key, validity in self.policy.validities.items() if validity["counts"]]
        found: ColumnElement[bool] = ComplaintRow.validity.in_(keys)
        return found


def entering(policy: Policy, report: Mapping[str, Any]) -> ColumnElement[bool]:
    """Which cases enter a report of the policy."""
    conditions: list[ColumnElement[bool]] = [ComplaintRow.process.not_in(policy.uncounted)]
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
    return and_(*conditions)
