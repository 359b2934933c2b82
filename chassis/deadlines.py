"""Deadlines as rows (SPEC PL-7): started, paused, resumed and stopped by use cases, fired by a sweep.

Any number of processes sweep; `FOR UPDATE SKIP LOCKED` shares the rows out, and firing changes the row in the same
transaction as its effect, so each firing happens once. A process that was down fires what it missed when it is back.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from chassis.calendar import WorkingCalendar
from chassis.ids import new_id
from chassis.spans import Span, due, fraction_point, next_end, resume
from chassis.tables import DeadlineRow

RUNNING, PAUSED, HELD, DONE = "running", "paused", "held", "done"
"""`held`: the subject stands still for a reason of ours, so that the time goes on counting."""
REMIND, BREACH, REPEAT = "remind", "breach", "repeat"


@dataclass(frozen=True, slots=True)
class Fired:
    """One firing, as the service's handler gets it: `what` is `remind`, `breach` (first lateness) or `repeat` (each
    further period; `breaches` counts them, the first included)."""

    id: UUID
    subject_id: UUID
    kind: str
    what: str
    due_at: datetime
    breaches: int
    data: Mapping[str, Any]


class Deadlines:
    """The clocks of one tenant inside one transaction."""

    def __init__(
        self, session: Session, tenant_id: UUID, now: datetime, calendar: Callable[[], WorkingCalendar]
    ) -> None:
        self._session = session
        self._tenant_id = tenant_id
        self._now = now
        self._calendar = calendar
        self._held: dict[UUID, list[DeadlineRow]] = {}

    def start(
        self,
        subject_id: UUID,
        kind: str,
        span: Span,
        *,
        remind: float | None = None,
        repeat: Span | None = None,
        data: Mapping[str, Any] | None = None,
        due_at: datetime | None = None,
        started_at: datetime | None = None,
    ) -> DeadlineRow:
        """Start the clock `kind` on the subject; one that already runs under that kind is stopped first.

        `remind` is the part of the span (0..1) after which to remind; `due_at` sets the moment itself (an agreed reply
        time). `repeat` is the period of the firings after the first lateness, the span's own when absent. `started_at`
        defaults to now.
        """
        self.stop(subject_id, kind)
        row = DeadlineRow(
            tenant_id=self._tenant_id, id=new_id(), subject_id=subject_id, kind=kind, state=RUNNING,
            started_at=started_at or self._now, paused_at=None, pauses=[],
            span=span.to_data(), repeat=repeat.to_data() if repeat else None, remind_share=remind, agreed_at=due_at,
            reminded=False, ended_at=None, breaches=0, data=dict(data or {}),
        )  # fmt: skip
        self._schedule(row)
        self._session.add(row)
        self._of(subject_id).append(row)
        return row

    def pause(self, subject_id: UUID, kinds: frozenset[str] | None = None) -> int:
        """Stop counting, for the wait on somebody else; what is already late goes on. Returns how many paused."""
        count = 0
        for row in self.running(subject_id):
            if (kinds is None or row.kind in kinds) and row.breaches == 0 and row.due_at >= self._now:
                row.state, row.paused_at, row.next_at = PAUSED, self._now, None
                count += 1
        return count

    def resume(self, subject_id: UUID, kinds: frozenset[str] | None = None) -> int:
        """Count on: what was left at the pause is left now (SPEC UX-3). Returns how many run again."""
        count = 0
        for row in self.of(subject_id):
            if row.state == PAUSED and row.paused_at and (kinds is None or row.kind in kinds):
                row.pauses = [*row.pauses, [row.paused_at.isoformat(), self._now.isoformat()]]
                row.state, row.paused_at = RUNNING, None
                self._schedule(row)
                count += 1
        return count

    def stop(self, subject_id: UUID, kind: str | None = None) -> list[DeadlineRow]:
        """End the subject's clock `kind`, or all of them; met or late can be read off the row. Returns those ended."""
        return self.stop_many(subject_id, lambda row: kind in (None, row.kind))

    def stop_many(self, subject_id: UUID, which: Callable[[DeadlineRow], bool]) -> list[DeadlineRow]:
        """End those of the subject's clocks that `which` picks. Returns those ended."""
        ended = []
        for row in self._of(subject_id):
            if row.state != DONE and which(row):
                row.state, row.ended_at, row.next_at = DONE, self._now, None
                ended.append(row)
        return ended

    def hold(self, subject_id: UUID) -> None:
        """Have none of the subject's clocks fire until `revive`. Unlike a pause it buys no time."""
        for row in self._of(subject_id):
            if row.state != DONE:
                row.state, row.next_at = HELD, None

    def revive(self, subject_id: UUID, which: Callable[[DeadlineRow], bool]) -> None:
        """Let those held or ended clocks that `which` picks go on as if they had never stood."""
        for row in self._of(subject_id):
            if row.state in {HELD, DONE} and which(row):
                row.state, row.ended_at = PAUSED if row.paused_at else RUNNING, None
                if row.state == RUNNING:
                    self._look_at_again(row)

    def _look_at_again(self, row: DeadlineRow) -> None:
        if row.breaches:
            row.next_at = _next_lateness(row, self._now, self._calendar())
        else:
            self._schedule(row)

    def of(self, subject_id: UUID) -> list[DeadlineRow]:
        """All clocks of the subject, oldest first."""
        return list(self._of(subject_id))

    def look_up(self, subject_ids: Collection[UUID]) -> None:
        """Read the clocks of many subjects at once, to be asked for one by one."""
        self._held.update({subject_id: [] for subject_id in subject_ids})
        statement = select(DeadlineRow).where(DeadlineRow.subject_id.in_(subject_ids))
        for row in self._session.scalars(statement.order_by(DeadlineRow.started_at, DeadlineRow.id)):
            self._held[row.subject_id].append(row)

    def would_end(self, row: DeadlineRow, span: Span, started_at: datetime | None = None) -> datetime:
        """When the clock would end if its span were another, its pauses counted as they were. Changes nothing."""
        return self._moments(row, span, started_at or row.started_at)[0]

    def none_yet(self, subject_id: UUID) -> None:
        """Say that the subject is new in this transaction, which spares the look for its clocks."""
        self._held.setdefault(subject_id, [])

    def _of(self, subject_id: UUID) -> list[DeadlineRow]:
        if subject_id not in self._held:
            statement = select(DeadlineRow).where(DeadlineRow.subject_id == subject_id)
            ordered = statement.order_by(DeadlineRow.started_at, DeadlineRow.id)
            self._held[subject_id] = list(self._session.scalars(ordered))
        return self._held[subject_id]

    def running(self, subject_id: UUID) -> list[DeadlineRow]:
        """The subject's clocks that count at the moment."""
        return [row for row in self.of(subject_id) if row.state == RUNNING]

    def recompute_all(self) -> int:
        """Recompute every running clock by the calendar as it is now, keeping elapsed time and pauses; a paused one
        follows when it is resumed. Returns how many."""
        rows = self._session.scalars(select(DeadlineRow).where(DeadlineRow.state == RUNNING, DeadlineRow.breaches == 0))
        count = 0
        for row in rows:
            self._schedule(row)
            count += 1
        return count

    def _schedule(self, row: DeadlineRow) -> None:
        """Set the row's moments from what it began with and the pauses since: nothing is carried over, so a mistaken
        calendar leaves no trace once it is put right."""
        moments = self._moments(row, Span.from_data(row.span), row.started_at)
        row.due_at = moments[0]
        row.remind_at = min(moments) if row.remind_share is not None else None
        row.next_at = row.remind_at if row.remind_at and not row.reminded else _first_late(row.due_at)

    def _moments(self, row: DeadlineRow, span: Span, started_at: datetime) -> list[datetime]:
        """The clock's end and, when it reminds, its reminder, for that span and beginning."""
        calendar = self._calendar()
        end = row.agreed_at or due(started_at, span, calendar)
        moments = [end]
        if row.remind_share is not None:
            moments.append(fraction_point(started_at, end, span, row.remind_share, calendar))
        for begun, ended in row.pauses:
            pause = datetime.fromisoformat(begun), datetime.fromisoformat(ended)
            moments = [resume(moment, *pause, span, calendar) for moment in moments]
        return moments


def _first_late(due_at: datetime) -> datetime:
    """Late is strictly after."""
    return due_at + timedelta.resolution


def due_rows(session: Session, now: datetime, limit: int) -> list[tuple[UUID, UUID]]:
    """(tenant, id) of clocks to look at, oldest first, across tenants: for the sweep, in a system transaction."""
    statement = (
        select(DeadlineRow.tenant_id, DeadlineRow.id)
        .where(DeadlineRow.next_at <= now)
        .order_by(DeadlineRow.next_at)
        .limit(limit)
    )
    return [(row.tenant_id, row.id) for row in session.execute(statement)]


def take(session: Session, tenant_id: UUID, row_id: UUID, now: datetime) -> DeadlineRow | None:
    """The row, locked, when it is still due and nobody else has it."""
    row = session.get(DeadlineRow, (tenant_id, row_id), with_for_update={"skip_locked": True}, populate_existing=True)
    return row if row is not None and row.next_at is not None and row.next_at <= now else None


def advance(row: DeadlineRow, now: datetime, calendar: WorkingCalendar) -> Fired:
    """Move the row past this firing and say what fired. After a long absence one firing stands for all that were missed
    of its kind; the next is in the future."""
    if now <= row.due_at:
        what, row.reminded = REMIND, True
        row.next_at = _first_late(row.due_at)
    else:
        row.breaches += 1
        what = BREACH if row.breaches == 1 else REPEAT
        row.next_at = _next_lateness(row, now, calendar)
    return Fired(row.id, row.subject_id, row.kind, what, row.due_at, row.breaches, row.data)


def _next_lateness(row: DeadlineRow, now: datetime, calendar: WorkingCalendar) -> datetime:
    """When the clock is late another period."""
    period = Span.from_data(row.repeat or row.span).period()
    return _first_late(next_end(row.due_at, period, now, calendar))


def backlog(session: Session, now: datetime) -> tuple[int, int]:
    """(open, overdue) clocks over all tenants, for the metrics."""
    open_ = session.scalar(select(func.count()).where(DeadlineRow.state.in_((RUNNING, PAUSED)))) or 0
    late = session.scalar(select(func.count()).where(DeadlineRow.state == RUNNING, DeadlineRow.due_at < now)) or 0
    return open_, late


def touch(session: Session, tenant_id: UUID, row_id: UUID, now: datetime, next_at: datetime) -> None:
    """Look at the row again only at `next_at`: after its handler failed, so that it does not hold up the others.
    Nothing happens when it was stopped, or fired by another process, meanwhile."""
    mine = (DeadlineRow.tenant_id == tenant_id, DeadlineRow.id == row_id, DeadlineRow.next_at <= now)
    session.execute(update(DeadlineRow).where(*mine).values(next_at=next_at))
