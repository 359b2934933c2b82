"""A paper as plain data: what stands on it, in order, in the language it is printed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows below a header."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[int] = ()
    """Of the columns, in per cent; all alike when there are none."""


Value = str | Grid
"""What stands beside a label; an empty text is left blank, to be filled in by hand."""
Pair = tuple[str, Value]


@dataclass(frozen=True, slots=True)
class Facts:
    """Short facts, two beside each other."""

    kind: ClassVar[str] = "facts"
    title: str
    pairs: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Fields:
    """What a form or sheet asks, one below the other."""

    kind: ClassVar[str] = "fields"
    title: str
    pairs: Sequence[Pair]
    note: str = ""
    internal: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table of its own."""

    kind: ClassVar[str] = "table"
    title: str
    grid: Grid
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Somebody's act that stands for their signature."""

    what: str
    who: str
    at: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Signatures:
    """Who signed what when, and the lines that are left for those who sign by hand."""

    kind: ClassVar[str] = "signatures"
    title: str
    signed: Sequence[Signature]
    empty: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Prose:
    """Running text."""

    kind: ClassVar[str] = "prose"
    title: str
    text: str


Block = Facts | Fields | Table | Signatures | Prose


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """Everything that is on it."""

    locale: str
    company: str
    title: str
    number: str
    internal: bool
    """Marked as never for the complainant's eyes."""
    printed: str
    """When and by whom, at the foot of every page."""
    blocks: Sequence[Block]

    @property
    def filename(self) -> str:
        return f"{self.number} {self.title}.pdf"
