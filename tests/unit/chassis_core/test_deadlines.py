"""Clocks of one subject: reminders, lateness, pauses and calendar changes keep what has elapsed (SPEC PL-7, UX-3)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from chassis import deadlines
from chassis.calendar import WorkingCalendar
from chassis.deadlines import Deadlines
from chassis.spans import Span, Unit
from chassis.tables import ChassisBase, DeadlineRow

TENANT, SUBJECT = UUID(int=1), UUID(int=2)
ZONE = ZoneInfo("Asia/Shanghai")
WEEK = {day: [["09:00", "12:00"], ["13:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=ZONE)


@pytest.fixture
def session() -> Iterator[Session]:
    engine = create_engine("sqlite://")
    ChassisBase.metadata.create_all(engine, tables=[ChassisBase.metadata.tables["deadlines"]])
    with Session(engine) as session:
        yield session
    engine.dispose()


def calendar(**more: object) -> WorkingCalendar:
    return WorkingCalendar.from_data({"hours": WEEK, **more}, timezone="Asia/Shanghai")


def at(session: Session, moment: datetime, kept: WorkingCalendar | None = None) -> Deadlines:
    return Deadlines(session, TENANT, moment.astimezone(UTC), lambda: kept or calendar())


def sweep(session: Session, row: DeadlineRow, moment: datetime) -> str | None:
    session.flush()
    taken = deadlines.take(session, TENANT, row.id, moment.astimezone(UTC))
    return deadlines.advance(taken, moment.astimezone(UTC), calendar()).what if taken else None


def test_it_reminds_once_and_is_late_strictly_after(session: Session) -> None:
    row = at(session, MONDAY).start(SUBJECT, "answer", Span(10, Unit.HOURS), remind=0.8)
    assert sweep(session, row, MONDAY + timedelta(hours=7)) is None
    assert sweep(session, row, MONDAY + timedelta(hours=8)) == "remind"
    assert sweep(session, row, MONDAY + timedelta(hours=9)) is None
    assert sweep(session, row, MONDAY + timedelta(hours=10)) is None
    assert sweep(session, row, MONDAY + timedelta(hours=10, seconds=1)) == "breach"
    assert sweep(session, row, MONDAY + timedelta(hours=11)) is None
    assert sweep(session, row, MONDAY + timedelta(hours=21)) == "repeat"


def test_after_a_long_absence_one_firing_stands_for_all(session: Session) -> None:
    row = at(session, MONDAY).start(SUBJECT, "answer", Span(1, Unit.HOURS), remind=0.5)
    late = MONDAY + timedelta(days=30)
    assert sweep(session, row, late) == "breach"
    assert row.next_at is not None
    assert row.next_at > late


@pytest.mark.parametrize(
    ("repeat", "ends"),
    [
        (Span(1, Unit.BUSINESS_DAYS), [(11, 4), (11, 5), (11, 6), (11, 9)]),
        (Span(1, Unit.DAYS), [(11, 4), (11, 5), (11, 6), (11, 7)]),
        (Span(2, Unit.WEEKS), [(11, 17), (12, 1)]),
    ],
)
def test_each_further_period_follows_the_one_before(
    session: Session, repeat: Span, ends: list[tuple[int, int]]
) -> None:
    row = at(session, MONDAY).start(SUBJECT, "answer", Span(1, Unit.BUSINESS_DAYS), repeat=repeat)
    second = timedelta(seconds=1)
    assert sweep(session, row, datetime(2026, 11, 4, tzinfo=ZONE) + second) == "breach"
    for month, day in ends:
        end = datetime(2026, month, day, tzinfo=ZONE) + timedelta(days=1)
        assert sweep(session, row, end) is None
        assert sweep(session, row, end + second) == "repeat"


def test_a_reminder_that_had_to_be_tried_again_is_no_breach(session: Session) -> None:
    row = at(session, MONDAY).start(SUBJECT, "answer", Span(10, Unit.HOURS), remind=0.5)
    session.flush()
    moment = MONDAY + timedelta(hours=5)
    deadlines.touch(session, TENANT, row.id, moment, moment + timedelta(minutes=1))
    session.expire(row)
    assert sweep(session, row, moment + timedelta(minutes=1)) == "remind"


def test_a_failed_firing_does_not_revive_what_was_stopped(session: Session) -> None:
    row = at(session, MONDAY).start(SUBJECT, "answer", Span(1, Unit.HOURS))
    at(session, MONDAY).stop(SUBJECT)
    session.flush()
    deadlines.touch(session, TENANT, row.id, MONDAY + timedelta(hours=2), MONDAY + timedelta(hours=3))
    session.expire(row)
    assert row.next_at is None


def test_a_pause_moves_reminder_and_end_alike(session: Session) -> None:
    row = at(session, MONDAY).start(SUBJECT, "answer", Span(10, Unit.HOURS), remind=0.8)
    at(session, MONDAY + timedelta(hours=1)).pause(SUBJECT)
    assert sweep(session, row, MONDAY + timedelta(days=100)) is None
    back = MONDAY + timedelta(days=100)
    at(session, back).resume(SUBJECT)
    assert row.due_at == back + timedelta(hours=9)
    assert row.remind_at == back + timedelta(hours=7)
    assert sweep(session, row, back + timedelta(hours=6)) is None


def test_what_was_reminded_is_not_reminded_again_after_a_pause(session: Session) -> None:
    row = at(session, MONDAY).start(SUBJECT, "answer", Span(10, Unit.HOURS), remind=0.5)
    assert sweep(session, row, MONDAY + timedelta(hours=6)) == "remind"
    at(session, MONDAY + timedelta(hours=7)).pause(SUBJECT)
    at(session, MONDAY + timedelta(hours=27)).resume(SUBJECT)
    assert sweep(session, row, MONDAY + timedelta(hours=28)) is None
    assert sweep(session, row, MONDAY + timedelta(hours=31)) == "breach"


def test_the_share_of_the_reminder_is_the_callers_own(session: Session) -> None:
    row = at(session, MONDAY).start(SUBJECT, "answer", Span(10, Unit.HOURS), remind=0.25, data={"remind": 0.9})
    at(session, MONDAY + timedelta(hours=1)).recompute_all()
    assert row.remind_at == MONDAY + timedelta(hours=2.5)
    assert row.data == {"remind": 0.9}


def test_an_agreed_moment_is_moved_by_each_pause_once(session: Session) -> None:
    agreed = MONDAY + timedelta(days=3)
    row = at(session, MONDAY).start(SUBJECT, "answer", Span(1, Unit.HOURS), due_at=agreed)
    at(session, MONDAY + timedelta(hours=1)).pause(SUBJECT)
    at(session, MONDAY + timedelta(hours=3)).resume(SUBJECT)
    for _ in range(2):
        at(session, MONDAY + timedelta(hours=4)).recompute_all()
    assert row.due_at == agreed + timedelta(hours=2)


def test_a_calendar_mended_leaves_no_trace(session: Session) -> None:
    row = at(session, MONDAY).start(SUBJECT, "answer", Span(3, Unit.BUSINESS_DAYS))
    first = row.due_at
    closed = calendar(closures=[{"from": "2026-11-03", "to": "2026-11-04"}])
    at(session, MONDAY, closed).recompute_all()
    assert row.due_at == first + timedelta(days=4)
    at(session, MONDAY).recompute_all()
    assert row.due_at == first


def test_what_is_late_is_not_paused(session: Session) -> None:
    row = at(session, MONDAY).start(SUBJECT, "answer", Span(1, Unit.HOURS))
    assert at(session, MONDAY + timedelta(hours=2)).pause(SUBJECT) == 0
    assert row.state == deadlines.RUNNING


def test_a_second_start_stops_the_first(session: Session) -> None:
    first = at(session, MONDAY).start(SUBJECT, "answer", Span(1, Unit.HOURS))
    at(session, MONDAY).start(SUBJECT, "answer", Span(2, Unit.HOURS))
    assert first.state == deadlines.DONE
    assert len(at(session, MONDAY).running(SUBJECT)) == 1
