"""The differences between two policies for a case, in words and moments for one caller."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import singledispatchmethod
from typing import Any

from chassis.deadlines import DONE, RUNNING
from chassis.spans import Span, Unit
from chassis.tables import DeadlineRow
from chassis.work import Transaction
from services.complaints.domain import Case, Sheet
from services.complaints.domain.comparing import Chain, Changed, Difference, Gone, Term
from services.complaints.domain.people import People
from services.complaints.models import ComplaintRow
from services.complaints.policy import Policy, text
from services.complaints.usecases.effects import clock_key

Change = dict[str, Any]
_SAID: Mapping[str, tuple[str, str]] = {
    "process_gone": ("流程已不存在", "Its process is not there"),
    "stage_gone": ("所在阶段已不存在", "Its stage is not there"),
    "level_gone": ("级别已不存在", "Its level is not there"),
    "category_gone": ("类别已不存在", "Its category is not there"),
    "channel_gone": ("受理渠道已不存在", "Its channel is not there"),
    "sheet_gone": ("单据种类已不存在", "An open sheet's kind is not there"),
    "authority_gone": ("审批权限已不存在", "Nobody decides what waits for approval"),
    "fact_changed": ("事项的类型已改变", "A fact on file is of another kind"),
    "rule_fails": ("规则无法计算", "A rule cannot be worked out"),
    "level": ("级别", "Level"),
    "process": ("流程", "Process"),
    "deadline_overdue": ("时限立即超期", "Deadline overdue at once"),
    "deadline_earlier": ("时限提前", "Deadline earlier"),
    "deadline_later": ("时限推后", "Deadline later"),
    "deadline_vanishes": ("时限取消", "Deadline vanishes"),
    "deadline_appears": ("新增时限", "Deadline appears"),
    "approval": ("待审批人", "Approval waited for"),
    "priority": ("优先度", "Priority"),
}
"""What would be otherwise, in Chinese and in English."""


def said(what: str, locale: str) -> str:
    return _SAID[what][locale == "en"]


class Words:
    """Says what would be otherwise for one case: `contracts.complaints.previews.PreviewedChange`."""

    def __init__(self, tx: Transaction, own: Policy, other: Policy, row: ComplaintRow, case: Case) -> None:
        self._tx, self._own, self._other, self._row, self._case = tx, own, other, row, case
        self._locale = tx.ctx.locale

    def changes(self, found: list[Difference], sheets: list[Sheet]) -> list[Change]:
        """One entry a difference; none for a term that would be of another length and end at the same moment."""
        by_id = {sheet.id: sheet for sheet in sheets}
        return [
            {**change, "what_label": said(change["what"], self._locale)}
            for one in found
            for change in self._say(one, by_id.get(getattr(one, "sheet_id", None) or ""))
        ]

    @singledispatchmethod
    def _say(self, difference: Any, _: Sheet | None) -> Iterator[Change]:
        raise TypeError(f"no words for {type(difference).__name__}")

    @_say.register
    def _gone(self, gone: Gone, sheet: Sheet | None) -> Iterator[Change]:
        yield _change(gone.what, gone.key, self._label_of(gone, sheet), gone.sheet_id)

    def _label_of(self, gone: Gone, sheet: Sheet | None) -> str:
        own = self._own
        flow = own.sheets[sheet.kind].flow if sheet else own.processes[self._case.flow.key]
        facts = own.sheets[sheet.kind].holds if sheet else own.facts
        labelled: Mapping[str, Mapping[str, Any]] = {
            "process_gone": own.processes, "stage_gone": flow.stages, "level_gone": own.levels,
            "category_gone": own.categories, "channel_gone": own.channels, "sheet_gone": own.sheets,
            "authority_gone": {kind["key"]: kind for kind in own.document.get("authority", ())}, "fact_changed": facts,
        }  # fmt: skip
        return _label(labelled.get(gone.what, {}), gone.key, self._locale)

    @_say.register
    def _changed(self, changed: Changed, _: Sheet | None) -> Iterator[Change]:
        before, after = changed.before, changed.after
        parts = {"level": "levels", "process": "processes"}
        if changed.what in parts:
            before, after = (
                _label(getattr(policy, parts[changed.what]), key, self._locale)
                for policy, key in ((self._own, before), (self._other, after))
            )
        yield _change(changed.what, changed.after, after, None, before, after)

    @_say.register
    def _chain(self, chain: Chain, sheet: Sheet | None) -> Iterator[Change]:
        kinds = {kind["key"]: kind for kind in self._other.document.get("authority", ())}
        people = [People(policy, self._case, sheet) for policy in (self._own, self._other)]
        before, after = (
            " → ".join(one.names(group, self._locale) for group in groups)
            for one, groups in zip(people, (chain.before, chain.after), strict=True)
        )
        yield _change("approval", chain.kind, _label(kinds, chain.kind, self._locale), chain.sheet_id, before, after)

    @_say.register
    def _term(self, term: Term, _: Sheet | None) -> Iterator[Change]:
        clock = self._clock(term)
        if not term.running and term.after is not None:
            length = f"{term.after.amount} {term.after.unit}"
            yield self._about(term, "deadline_appears", self._other, None, length)
        elif clock is not None and term.after is None:
            yield self._about(term, "deadline_vanishes", self._own, _moment(clock.due_at), None)
        elif clock is not None and term.after is not None:
            end = self._tx.deadlines.would_end(
                clock,
                Span(term.after.amount, Unit(term.after.unit)),
                self._row.received_at if term.since_receipt else None,
            )
            if end != clock.due_at:
                what = self._direction(clock, end)
                yield self._about(term, what, self._other, _moment(clock.due_at), _moment(end))

    def _clock(self, term: Term) -> DeadlineRow | None:
        kind = clock_key(term.kind, term.sheet_id)
        clocks = self._tx.deadlines.of(self._row.id)
        return next((clock for clock in clocks if clock.kind == kind and clock.state != DONE), None)

    def _direction(self, clock: DeadlineRow, end: datetime) -> str:
        if end > clock.due_at:
            return "deadline_later"
        at_once = clock.state == RUNNING and end < self._tx.now <= clock.due_at
        return "deadline_overdue" if at_once else "deadline_earlier"

    def _about(self, term: Term, what: str, policy: Policy, before: str | None, after: str | None) -> Change:
        label = _label(policy.deadlines, term.kind, self._locale)
        return _change(what, term.kind, label, term.sheet_id, before, after)


def _change(  # noqa: PLR0917
    what: str, key: str, label: str, sheet_id: str | None, before: str | None = None, after: str | None = None
) -> Change:
    return {"what": what, "key": key, "label": label, "sheet_id": sheet_id, "before": before, "after": after}


def _label(labelled: Mapping[str, Any], key: str, locale: str) -> str:
    """The text of `key`; the key itself where there is none."""
    found = labelled.get(key)
    if found is None:
        return key
    return text(found["labels"] if isinstance(found, Mapping) else found.labels, locale)


def _moment(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
