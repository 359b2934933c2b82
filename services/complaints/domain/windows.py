"""Windows that roll back to the same date (SPEC PL-7): how far one must reach to hold a date."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any


def months_back(day: date, months: int) -> date:
    """The same date so many months earlier; the month's end when there is no such date."""
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def months_since(then: date, today: date) -> int:
    """The least number of months a window must reach back from `today` to hold `then`; 0 for today and later."""
    if then >= today:
        return 0
    months = (today.year - then.year) * 12 + today.month - then.month
    while months_back(today, months) > then:
        months += 1
    while months > 0 and months_back(today, months - 1) <= then:
        months -= 1
    return months


def reaches(window: Mapping[str, Any], then: date, today: date) -> bool:
    """Whether a window of `{amount, unit}` that ends today holds `then`."""
    if window["unit"] == "months":
        return months_back(today, window["amount"]) <= then
    days = window["amount"] * (7 if window["unit"] == "weeks" else 1)
    return today - timedelta(days=days) <= then
