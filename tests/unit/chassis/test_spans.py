"""Deadline arithmetic (SPEC PL-7, UX-3): the written cases, then what must hold for every input."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chassis.calendar import WorkingCalendar, weekly
from chassis.spans import LIMITS, Span, Unit, add_months, due, fraction_point, resume, window_start

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE = weekly(range(5), (540, 720), (780, 1080))
CHINA = WorkingCalendar(SHANGHAI, OFFICE, "CN")
NEW_YORK = WorkingCalendar(ZoneInfo("America/New_York"), OFFICE, "US")
CALENDARS = (CHINA, NEW_YORK, WorkingCalendar(ZoneInfo("Africa/Cairo"), weekly(range(7), (0, 1440))))


def span(text: str) -> Span:
    amount, unit = text.split()
    return Span(int(amount), Unit(unit))


def at(text: str, calendar: WorkingCalendar = CHINA) -> datetime:
    """A local moment; `24:00` is the next day's 00:00."""
    day, clock = text.split()
    if clock == "24:00":
        return calendar.day_end(date.fromisoformat(day))
    return datetime.fromisoformat(text).replace(tzinfo=calendar.zone).astimezone(UTC)


@pytest.mark.clause("PL-7", "NX-7")
@pytest.mark.parametrize(
    ("start", "length", "expected"),
    [
        ("2026-03-02 10:00", "30 minutes", "2026-03-02 10:30"),
        ("2026-12-31 23:50", "30 minutes", "2027-01-01 00:20"),
        ("2026-03-06 20:00", "48 hours", "2026-03-08 20:00"),
        ("2026-03-06 17:00", "2 business_hours", "2026-03-09 10:00"),
        ("2026-03-02 10:00", "1 days", "2026-03-03 24:00"),
        ("2026-03-02 00:00", "1 days", "2026-03-03 24:00"),
        ("2026-03-02 23:59", "15 days", "2026-03-17 24:00"),
        ("2026-12-30 10:00", "3 days", "2027-01-02 24:00"),
        ("2028-02-28 10:00", "1 days", "2028-02-29 24:00"),
        ("2026-03-02 10:00", "2 weeks", "2026-03-16 24:00"),
        ("2026-03-02 10:00", "1 business_days", "2026-03-03 24:00"),
        ("2026-03-06 10:00", "1 business_days", "2026-03-09 24:00"),
        ("2026-03-07 10:00", "1 business_days", "2026-03-09 24:00"),
        ("2026-02-13 10:00", "1 business_days", "2026-02-14 24:00"),
        ("2026-09-30 10:00", "3 business_days", "2026-10-10 24:00"),
        ("2026-01-31 10:00", "1 months", "2026-02-28 24:00"),
        ("2028-01-31 10:00", "1 months", "2028-02-29 24:00"),
        ("2026-11-30 10:00", "3 months", "2027-02-28 24:00"),
        ("2026-03-15 10:00", "6 months", "2026-09-15 24:00"),
        ("2026-03-15 10:00", "1 same_day", "2026-03-15 24:00"),
        ("2026-03-15 10:00", "10 nth_of_next_month", "2026-04-10 24:00"),
        ("2026-12-15 10:00", "10 nth_of_next_month", "2027-01-10 24:00"),
        ("2026-01-15 10:00", "31 nth_of_next_month", "2026-02-28 24:00"),
        ("2026-01-31 10:00", "2 nth_of_next_month", "2026-02-02 24:00"),
        ("2026-11-22 10:00", "2 weekday", "2026-11-24 24:00"),
        ("2026-11-24 10:00", "2 weekday", "2026-11-24 24:00"),
        ("2026-11-25 10:00", "2 weekday", "2026-12-01 24:00"),
        ("2026-11-22 10:00", "7 weekday", "2026-11-22 24:00"),
    ],
)
def test_due(start: str, length: str, expected: str) -> None:
    assert due(at(start), span(length), CHINA) == at(expected)


def test_the_tenants_zone_says_which_day_it_starts() -> None:
    moment = datetime(2026, 3, 2, 20, tzinfo=UTC)  # already the 3rd in Shanghai, still the 2nd in New York
    assert due(moment, span("1 days"), CHINA) == at("2026-03-04 24:00")
    assert due(moment, span("1 days"), NEW_YORK) == at("2026-03-03 24:00", NEW_YORK)


def test_a_day_of_23_hours_is_a_day_and_24_hours_are_24_hours() -> None:
    eve = at("2026-03-07 12:00", NEW_YORK)
    assert due(eve, span("1 days"), NEW_YORK) == at("2026-03-08 24:00", NEW_YORK)
    assert due(eve, span("24 hours"), NEW_YORK) == eve + timedelta(hours=24) == at("2026-03-08 13:00", NEW_YORK)


@pytest.mark.clause("PL-7")
@pytest.mark.parametrize(
    ("moment", "length", "expected"),
    [
        ("2026-03-15 10:00", "1 months", "2026-02-15 00:00"),
        ("2026-03-31 10:00", "1 months", "2026-02-28 00:00"),
        ("2026-03-15 10:00", "6 months", "2025-09-15 00:00"),
        ("2026-03-15 10:00", "7 days", "2026-03-08 00:00"),
        ("2026-03-15 10:00", "1 weeks", "2026-03-08 00:00"),
        ("2026-03-09 10:00", "1 business_days", "2026-03-06 00:00"),
        ("2026-03-15 10:00", "1 same_day", "2026-03-15 00:00"),
        ("2026-03-15 10:00", "24 hours", "2026-03-14 10:00"),
    ],
)
def test_windows_roll_back_to_the_same_date(moment: str, length: str, expected: str) -> None:
    assert window_start(at(moment), span(length), CHINA) == at(expected)


@pytest.mark.parametrize("length", ["2 nth_of_next_month", "8 business_hours"])
def test_a_window_needs_a_unit_with_a_past(length: str) -> None:
    with pytest.raises(ValueError, match="a window is not counted in"):
        window_start(at("2026-03-15 10:00"), span(length), CHINA)


@pytest.mark.clause("PL-7", "UX-5")
@pytest.mark.parametrize(
    ("start", "length", "expected"),
    [
        ("2026-03-02 10:00", "10 hours", "2026-03-02 18:00"),
        ("2026-03-02 09:00", "8 business_hours", "2026-03-02 16:24"),
        ("2026-03-02 18:00", "1 business_days", "2026-03-03 16:24"),
        ("2026-03-06 18:00", "1 business_days", "2026-03-09 16:24"),
        ("2026-03-01 24:00", "4 days", "2026-03-05 24:00"),
        ("2026-03-02 13:00", "1 same_day", "2026-03-02 17:00"),
        ("2026-03-02 19:00", "1 same_day", "2026-03-02 23:00"),
    ],
)
def test_reminder_at_four_fifths(start: str, length: str, expected: str) -> None:
    begun = at(start)
    assert fraction_point(begun, due(begun, span(length), CHINA), span(length), 0.8, CHINA) == at(expected)


def test_a_fraction_is_a_fraction() -> None:
    with pytest.raises(ValueError, match="fraction: must be from 0 to 1, got 80"):
        fraction_point(at("2026-03-02 10:00"), at("2026-03-03 10:00"), span("1 days"), 80, CHINA)


@pytest.mark.clause("UX-3", "PL-7")
@pytest.mark.parametrize(
    ("end", "paused", "resumed", "length", "expected"),
    [
        ("2026-03-02 18:00", "2026-03-02 12:00", "2026-03-04 12:00", "8 hours", "2026-03-04 18:00"),
        ("2026-03-02 17:00", "2026-03-02 16:00", "2026-03-07 10:00", "4 business_hours", "2026-03-09 10:00"),
        ("2026-03-02 17:00", "2026-03-02 12:10", "2026-03-02 12:50", "4 business_hours", "2026-03-02 17:00"),
        ("2026-03-05 24:00", "2026-03-03 10:00", "2026-03-03 17:00", "3 business_days", "2026-03-05 24:00"),
        ("2026-03-05 24:00", "2026-03-03 10:00", "2026-03-06 10:00", "3 business_days", "2026-03-10 24:00"),
        ("2026-03-05 24:00", "2026-03-05 10:00", "2026-03-07 10:00", "3 business_days", "2026-03-09 24:00"),
        ("2026-03-09 24:00", "2026-03-07 10:00", "2026-03-08 10:00", "1 business_days", "2026-03-09 24:00"),
        ("2026-03-12 24:00", "2026-03-03 10:00", "2026-03-08 10:00", "10 days", "2026-03-17 24:00"),
        ("2026-03-31 24:00", "2026-03-03 10:00", "2026-04-03 10:00", "1 months", "2026-05-01 24:00"),
        ("2026-03-05 15:00", "2026-03-03 10:00", "2026-03-04 10:00", "1 business_days", "2026-03-06 15:00"),
        ("2026-03-05 15:00", "2026-03-06 10:00", "2026-03-07 10:00", "1 days", "2026-03-05 15:00"),
    ],
)
def test_a_pause_keeps_what_was_left(end: str, paused: str, resumed: str, length: str, expected: str) -> None:
    assert resume(at(end), at(paused), at(resumed), span(length), CHINA) == at(expected)


def test_nothing_resumes_before_it_paused() -> None:
    with pytest.raises(ValueError, match="must not be before paused_at"):
        resume(at("2026-03-05 24:00"), at("2026-03-04 10:00"), at("2026-03-04 09:00"), span("1 days"), CHINA)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"amount": 1, "unit": "fortnights"}, "unit: must be one of minutes, hours,"),
        ({"amount": 1}, "unit: must be one of"),
        ("1 day", "unit: must be one of"),
        ({"amount": 0, "unit": "days"}, "amount: must be from 1 to 7300 for days, got 0"),
        ({"amount": 32, "unit": "nth_of_next_month"}, "amount: must be from 1 to 31"),
        ({"amount": 1.5, "unit": "days"}, "amount: must be a whole number, got 1.5"),
        ({"amount": True, "unit": "days"}, "amount: must be a whole number"),
        ({"amount": "3", "unit": "days"}, "amount: must be a whole number"),
    ],
)
def test_a_bad_span_is_told(data: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Span.from_data(data)


def test_data_form() -> None:
    assert Span.from_data({"unit": "same_day", "agreed": True}) == Span(1, Unit.SAME_DAY)
    assert Span.from_data(span("3 business_days").to_data()) == span("3 business_days")


def test_period_is_the_rhythm_of_further_reminders() -> None:
    assert span("3 days").period() == span("3 days")
    assert span("1 same_day").period() == span("1 days")
    assert span("10 nth_of_next_month").period() == span("1 months")


def test_add_months_over_years_and_back() -> None:
    assert add_months(date(2026, 12, 31), 2) == date(2027, 2, 28)
    assert add_months(date(2026, 1, 31), -1) == date(2025, 12, 31)
    assert add_months(date(2026, 3, 31), -13) == date(2025, 2, 28)


# -- what holds for every input ----------------------------------------------------------------------------------------

moments = st.datetimes(datetime(2016, 1, 1), datetime(2026, 10, 1), timezones=st.just(UTC))  # noqa: DTZ001
calendars = st.sampled_from(CALENDARS)
spans = st.sampled_from(Unit).flatmap(lambda u: st.builds(Span, st.integers(1, min(LIMITS[u], 40)), st.just(u)))
pauses = st.timedeltas(timedelta(), timedelta(days=40))


@given(moments, spans, calendars)
def test_due_is_after_the_start(start: datetime, length: Span, calendar: WorkingCalendar) -> None:
    assert due(start, length, calendar) > start


@given(moments, pauses, spans, calendars)
def test_a_later_start_is_never_due_earlier(
    start: datetime, later: timedelta, length: Span, calendar: WorkingCalendar
) -> None:
    assert due(start, length, calendar) <= due(start + later, length, calendar)


@given(moments, spans, calendars)
def test_a_longer_span_is_due_no_earlier(start: datetime, length: Span, calendar: WorkingCalendar) -> None:
    assume(length.unit is not Unit.WEEKDAY)  # Friday may come before Thursday
    assume(length.amount < LIMITS[length.unit])
    longer = Span(length.amount + 1, length.unit)
    assert due(start, length, calendar) <= due(start, longer, calendar)


@given(moments, spans, calendars, st.floats(0, 1), st.floats(0, 1))
def test_fraction_points_are_inside_and_in_order(
    start: datetime, length: Span, calendar: WorkingCalendar, one: float, other: float
) -> None:
    end = due(start, length, calendar)
    small, large = sorted((one, other))
    first, second = (fraction_point(start, end, length, f, calendar) for f in (small, large))
    assert start <= first <= second <= end


@given(moments, spans, calendars, st.floats(0, 1))
def test_a_pause_of_zero_length_changes_nothing(
    start: datetime, length: Span, calendar: WorkingCalendar, share: float
) -> None:
    end = due(start, length, calendar)
    paused = start + (end - start) * share
    assert resume(end, paused, paused, length, calendar) == end


@given(moments, spans, calendars, st.floats(0, 1), st.tuples(pauses, pauses))
def test_a_longer_pause_never_ends_earlier(
    start: datetime, length: Span, calendar: WorkingCalendar, share: float, lengths: tuple[timedelta, timedelta]
) -> None:
    end = due(start, length, calendar)
    paused = start + (end - start) * share
    short, long = (resume(end, paused, paused + pause, length, calendar) for pause in sorted(lengths))
    assert end <= short <= long


@given(moments, calendars, st.integers(1, 40), st.floats(0, 0.99), pauses)
def test_business_hours_lose_no_working_time_by_a_pause(
    start: datetime, calendar: WorkingCalendar, hours: int, share: float, pause: timedelta
) -> None:
    length = Span(hours, Unit.BUSINESS_HOURS)
    end = due(start, length, calendar)
    paused = start + (end - start) * share
    left = calendar.working_time_between(paused, end)
    resumed = paused + pause
    assert calendar.working_time_between(resumed, resume(end, paused, resumed, length, calendar)) == left


@given(moments, st.integers(1, 40).map(lambda n: timedelta(minutes=7 * n)), calendars)
def test_working_time_adds_up(start: datetime, amount: timedelta, calendar: WorkingCalendar) -> None:
    assert calendar.working_time_between(start, calendar.add_working_time(start, amount)) == amount


@given(moments, spans, calendars)
def test_a_window_contains_its_moment(moment: datetime, length: Span, calendar: WorkingCalendar) -> None:
    assume(length.unit not in {Unit.BUSINESS_HOURS, Unit.NTH_OF_NEXT_MONTH, Unit.WEEKDAY})
    assert window_start(moment, length, calendar) <= moment
