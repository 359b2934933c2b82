"""Document numbers by pattern (SPEC PL-6): `TS-{year}{month}-{site}-{serial:4}` -> `TS-202611-HZ01-0001`.

A pattern holds exactly one `{serial}`, any of the date parts `{year}` (`{year:2}` for two digits), `{month}`, `{day}`,
and named parts that the caller gives. The serial restarts with the date parts in the pattern and with nothing else; its
width is a minimum: 10000 follows 9999. The row that counts is `chassis.counters`; this module is pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from string import Formatter

SERIAL = "serial"
DATE_PARTS = ("year", "month", "day")
NAMED_PARTS = frozenset({"site", "category", "department", "region", "kind"})
MAX_LENGTH = 80
_MAX_WIDTH = 9


class PatternError(ValueError):
    """The pattern is not acceptable or cannot be filled; the text says what to change."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of the pattern: `name` is empty for text as it stands."""

    name: str
    text: str = ""
    width: int = 0


@dataclass(frozen=True, slots=True)
class Pattern:
    """A checked pattern."""

    source: str
    parts: tuple[_Part, ...]

    @classmethod
    @lru_cache(maxsize=256)
    def parse(cls, source: str, known: frozenset[str] = NAMED_PARTS) -> Pattern:
        """The pattern written as `source`; PatternError names what is wrong. `known`: the named parts it may use."""
        if len(source) > MAX_LENGTH:
            raise PatternError(f"the pattern must be at most {MAX_LENGTH} characters long, not {len(source)}")
        pattern = cls(source, _split(source, known))
        _check_serial(pattern)
        _check_period(pattern)
        return pattern

    @property
    def needs(self) -> frozenset[str]:
        """The named parts the caller has to give."""
        return frozenset(p.name for p in self.parts) - {"", SERIAL, *DATE_PARTS}

    def period(self, day: date) -> str:
        """The period the serial of a document of `day` belongs to: `2026`, `2026-11`, `2026-11-22`, or empty for one
        that never restarts."""
        names = {part.name for part in self.parts}
        depth = sum(name in names for name in DATE_PARTS)
        return "-".join((f"{day.year:04}", f"{day.month:02}", f"{day.day:02}")[:depth])

    def render(self, day: date, serial: int, values: Mapping[str, str]) -> str:
        """The number; PatternError when a named part is missing, empty or not fit for a number."""
        missing = sorted(name for name in self.needs if not values.get(name))
        if missing:
            raise PatternError(f"{self.source!r} needs {', '.join(missing)}")
        return "".join(_fill(part, day, serial, values) for part in self.parts)


def _split(source: str, known: frozenset[str]) -> tuple[_Part, ...]:
    try:
        pieces = list(Formatter().parse(source))
    except ValueError:
        raise PatternError(f"{source!r}: every {{ needs its }}, as in {{serial:4}}") from None
    parts: list[_Part] = []
    for text, name, width, conversion in pieces:
        if text:
            parts.append(_Part("", _printable(text, source)))
        if name is not None:
            if conversion:
                raise PatternError(f"{source!r}: leave out !{conversion}")
            parts.append(_named(name, width or "", known))
    return tuple(parts)


def _printable(text: str, where: str) -> str:
    if not text.isprintable() or any(c.isspace() for c in text):
        raise PatternError(f"{where!r}: no blanks or control characters, please")
    return text


def _named(name: str, width: str, known: frozenset[str]) -> _Part:
    if name not in known and name != SERIAL and name not in DATE_PARTS:
        raise PatternError(f"{{{name}}} is unknown; use {', '.join([SERIAL, *DATE_PARTS, *sorted(known)])}")
    if name == SERIAL:
        return _Part(name, width=_width(width, name, range(1, _MAX_WIDTH + 1), 1))
    if name == "year":
        return _Part(name, width=_width(width, name, (2, 4), 4))
    if width:
        raise PatternError(f"{{{name}:{width}}}: only serial and year take a width; write {{{name}}}")
    return _Part(name)


def _width(text: str, name: str, allowed: range | tuple[int, ...], default: int) -> int:
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and int(text) in allowed):
        raise PatternError(f"{{{name}:{text}}}: the width must be one of {', '.join(map(str, allowed))}")
    return int(text)


def _check_serial(pattern: Pattern) -> None:
    names = [part.name for part in pattern.parts]
    if names.count(SERIAL) != 1:
        raise PatternError(f"{pattern.source!r} must hold {{serial}} exactly once, e.g. {{serial:4}}")
    place = names.index(SERIAL)
    for beside in names[max(place - 1, 0) : place + 2]:
        if beside in pattern.needs:
            raise PatternError(
                f"put a character between {{{beside}}} and {{serial}}, or two numbers could read the same"
            )


def _check_period(pattern: Pattern) -> None:
    names = [part.name for part in pattern.parts]
    for name, wider in (("month", "year"), ("day", "month")):
        if name in names and wider not in names:
            raise PatternError(f"{{{name}}} needs {{{wider}}}, or numbers would come again in the next {wider}")


def _fill(part: _Part, day: date, serial: int, values: Mapping[str, str]) -> str:
    match part.name:
        case "":
            return part.text
        case "serial":
            return f"{serial:0{part.width}}"
        case "year":
            return f"{day.year:04}"[-part.width :]
        case "month" | "day":
            return f"{getattr(day, part.name):02}"
        case name:
            return _printable(str(values[name]), name)
