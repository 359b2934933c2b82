"""What a draft of the policy would change of the open cases (SPEC PL-5): counted over all, told of some.

The draft is fetched from its service outside any transaction. The cases are walked page by page, each page in a
transaction of its own, with a yield between, so that twenty thousand cases hold up nobody; a call that has looked at
enough says how far it came, and where to go on.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from typing import Any

from sqlalchemy import ColumnElement, func, select

from chassis import clock, offload
from chassis.paging import page
from chassis.rpc import Call
from chassis.work import Transaction
from contracts import tenants
from contracts.complaints.vocabulary import DANGERS, DIFFERENCES
from contracts.problems import both
from services.complaints.domain.case import CLOSED, OPEN
from services.complaints.domain.comparing import differences
from services.complaints.models import ComplaintRow, SheetRow
from services.complaints.policy import Policy, text
from services.complaints.queries.cases import policy_of, scope_of
from services.complaints.queries.differences import Change, Words
from services.complaints.usecases import alike, store
from services.complaints.usecases.caller import now_of

MOST = 5000
"""Cases one call looks at."""
A_PAGE = 50
"""Cases one transaction looks at: some fifty milliseconds, in which no other call is served."""
SECONDS_KEPT = 3.0
"""What is left of a call's time when it stops looking."""
_ORDER = {what: place for place, what in enumerate((*DANGERS, *DIFFERENCES))}
_NOTICE = both(
    "A preview at this moment. Nothing was changed: open cases keep the policy they began with.",
    "此为当前时刻的预览,未作任何更改;未结案件仍适用其受理时的制度。",
)
Preview = dict[str, Any]


def preview(call: Call) -> Preview:
    """The preview of the draft for the caller's open cases.

    Problems: `not_found` for the draft, `service_unavailable` when the tenants service does not answer, and
    `invalid_request` for a cursor that is not one of a preview.
    """
    draft_id, open_cases = call.data["draft_id"], call.look(_count)
    draft = call.workplace.call(tenants.DRAFT_DOCUMENT, {"draft_id": str(draft_id)}, call.ctx.tenant_id)
    policy, tally = offload.run(Policy, draft["document"], 0), Tally(call.data["limit"])
    cursor = _walk(call, policy, tally)
    return {
        "at": clock.now(), "draft_id": draft_id, "base_version": draft["base_version"],
        "notice": _NOTICE["en" if call.ctx.locale == "en" else "zh-CN"], "open_cases": open_cases,
        "next_cursor": cursor, **tally.reply(),
    }  # fmt: skip


class Tally:
    """Counts what cases after cases bring, and keeps the first ones to tell of."""

    def __init__(self, limit: int) -> None:
        self.looked_at = 0
        self._limit, self._affected = limit, 0
        self._totals: Counter[tuple[Any, ...]] = Counter()
        self._kept: dict[bool, list[Preview]] = defaultdict(list)

    def add(self, cases: list[Preview]) -> None:
        for case in cases:
            self.looked_at += 1
            self._affected += bool(case["changes"])
            self._totals.update({_sort_of(change) for change in case["changes"]})
            kept = self._kept[case["dangerous"]]
            if case["changes"] and len(kept) < self._limit:
                kept.append(case)

    def reply(self) -> Preview:
        names = ("what", "what_label", "key", "label", "before", "after")
        totals = [{**dict(zip(names, sort, strict=True)), "cases": n} for sort, n in self._totals.items()]
        return {
            "looked_at": self.looked_at, "affected": self._affected,
            "totals": sorted(totals, key=lambda total: (_ORDER[total["what"]], -total["cases"], total["key"])),
            "cases": (self._kept[True] + self._kept[False])[: self._limit],
        }  # fmt: skip


def _sort_of(change: Change) -> tuple[Any, ...]:
    """What makes two cases' changes the same one: moments are each case's own."""
    told = change["what"] in {"level", "process"}
    ends = (change["before"], change["after"]) if told else (None, None)
    about = ("", "") if change["what"] == "priority" else (change["key"], change["label"])
    return (change["what"], change["what_label"], *about, *ends)


def _walk(call: Call, policy: Policy, tally: Tally) -> str | None:
    """Look at page after page; where to go on, None at the end."""
    cursor: str | None = call.data.get("cursor")
    until = (call.ctx.deadline or time.time() + SECONDS_KEPT * 3) - SECONDS_KEPT
    while True:
        cases, cursor = call.look(_page, policy, cursor)
        tally.add(cases)
        if cursor is None or tally.looked_at >= MOST or time.time() > until:
            return cursor
        time.sleep(0)  # lets other calls through: reading from SQLite never yields by itself


def _open(tx: Transaction) -> tuple[ColumnElement[bool], ...]:
    standing = (ComplaintRow.state != CLOSED, ComplaintRow.merged_into_id.is_(None))
    return *standing, scope_of(tx, ComplaintRow.org_unit_id)


def _count(tx: Transaction, _data: dict[str, Any]) -> int:
    return tx.session.scalar(select(func.count()).select_from(ComplaintRow).where(*_open(tx))) or 0


def _page(
    tx: Transaction, _data: dict[str, Any], policy: Policy, cursor: str | None
) -> tuple[list[Preview], str | None]:
    found = page(
        tx, select(ComplaintRow).where(*_open(tx)), sort=[(ComplaintRow.id, "asc")],
        data={"cursor": cursor, "limit": A_PAGE},
    )  # fmt: skip
    rows: list[ComplaintRow] = found["items"]
    ids = [row.id for row in rows]
    tx.deadlines.look_up(ids)
    sheets: dict[Any, list[SheetRow]] = defaultdict(list)
    of_these = select(SheetRow).where(SheetRow.complaint_id.in_(ids), SheetRow.state == OPEN).order_by(SheetRow.id)
    for sheet in tx.session.scalars(of_these):
        sheets[sheet.complaint_id].append(sheet)
    return [_previewed(tx, policy, row, sheets[row.id]) for row in rows], found["next_cursor"]


def _previewed(tx: Transaction, policy: Policy, row: ComplaintRow, sheet_rows: list[SheetRow]) -> Preview:
    own, case, sheets = policy_of(tx, row), store.case_of(row), [store.sheet_of(sheet) for sheet in sheet_rows]
    if policy.like_cases != own.like_cases:
        case.like_cases = alike.counted(tx, policy, row)
    found = differences(own, policy, case, sheets, now_of(tx))
    changes = Words(tx, own, policy, row, case).changes(found, sheets)
    changes.sort(key=lambda change: _ORDER[change["what"]])
    return {
        "complaint_id": row.id, "number": row.number, "policy_version": own.version,
        "stage_label": text(own.processes[row.process].stages[row.stage].labels, tx.ctx.locale), "changes": changes,
        "level_label": own.label("levels", row.level, tx.ctx.locale),
        "dangerous": any(change["what"] in DANGERS for change in changes),
    }  # fmt: skip
