"""What a workbook is made of: plain descriptions that cross to the child as JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

MAX_ROWS = 1_048_000
MAX_COLUMNS = 16_384
EXACT = 2**53
"""Spreadsheets reckon with binary fractions: whole numbers beyond this would change, so they are written as text."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in fen; shown in yuan with two decimals."""

    fen: int


@dataclass(frozen=True, slots=True)
class Percent:
    """A rate in per cent: `Percent(12.5)` shows as 12.5 %."""

    value: float


Cell = str | int | float | bool | Money | Percent | datetime | date | None
"""What a cell may hold. A text is always written as text, whatever it begins with: no formula comes out of data. A
moment is shown as the wall time it has: convert it to the reader's time zone first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart of the spreadsheet's own, right of the table."""

    kind: Literal["bar", "line"]
    title: str
    columns: tuple[int, ...]
    """The columns drawn, counted from 0: one series each, named by its header."""
    names: int = 0
    """The column with what stands below the bars or points."""
    rows: tuple[int, int] | None = None
    """The first and the last row drawn, counted from 0 below the header; None: all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A table. Its header stays in sight and filters it."""

    title: str
    """On its tab: shortened to 31 characters, without those a tab may not have, and numbered where two are alike."""
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    preface: Sequence[str] = ()
    """Lines above the table: what it is, of whom, of when. The first is set larger."""
    widths: Sequence[float] = ()
    """Of the columns, in characters; one not given is as wide as its longest value, within reason."""
    charts: Sequence[Chart] = ()

    def to_json(self) -> dict[str, Any]:
        """As the child reads it. ValueError when no spreadsheet could hold it."""
        if len(self.rows) > MAX_ROWS or len(self.header) > MAX_COLUMNS:
            raise ValueError(f"a sheet holds at most {MAX_ROWS} rows and {MAX_COLUMNS} columns; split {self.title!r}")
        return {
            "title": self.title,
            "header": list(self.header),
            "rows": [[tagged(cell) for cell in row] for row in self.rows],
            "preface": list(self.preface),
            "widths": list(self.widths),
            "charts": [
                {"kind": c.kind, "title": c.title, "columns": c.columns, "names": c.names, "rows": c.rows}
                for c in self.charts
            ],
        }


def tagged(cell: Cell) -> tuple[str, Any] | None:  # noqa: PLR0911  (one line a kind)
    """A cell with its kind, as the child reads it."""
    match cell:
        case None | "":
            return None
        case bool():
            return "text", "✓" if cell else "–"
        case int():
            return ("whole", cell) if abs(cell) < EXACT else ("text", str(cell))
        case float():
            return ("number", cell) if math.isfinite(cell) else ("text", str(cell))
        case Money():
            return ("money", cell.fen) if abs(cell.fen) < EXACT else ("text", f"{cell.fen / 100:.2f}")
        case Percent():
            return "percent", cell.value
        case datetime():
            return "moment", cell.replace(tzinfo=None, microsecond=0).isoformat()
        case date():
            return "day", cell.isoformat()
        case _:
            return "text", str(cell)
