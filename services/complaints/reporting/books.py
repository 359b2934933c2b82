"""A report as a workbook: a tab of figures, and one with a native chart for every table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chassis import press
from services.complaints.reporting.layout import Layout, Table, plain

_NAME_WIDTH = 34.0


def workbook(layout: Layout) -> bytes:
    """The XLSX. Raises PRINTING_UNAVAILABLE; yields, so never inside a transaction."""
    return press.workbook(_sheets(layout), seconds=press.SECONDS)


def _sheets(layout: Layout) -> Iterator[press.Sheet]:
    preface = [f"{layout.title} {layout.number}", layout.company, *(f"{name}: {value}" for name, value in layout.facts)]
    yield press.Sheet(
        title=layout.word("figures"), preface=preface, header=[layout.word("figure"), layout.word("value")],
        rows=[[label, _cell(unit, value)] for label, unit, value in layout.figures], widths=[_NAME_WIDTH, 16],
    )  # fmt: skip
    if layout.counts:
        yield press.Sheet(
            title=layout.word("counts"), preface=preface[:2], widths=[_NAME_WIDTH],
            header=[layout.word("figure"), layout.word("cases"), layout.word("share")],
            rows=[[label, cases, _cell("percent", share)] for label, cases, share in layout.counts],
        )  # fmt: skip
    for table in layout.tables:
        yield _sheet(layout, table, preface[:2])
    if layout.changes:
        yield press.Sheet(
            title=layout.word("changes"), preface=preface[:2],
            header=[layout.word(name) for name in ("table", "figure", "before", "after")],
            rows=[[table, label, plain(before), plain(after)] for table, label, before, after in layout.changes],
        )  # fmt: skip


def _sheet(layout: Layout, table: Table, preface: list[str]) -> press.Sheet:
    kinds = [(number, column) for number, column in enumerate(table.columns, 1)]
    drawn = tuple(number for number, column in kinds if column.unit == "count")
    added_up = tuple(number for number, column in kinds if column.unit == "percent")[-1:]
    charts = [press.Chart(kind="bar", title=table.label, columns=drawn)] if drawn and table.rows else []
    if table.is_pareto and table.rows:
        charts.append(press.Chart(kind="line", title=table.columns[-1].label, columns=added_up))
    rows = [
        [name, *(_cell(column.unit, value) for column, value in zip(table.columns, values, strict=True))]
        for name, values in table.rows
    ]
    header = [layout.word("group"), *(column.label for column in table.columns)]
    return press.Sheet(
        title=table.label,
        preface=[table.label, *preface],
        header=header,
        rows=rows,
        charts=charts,
        widths=[_NAME_WIDTH],
    )


def _cell(unit: str, value: Any) -> press.Cell:
    if value is None:
        return "–"
    if unit == "money":
        return press.Money(value["amount"])
    return press.Percent(value) if unit == "percent" else value
