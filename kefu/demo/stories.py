"""Stories as data: who does what with a case, in order. See stories/*.yaml.

A step is one of:
  {by, do, with, [sheet: kind], [refused: code of the problem that must come]}
  {by, attach: name, filename, kind}          a file, later meant by {file: name}
  {await: {sheet: kind}}                      the platform opens such a sheet by itself
  {later: {days|hours: n}, why}               time passes, where the platform's clock can be moved
  {when_clock_moves: [steps]}                 left out elsewhere
  {show: deadline, kind} | {show: inbox, of} | {show: timeline}
Values may be {staff: username}, {unit: code}, {file: name}, {customer: row}, {moment: -2d}, {date: days from today},
{workday: -7} (ten o'clock on the seventh working day before today).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import yaml

Step = dict[str, Any]
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}


@dataclass(frozen=True, slots=True)
class Story:
    title: str
    about: str
    company: str
    register: Step
    steps: tuple[Step, ...]


def stories() -> list[Story]:
    """All stories in their order."""
    return [_read(file) for file in sorted((Path(__file__).parent / "stories").glob("*.yaml"))]


def _read(file: Path) -> Story:
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    return Story(**{**content, "steps": tuple(content["steps"])})


class Table(Protocol):
    """What a name stands for."""

    def __getitem__(self, name: Any, /) -> Any: ...


class Values:
    """Puts real values in place of what a story only names."""

    def __init__(self, **named: Table) -> None:
        """`named`: tables by the word that a story uses, such as staff={username: id}."""
        self._named = named

    def fill(self, value: Any, now: datetime) -> Any:
        """`value` with every reference in it replaced."""
        if isinstance(value, list):
            return [self.fill(item, now) for item in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((word, name),) = value.items()
            if word in self._named:
                return self._named[word][name]
            if word == "moment":
                return (now + span(name)).isoformat()
            if word == "date":
                return (now.date() + timedelta(days=name)).isoformat()
        return {key: self.fill(item, now) for key, item in value.items()}


def span(text: str) -> timedelta:
    """`-2d`, `3h`, `30m` as a timedelta."""
    return timedelta(**{_UNITS[text[-1]]: int(text[:-1])})
