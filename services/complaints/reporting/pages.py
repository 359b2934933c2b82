"""A report as a PDF: figures, and for every table its bars. Drawn by HTML and SVG, readable when copied in grey."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chassis import press
from services.complaints.reporting.layout import Layout, Table, written

if TYPE_CHECKING:
    from jinja2 import Template

TEMPLATES = Path(__file__).parent / "templates"
_MOST_CAUSES = 12
"""Causes that a Pareto chart draws; its table has all."""
_LONGEST = 16
"""Characters below a column."""
_WIDTH, _HEIGHT, _TOP = 640, 150, 20
"""Of a Pareto chart's plot, in units of its picture."""


@dataclass(frozen=True, slots=True)
class Cause:
    """A column of a Pareto chart and its point of the line above."""

    label: str
    count: str
    share: str
    x: float
    width: float
    height: float
    y: float


def pdf(layout: Layout) -> bytes:
    """The PDF. Raises PRINTING_UNAVAILABLE; yields, so never inside a transaction."""
    return press.pdf(html(layout), TEMPLATES, seconds=press.SECONDS)


def html(layout: Layout) -> str:
    """The page; every value is escaped."""
    return _template().render(layout=layout, written=written, bars=bars, pareto=pareto, plot=(_WIDTH, _HEIGHT, _TOP))


def bars(table: Table) -> list[float]:
    """The length of each row's bar, in per cent of the longest one's; all begin at nought. Of the first column."""
    values = [values[0] or 0 for _, values in table.rows]
    longest = max(values, default=0)
    return [100 * value / longest if longest else 0.0 for value in values]


def pareto(table: Table) -> Sequence[Cause]:
    """Columns, the highest first, and the line of the shares added up, both beginning at nought."""
    rows = table.rows[:_MOST_CAUSES]
    highest = max((values[0] for _, values in rows), default=0)
    if not highest:
        return []
    step = _WIDTH / len(rows)
    return [_cause(number, step, highest, label, values) for number, (label, values) in enumerate(rows)]


def _cause(number: int, step: float, highest: int, label: str, values: Sequence[Any]) -> Cause:
    count, _share, added_up = values
    return Cause(
        label=label if len(label) <= _LONGEST else f"{label[: _LONGEST - 1]}…",
        count=written("count", count), share=written("percent", added_up),
        x=number * step + step / 2, width=min(step * 0.6, 48),
        height=_HEIGHT * count / highest, y=_TOP + _HEIGHT * (1 - added_up / 100),
    )  # fmt: skip


@cache
def _template() -> Template:
    # Loaded when the first report is printed: most service processes never print.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("report.html")
