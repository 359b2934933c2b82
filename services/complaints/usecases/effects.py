"""Carrying out what the engine decided: clocks, messages, events, history, in the transaction of the act."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import singledispatchmethod
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import select

from chassis.ids import new_id
from chassis.spans import Span, Unit
from chassis.work import Transaction
from contracts import complaints as contract
from contracts.core import Event
from services.complaints.domain import outcome as done
from services.complaints.domain.case import OPEN, Person
from services.complaints.domain.effects import REJUDGE
from services.complaints.models import ComplaintRow, HistoryRow, PapersDue, SheetRow
from services.complaints.policy import Policy
from services.complaints.usecases import destroying, links, messages, precedents, store

LOOK_AGAIN = "like"
"""The clock at which like cases are judged again: at once, but in transactions of their own."""
_CLOCKS = (done.StartDeadline, done.StopDeadline, done.PauseClocks, done.ResumeClocks)
Succeed = Callable[[ComplaintRow, str], ComplaintRow]
"""Registers a new case linked to the given one, with that content."""


class Execution:
    """One act's effects on the world. `row` and its sheets are saved already."""

    def __init__(self, tx: Transaction, policy: Policy, row: ComplaintRow, succeed: Succeed) -> None:
        self.tx, self.policy, self.row, self._succeed = tx, policy, row, succeed

    def carry_out(self, effects: list[done.Effect]) -> None:
        """All of them, in their order; then the row knows its next deadline."""
        for effect in effects:
            self._do(effect)
        self.row.due_at = next_due(self.tx, self.row.id)
        if self.row.work["sheets"] and any(isinstance(effect, _CLOCKS) for effect in effects):
            self._sheets_due()

    def _sheets_due(self) -> None:
        """Each open sheet knows its own next deadline."""
        sheets = select(SheetRow).where(SheetRow.complaint_id == self.row.id, SheetRow.state == OPEN)
        ends: dict[str, datetime] = {}
        for clock in self.tx.deadlines.running(self.row.id):
            sheet_id = clock.data["sheet_id"]
            if sheet_id:
                ends[sheet_id] = min(clock.due_at, ends.get(sheet_id, clock.due_at))
        for sheet in self.tx.session.scalars(sheets):
            sheet.due_at = ends.get(str(sheet.id))

    @singledispatchmethod
    def _do(self, effect: Any) -> None:
        raise TypeError(f"no one carries out {type(effect).__name__}")

    # -- clocks --------------------------------------------------------------------------------------------------------

    @_do.register
    def _start(self, effect: done.StartDeadline) -> None:
        again = effect.again_every
        self.tx.deadlines.start(
            self.row.id, clock_key(effect.kind, effect.sheet_id), Span(effect.amount, Unit(effect.unit)),
            remind=effect.remind_at, repeat=Span(again[0], Unit(again[1])) if again else None,
            due_at=datetime.fromisoformat(effect.at) if effect.at else None,
            started_at=self.row.received_at if effect.since_receipt else None,
            data={"sheet_id": effect.sheet_id, "deadline": effect.kind},
        )  # fmt: skip

    @_do.register
    def _stop(self, effect: done.StopDeadline) -> None:
        self.tx.deadlines.stop(self.row.id, clock_key(effect.kind, effect.sheet_id))

    @_do.register
    def _pause(self, effect: done.PauseClocks) -> None:
        self.tx.deadlines.pause(self.row.id, self._clocks(effect.kinds))
        self._note("paused", note=effect.reason)

    @_do.register
    def _resume(self, effect: done.ResumeClocks) -> None:
        self.tx.deadlines.resume(self.row.id, self._clocks(effect.kinds))
        self._note("resumed")

    def _clocks(self, kinds: frozenset[str]) -> frozenset[str]:
        """The running clocks of those deadlines, the case's and its sheets'."""
        return frozenset(r.kind for r in self.tx.deadlines.of(self.row.id) if r.data["deadline"] in kinds)

    # -- the case's way ------------------------------------------------------------------------------------------------

    @_do.register
    def _moved(self, effect: done.Moved) -> None:
        if effect.sheet_id is None:
            self._emit(
                contract.COMPLAINT_MOVED,
                {"action": effect.action, "from_stage": effect.from_stage, "handler_id": self.row.handler_id},
            )
        if effect.action is None:
            self._note("moved", effect.sheet_id, from_stage=effect.from_stage, to_stage=effect.to_stage)

    @_do.register
    def _level(self, effect: done.LevelChanged) -> None:
        facts = {"before": effect.before, "rules": list(effect.rules), "by_system": effect.by_system}
        self._emit(contract.LEVEL_CHANGED, {**facts, "reason": effect.reason})
        self._note("level", note=effect.reason, fields={**facts, "after": effect.after})

    @_do.register
    def _decided(self, effect: done.ProposalDecided) -> None:
        self._emit(
            contract.PROPOSAL_DECIDED,
            {
                "kind": effect.kind,
                "sheet_id": effect.sheet_id,
                "amount": money(effect.amount),
                "verdict": effect.verdict,
            },
        )
        self._note("decided", effect.sheet_id, fields={"kind": effect.kind, "verdict": effect.verdict})

    @_do.register
    def _sheet_opened(self, effect: done.SheetOpened) -> None:
        self._sheet_event(contract.SHEET_OPENED, effect.sheet_id, "sheet_opened")

    @_do.register
    def _sheet_closed(self, effect: done.SheetClosed) -> None:
        self.tx.deadlines.stop_many(self.row.id, lambda clock: clock.data["sheet_id"] == effect.sheet_id)
        self._sheet_event(contract.SHEET_CLOSED, effect.sheet_id, "sheet_closed")

    @_do.register
    def _closed(self, effect: done.Closed) -> None:
        self.tx.deadlines.stop_many(self.row.id, lambda clock: clock.data["sheet_id"] is None)
        satisfied = self.policy.satisfaction.get(self.row.satisfaction or "", {}).get("satisfied")
        self._emit(
            contract.COMPLAINT_CLOSED,
            {
                "outcome": effect.outcome, "satisfaction": self.row.satisfaction, "satisfied": satisfied,
                "handler_id": self.row.handler_id, "department": self.row.department,
            },
        )  # fmt: skip
        self._note("closed", fields={"outcome": effect.outcome})
        due = {"closed_at": self.tx.now, "next_at": self.tx.now, "attempts": 0}
        self.tx.later.insert(PapersDue, [{"complaint_id": self.row.id, "closing": self.row.reopened + 1, **due}])

    @_do.register
    def _reopened(self, effect: done.Reopened) -> None:
        self._emit(contract.COMPLAINT_REOPENED, {"times": effect.times, "reason": None})
        self._note("reopened")

    @_do.register
    def _erased(self, effect: done.CaseErased) -> None:
        sheet = self.tx.get(SheetRow, UUID(effect.sheet_id), kind="sheet")
        destroying.destroyed(self.tx, self.row, effect, sheet.number)

    @_do.register
    def _successor(self, effect: done.Successor) -> None:
        follower = self._succeed(self.row, effect.content)
        self.tx.write()  # what is answered to this very act names it already
        self._note("followed", fields={"complaint_id": str(follower.id), "number": follower.number})

    @_do.register
    def _finding(self, effect: done.FindingMade) -> None:
        self._emit(
            contract.FINDING_MADE,
            {
                "finding_id": uuid5(self.row.id, f"{effect.kind}:{_about(effect)}"),
                "kind": effect.kind, "staff_id": effect.staff_id, "department": effect.department,
                "amount": money(effect.amount), "share": effect.share, "note": effect.note,
            },
        )  # fmt: skip
        whom = {"party": effect.party} if effect.party else {"department": effect.department, "share": effect.share}
        self._note("finding", effect.sheet_id, fields={"kind": effect.kind, **whom})

    # -- telling -------------------------------------------------------------------------------------------------------

    @_do.register
    def _notify(self, effect: done.Notify) -> None:
        staff = [self._recipient(person) for person in effect.people]
        self._ask(effect, staff)
        if effect.complainant and (complainant := self._complainant()):  # apart: the link is for nobody else
            self._ask(effect, complainant, **links.for_message(self.tx, self.row))

    def _ask(self, effect: done.Notify, recipients: list[dict[str, Any]], **more: str) -> None:
        messages.ask(
            self.tx, self.policy, self.row, effect.template, recipients, next_due(self.tx, self.row.id),
            urgent=effect.urgent, values={**more, **effect.values},
        )  # fmt: skip

    def _recipient(self, person: Person) -> dict[str, Any]:
        if person.staff_id:
            return {"kind": "staff", "staff_id": person.staff_id}
        return {"kind": "role", "role": person.role, "org_unit_id": self.row.org_unit_id}

    def _complainant(self) -> list[dict[str, Any]]:
        """The complainant by the channel they came by (IS-2); nobody when they left no address."""
        address = {"phone": self.row.complainant_phone, "email": self.row.complainant_email}
        if not any(address.values()):
            return []
        by_mail = self.policy.channels[self.row.channel]["kind"] == "email" and address["email"]
        return [
            {
                "kind": "person", "customer_id": self.row.customer_id, "address": address,
                "channel": "email" if by_mail else None,
            }
        ]  # fmt: skip

    @_do.register
    def _keep_precedent(self, effect: done.PrecedentKept) -> None:
        precedents.keep(self.tx, self.row, effect)
        self._note("precedent")

    # -- recording -----------------------------------------------------------------------------------------------------

    def _emit(self, event: Event, more: Mapping[str, Any]) -> None:
        self.tx.emit(event, self.row.id, {**facts_of(self.tx, self.row), **more})

    def _sheet_event(self, event: Event, sheet_id: str, what: str) -> None:
        sheet = self.tx.get(SheetRow, UUID(sheet_id), kind="sheet")
        self._emit(
            event,
            {
                "sheet_id": sheet.id, "sheet_number": sheet.number, "kind": sheet.kind, "nature": sheet.nature,
                "sheet_state": sheet.state, "amount": _approved(sheet),
            },
        )  # fmt: skip
        self._note(what, sheet_id, fields={"kind": sheet.kind, "number": sheet.number})

    def _note(self, what: str, sheet_id: str | None = None, **more: Any) -> None:
        record(self.tx, self.row, what, sheet_id=sheet_id, **more)


def record(
    tx: Transaction,
    row: ComplaintRow,
    what: str,
    *,
    sheet_id: str | None = None,
    action: str | None = None,
    from_stage: str | None = None,
    to_stage: str | None = None,
    fields: Mapping[str, Any] | None = None,
    note: str | None = None,
    audience: str | None = None,
) -> None:
    """One entry of the case's history."""
    actor = tx.ctx.actor
    entry = {
        "id": new_id(), "complaint_id": row.id, "sheet_id": UUID(sheet_id) if sheet_id else None, "at": tx.now,
        "what": what, "action": action, "by": actor.name or actor.kind, "by_id": actor.id, "from_stage": from_stage,
        "to_stage": to_stage, "fields": dict(fields or {}), "note": note,
        "audience": audience,
    }  # fmt: skip
    tx.later.insert(HistoryRow, [entry])


def facts_of(tx: Transaction, row: ComplaintRow) -> dict[str, Any]:
    """What every event of the case carries; no personal data."""
    return {
        "complaint_id": row.id, "number": row.number, "org_unit_id": row.org_unit_id, "customer_id": row.customer_id,
        "channel": row.channel, "category": row.category, "level": row.level, "validity": row.validity,
        "stage": row.stage, "state": row.state, "received_at": row.received_at, "at": tx.now,
    }  # fmt: skip


def next_due(tx: Transaction, complaint_id: UUID) -> datetime | None:
    """The end of the case's next clock that counts, the engine's own left out."""
    clocks = (clock for clock in tx.deadlines.running(complaint_id) if not is_engines(clock.data["deadline"]))
    return min((clock.due_at for clock in clocks), default=None)


def is_engines(deadline: str) -> bool:
    """Whether a clock is the engine's own, for judging again, and no term of the policy."""
    return deadline == LOOK_AGAIN or deadline.startswith(REJUDGE)


def clock_key(deadline: str, sheet_id: str | None) -> str:
    """The clock's name on the case: each sheet has its own."""
    return f"{deadline}:{sheet_id}" if sheet_id else deadline


def money(amount: int | None) -> dict[str, Any] | None:
    """Fen as the contract writes them."""
    return None if amount is None else {"amount": amount, "currency": "CNY"}


def _about(finding: done.FindingMade) -> str:
    """What tells a finding from others of its kind on the case."""
    return finding.party or f"{finding.sheet_id}:{finding.department}:{finding.staff_id}"


def _approved(sheet: SheetRow) -> dict[str, Any] | None:
    flow = store.sheet_of(sheet).flow
    amounts = [proposal.amount for proposal in flow.proposals if proposal.state == "approved"]
    return money(amounts[-1]) if amounts else None
