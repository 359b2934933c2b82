"""Putting variables into wordings: values are shown as the reader's language and the tenant's zone write them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chassis.wordings import Reader, Unusable, show
from contracts.policies.wording import fill, placeholders, settled
from services.notifications.policy import Wording

_GSM = (160, 153)
_UNICODE = (70, 67)
"""Characters of a short message that stands alone, and of each part of a longer one."""


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


def sms_parts(body: str) -> int:
    """Short messages that `body` takes; a provider bills each."""
    single, part = _GSM if body.isascii() else _UNICODE
    return 1 if len(body) <= single else math.ceil(len(body) / part)


def _names(wording: str) -> list[str]:
    try:
        return placeholders(wording)
    except ValueError:
        return []


def _one_line(title: str) -> str:
    return " ".join(title.split())
