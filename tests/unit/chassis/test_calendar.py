"""Working days and hours (SPEC UX-4, NX-7)."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar
import pytest

from chassis import holidays
from chassis.calendar import CalendarError, WorkingCalendar, weekly

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE = weekly(range(5), (540, 720), (780, 1080))
"""Monday to Friday 9–12 and 13–18: eight hours."""
DATA = {
    "timezone": "Asia/Shanghai",
    "country": "CN",
    "hours": {"mon": [["09:00", "12:00"], ["13:00", "18:00"]], "sat": [["09:00", "12:00"]]},
    "closures": [{"from": "2026-02-10", "to": "2026-02-13", "note": "盘点"}],
    "extra_days": [{"from": "2026-02-22", "to": "2026-02-22", "note": "开门迎新"}],
}


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.fixture
def china() -> WorkingCalendar:
    return WorkingCalendar(SHANGHAI, OFFICE, "CN")


@pytest.fixture
def fallbacks(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, int]]]:
    told: list[tuple[str, int]] = []
    holidays.country_year.cache_clear()
    monkeypatch.setattr(holidays, "on_fallback", lambda country, year: told.append((country, year)))
    yield told
    holidays.country_year.cache_clear()


def days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += timedelta(days=1)


@pytest.mark.clause("UX-4", "NX-7")
def test_china_equals_chinesecalendar_on_every_day(china: WorkingCalendar) -> None:
    different = [
        day
        for day in days(date(2008, 1, 1), date(2026, 12, 31))
        if china.is_working_day(day) != chinese_calendar.is_workday(day)
    ]
    assert different == []


@pytest.mark.parametrize(
    ("day", "working", "source"),
    [
        ("2026-02-16", False, "holiday"),
        ("2026-02-14", True, "make_up"),
        ("2026-02-21", False, "weekday"),
        ("2026-03-03", True, "weekday"),
        ("2026-02-24", True, "weekday"),
    ],
)
def test_explain_says_why(china: WorkingCalendar, day: str, working: bool, source: str) -> None:
    told = china.explain(date.fromisoformat(day))
    assert (told.working, told.source) == (working, source)


def test_the_companys_own_days_come_first() -> None:
    calendar = WorkingCalendar.from_data(DATA)
    assert calendar.explain(date(2026, 2, 10)) == (False, "closure", "盘点")
    assert calendar.explain(date(2026, 2, 22)) == (True, "extra_day", "开门迎新")


def test_a_make_up_day_is_worked_in_the_usual_hours(china: WorkingCalendar) -> None:
    saturday = date(2026, 2, 14)
    assert china.working_intervals(saturday) == [
        (at("2026-02-14 09:00"), at("2026-02-14 12:00")),
        (at("2026-02-14 13:00"), at("2026-02-14 18:00")),
    ]
    assert china.working_intervals(saturday + timedelta(days=1)) == []


def test_unpublished_years_fall_back_and_are_told_once(fallbacks: list[tuple[str, int]]) -> None:
    calendar = WorkingCalendar(SHANGHAI, OFFICE, "CN")
    assert calendar.is_working_day(date(2026, 12, 31))
    assert fallbacks == []
    assert calendar.explain(date(2040, 3, 1)).source == "weekday_guess"
    assert calendar.explain(date(2040, 10, 1)).source == "holiday"
    assert not calendar.is_working_day(date(2040, 3, 3)), "a Saturday"
    assert fallbacks == [("CN", 2040)]


def test_a_country_without_make_up_days_never_falls_back(fallbacks: list[tuple[str, int]]) -> None:
    germany = WorkingCalendar(ZoneInfo("Europe/Berlin"), OFFICE, "DE")
    assert not germany.is_working_day(date(2040, 10, 3))
    assert fallbacks == []


def test_without_a_country_holidays_are_worked() -> None:
    assert WorkingCalendar(SHANGHAI, OFFICE).is_working_day(date(2026, 10, 1))


def test_business_days_skip_the_golden_week(china: WorkingCalendar) -> None:
    assert china.add_business_days(date(2026, 9, 30), 1) == date(2026, 10, 8)
    assert china.add_business_days(date(2026, 10, 8), -1) == date(2026, 9, 30)
    assert china.business_days_between(date(2026, 9, 30), date(2026, 10, 10)) == 3
    assert china.first_business_day(date(2026, 10, 1)) == date(2026, 10, 8)
    assert china.add_business_days(date(2026, 10, 1), 0) == date(2026, 10, 1)


@pytest.mark.clause("UX-4")
@pytest.mark.parametrize(
    ("start", "hours", "expected"),
    [
        ("2026-03-02 10:00", 1, "2026-03-02 11:00"),
        ("2026-03-02 11:30", 1, "2026-03-02 13:30"),
        ("2026-03-02 11:00", 1, "2026-03-02 12:00"),
        ("2026-03-02 12:30", 1, "2026-03-02 14:00"),
        ("2026-03-02 17:30", 1, "2026-03-03 09:30"),
        ("2026-03-02 20:00", 8, "2026-03-03 18:00"),
        ("2026-03-06 17:00", 2, "2026-03-09 10:00"),
        ("2026-03-07 10:00", 1, "2026-03-09 10:00"),
        ("2026-03-02 09:00", 0, "2026-03-02 09:00"),
    ],
)
def test_working_time_has_a_lunch_break(china: WorkingCalendar, start: str, hours: int, expected: str) -> None:
    assert china.add_working_time(at(start), timedelta(hours=hours)) == at(expected)


def test_working_time_between(china: WorkingCalendar) -> None:
    assert china.working_time_between(at("2026-03-02 11:00"), at("2026-03-03 10:00")) == timedelta(hours=7)
    assert china.working_time_between(at("2026-03-03 10:00"), at("2026-03-02 11:00")) == timedelta()
    assert china.working_time_between(at("2026-03-07 00:00"), at("2026-03-08 23:00")) == timedelta()


def test_summer_time_neither_gives_nor_takes_working_time() -> None:
    new_york = ZoneInfo("America/New_York")
    night = WorkingCalendar(new_york, weekly(range(7), (0, 360)))
    spring, autumn = date(2026, 3, 8), date(2026, 11, 1)
    assert night.working_time_between(night.day_start(spring), night.day_end(spring)) == timedelta(hours=5)
    assert night.working_time_between(night.day_start(autumn), night.day_end(autumn)) == timedelta(hours=7)
    assert night.day_end(spring) - night.day_start(spring) == timedelta(hours=23)


def test_stretches_in_the_hour_that_does_not_exist_stay_apart() -> None:
    calendar = WorkingCalendar(ZoneInfo("America/New_York"), weekly(range(7), (120, 165), (180, 240)))
    intervals = calendar.working_intervals(date(2026, 3, 8))
    assert intervals == [
        (datetime(2026, 3, 8, 7, 0, tzinfo=UTC), datetime(2026, 3, 8, 7, 45, tzinfo=UTC)),
        (datetime(2026, 3, 8, 7, 45, tzinfo=UTC), datetime(2026, 3, 8, 8, 0, tzinfo=UTC)),
    ]


def test_a_calendar_closed_for_years_says_so() -> None:
    closures = [{"from": f"{year}-01-01", "to": f"{year}-12-31"} for year in range(2026, 2030)]
    calendar = WorkingCalendar.from_data(DATA | {"closures": closures, "extra_days": []})
    with pytest.raises(CalendarError, match="no working day within 750 days of 2026-01-02; check hours and closures"):
        calendar.add_business_days(date(2026, 1, 1), 1)
    with pytest.raises(CalendarError, match="no working day"):
        calendar.add_working_time(at("2026-01-01 09:00"), timedelta(hours=1))


# -- the JSON form -----------------------------------------------------------------------------------------------------


def test_the_json_form_comes_back_the_same() -> None:
    calendar = WorkingCalendar.from_data(DATA)
    assert calendar.to_data() == DATA
    assert WorkingCalendar.from_data(calendar.to_data()) == calendar


def test_the_short_form() -> None:
    calendar = WorkingCalendar.from_data(
        {
            "hours": [{"start": "09:00", "end": "18:00"}],
            "closures": [{"day": "2026-02-10", "reason": "盘点"}],
            "version": 3,
        },
        timezone="Asia/Shanghai",
    )
    assert calendar.country == "CN"
    assert sorted(calendar.hours) == [0, 1, 2, 3, 4]
    assert calendar.explain(date(2026, 2, 10)).reason == "盘点"


def test_listed_weekdays_are_worked_on_holidays_too() -> None:
    short = {"timezone": "Asia/Shanghai", "hours": [{"start": "09:00", "end": "18:00"}], "weekdays": [6, 7]}
    calendar = WorkingCalendar.from_data(short)
    assert (sorted(calendar.hours), calendar.country) == ([5, 6], None)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"timezone": "Asia/Beijing"}, "timezone: no time zone is called 'Asia/Beijing'; write a name like"),
        ({"timezone": None}, "timezone: no time zone is called None"),
        ({"timezone": "../etc/passwd"}, "timezone: no time zone"),
        ({"country": "ZZ"}, "country: no holidays are known for 'ZZ'"),
        ({"hours": None}, "hours: missing; write e.g."),
        ({"hours": {}}, "hours: no weekday has any"),
        ({"hours": {"monday": []}}, "hours.monday: no such weekday; use mon tue"),
        ({"hours": {"mon": "9-5"}}, r'hours.mon: must be a list like \[\["09:00"'),
        ({"hours": {"mon": [["09:00"]]}}, r"hours.mon\[0\]: must be a beginning and an end"),
        ({"hours": {"mon": [["9", "12:00"]]}}, r"hours.mon\[0\]: must be a time from 00:00 to 24:00, got '9'"),
        ({"hours": {"mon": [["09:00", "24:30"]]}}, "got '24:30'"),
        ({"hours": {"mon": [["22:00", "06:00"]]}}, "22:00–06:00 must end after it begins"),
        ({"hours": {"mon": [["09:00", "12:00"], ["11:00", "13:00"]]}}, "11:00–13:00 overlaps 09:00–12:00"),
        ({"hours": [], "weekdays": [0]}, r"weekdays: must be numbers from 1 \(Monday\) to 7"),
        ({"closures": {}}, None),
        ({"closures": "x"}, "closures: must be a list"),
        ({"closures": ["2026-02-10"]}, r"closures\[0\]: must be like"),
        ({"closures": [{"from": "2026-02-30"}]}, r"closures\[0\].from: must be a date that exists, like"),
        ({"closures": [{"from": "2026-02-10", "to": "2026-02-09"}]}, r"closures\[0\]: `to` must be from 2026-02-10"),
        ({"closures": [{"from": "2026-02-20", "to": "2026-02-25"}]}, "extra_days: 2026-02-22 is among the closures"),
    ],
)
def test_bad_data_is_told_where_and_what(change: dict[str, object], message: str | None) -> None:
    if message is None:
        assert WorkingCalendar.from_data(DATA | change).closures == ()
        return
    with pytest.raises(CalendarError, match=message):
        WorkingCalendar.from_data(DATA | change)


def test_a_day_may_end_at_midnight() -> None:
    calendar = WorkingCalendar.from_data(DATA | {"hours": {"mon": [["00:00", "24:00"]]}, "country": None})
    assert calendar.working_intervals(date(2026, 3, 2)) == [(at("2026-03-02 00:00"), at("2026-03-03 00:00"))]
