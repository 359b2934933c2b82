"""Putting variables into wordings: values are shown as the reader's language and the tenant's zone write them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Any

from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal

from contracts.policies.wording import fill, placeholders, settled
from services.notifications.policy import Wording


class Unusable(ValueError):
    """A variable's value that cannot be shown; the text is the code of the mistake (see `mistakes`)."""


_MOMENT = {"zh": "y年M月d日 HH:mm", "en": "d MMM y HH:mm"}
_GSM = (160, 153)
_UNICODE = (70, 67)
"""Characters of a short message that stands alone, and of each part of a longer one."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: language and time zone."""

    language: str
    zone: tzinfo

    @property
    def babel(self) -> str:
        return self.language.replace("-", "_")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message ready to go."""

    title: str
    body: str
    missing: tuple[str, ...]
    """Variables the wording uses and that have no usable value."""


def render(wording: Wording, variables: Mapping[str, Any], reader: Reader) -> Rendered:
    """The message. Never fails: a missing variable shows as a dash, an unusable one as it came, both are reported."""
    shown: dict[str, str] = {}
    missing: list[str] = []
    given = {name for name, value in variables.items() if value is not None}
    title, body = settled(wording.title, given), settled(wording.body, given)
    for name in dict.fromkeys([*_names(title), *_names(body)]):
        value = variables.get(name)
        try:
            shown[name] = show(wording.variables.get(name, "text"), value, reader)
        except Unusable:
            missing.append(name)
            if value is not None:
                shown[name] = str(value)
    return Rendered(_one_line(fill(title, shown)), fill(body, shown), tuple(missing))


def show(kind: str, value: Any, reader: Reader) -> str:
    """`value` of a variable of `kind` as text. Unusable says what is wrong with it."""
    if value is None:
        raise Unusable("missing_variable")
    return _SHOWERS[kind](value, reader)


def sms_parts(body: str) -> int:
    """Short messages that `body` takes; a provider bills each."""
    single, part = _GSM if body.isascii() else _UNICODE
    return 1 if len(body) <= single else math.ceil(len(body) / part)


def _text(value: Any, _reader: Reader) -> str:
    if isinstance(value, dict):
        raise Unusable("not_text")
    return str(value)


def _number(value: Any, reader: Reader) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unusable("not_number")
    return format_decimal(value, locale=reader.babel)


def _moment(value: Any, reader: Reader) -> str:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Unusable("not_moment")
    return format_datetime(moment.astimezone(reader.zone), _MOMENT[reader.language[:2]], locale=reader.babel)


def _date(value: Any, reader: Reader) -> str:
    try:
        return format_date(date.fromisoformat(value), "long", locale=reader.babel)
    except (TypeError, ValueError):
        raise Unusable("not_date") from None


def _money(value: Any, reader: Reader) -> str:
    if not isinstance(value, dict) or not isinstance(value.get("amount"), int):
        raise Unusable("not_money")
    return format_currency(Decimal(value["amount"]) / 100, value.get("currency", "CNY"), locale=reader.babel)


def _label(value: Any, reader: Reader) -> str:
    """A text per language; plain text, which has no translation, shows as it is."""
    text = (value.get(reader.language) or next(iter(value.values()), None)) if isinstance(value, dict) else value
    if not isinstance(text, str):
        raise Unusable("not_label")
    return text


_SHOWERS = {"text": _text, "number": _number, "moment": _moment, "date": _date, "money": _money, "label": _label}


def _names(wording: str) -> list[str]:
    try:
        return placeholders(wording)
    except ValueError:
        return []


def _one_line(title: str) -> str:
    return " ".join(title.split())
