"""Showing a variable's value in a wording, as the reader's language and the tenant's zone write it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Any


class Unusable(ValueError):
    """A variable's value that cannot be shown; the text is the code of the mistake."""


_MOMENT = {"zh": "y年M月d日 HH:mm", "en": "d MMM y HH:mm"}


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: language and time zone."""

    language: str
    zone: tzinfo

    @property
    def babel(self) -> str:
        return self.language.replace("-", "_")


def show(kind: str, value: Any, reader: Reader) -> str:
    """`value` of a variable of `kind` (text, number, moment, date, money, label) as text. `Unusable` says what is wrong
    with it."""
    if value is None:
        raise Unusable("missing_variable")
    return _SHOWERS[kind](value, reader)


# Babel is imported where it is used: a service that seldom shows a value does without its megabytes until then.


def _text(value: Any, _reader: Reader) -> str:
    if isinstance(value, dict):
        raise Unusable("not_text")
    return str(value)


def _number(value: Any, reader: Reader) -> str:
    from babel.numbers import format_decimal

    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unusable("not_number")
    return format_decimal(value, locale=reader.babel)


def _moment(value: Any, reader: Reader) -> str:
    from babel.dates import format_datetime

    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Unusable("not_moment")
    return format_datetime(moment.astimezone(reader.zone), _MOMENT[reader.language[:2]], locale=reader.babel)


def _date(value: Any, reader: Reader) -> str:
    from babel.dates import format_date

    try:
        return format_date(date.fromisoformat(value), "long", locale=reader.babel)
    except (TypeError, ValueError):
        raise Unusable("not_date") from None


def _money(value: Any, reader: Reader) -> str:
    from babel.numbers import format_currency

    if not isinstance(value, dict) or not isinstance(value.get("amount"), int):
        raise Unusable("not_money")
    return format_currency(Decimal(value["amount"]) / 100, value.get("currency", "CNY"), locale=reader.babel)


def _label(value: Any, reader: Reader) -> str:
    """A text per language; plain text, which has no translation, shows as it is."""
    text = (value.get(reader.language) or next(iter(value.values()), None)) if isinstance(value, dict) else value
    if not isinstance(text, str):
        raise Unusable("not_label")
    return text


_SHOWERS: Mapping[str, Callable[[Any, Reader], str]] = {
    "text": _text,
    "number": _number,
    "moment": _moment,
    "date": _date,
    "money": _money,
    "label": _label,
}
