"""Workbooks by XlsxWriter, in the child. Rows are written as they come, so a long list needs no memory of its own."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

import orjson
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

Tagged = Sequence[Any] | None

_LONGEST_TEXT = 32_767
_LONGEST_TAB = 31
_NOT_ON_TABS = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_NARROWEST, _WIDEST = 8, 60
_FONT = {"font_name": "Microsoft YaHei", "font_size": 10, "valign": "top"}
_FORMATS: Mapping[str, Mapping[str, Any]] = {
    "text": {"text_wrap": True},
    "whole": {"num_format": "#,##0"},
    "number": {"num_format": "#,##0.##"},
    "money": {"num_format": "#,##0.00"},
    "percent": {"num_format": "0.0%"},
    "moment": {"num_format": "yyyy-mm-dd hh:mm"},
    "day": {"num_format": "yyyy-mm-dd"},
    "header": {"bold": True, "bg_color": "#E8EDF2", "bottom": 1, "text_wrap": True},
    "title": {"bold": True, "font_size": 14},
    "preface": {"font_color": "#555555"},
}
_SHOWN_LENGTH = {"moment": 16, "day": 10, "percent": 7}
_CHART_KINDS = {"bar": "column", "line": "line"}
_CHART_HEIGHT = 18  # rows


def render(sheets: Sequence[Mapping[str, Any]]) -> bytes:
    """The workbook's bytes."""
    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer, {"constant_memory": True}) as book:
        formats = {name: book.add_format({**_FONT, **given}) for name, given in _FORMATS.items()}
        tabs: set[str] = set()
        for sheet in sheets:
            _Table(book, book.add_worksheet(_tab(sheet["title"], tabs)), formats, sheet).write()
    return buffer.getvalue()


def render_spooled(source: Path, target: Path) -> None:
    """Write the workbook of a table that stands in a file (`chassis.press.spooling`): no more of it than one row is in
    memory at a time."""
    options = {"constant_memory": True, "tmpdir": str(target.parent)}
    with source.open("rb") as lines, xlsxwriter.Workbook(target, options) as book:
        head = orjson.loads(lines.readline())
        formats = {name: book.add_format({**_FONT, **given}) for name, given in _FORMATS.items()}
        sheet = {**head, "rows": map(orjson.loads, lines), "charts": ()}
        _Table(book, book.add_worksheet(_tab(head["title"], set())), formats, sheet).write()


class _Table:
    """One sheet being written."""

    def __init__(
        self, book: xlsxwriter.Workbook, page: Worksheet, formats: Mapping[str, Format], sheet: Mapping[str, Any]
    ) -> None:
        self._book, self._page, self._formats, self._sheet = book, page, formats, sheet
        self._head = len(sheet["preface"]) + 1 if sheet["preface"] else 0
        """The header's row."""

    def write(self) -> None:
        page, header, rows = self._page, self._sheet["header"], self._sheet["rows"]
        for column, width in enumerate(self._widths()):
            page.set_column(column, column, width)
        for line, text in enumerate(self._sheet["preface"]):
            page.write_string(line, 0, _text(text), self._formats["preface" if line else "title"])
        for column, text in enumerate(header):
            page.write_string(self._head, column, _text(text), self._formats["header"])
        last = self._head
        for last, row in enumerate(rows, self._head + 1):
            for column, cell in enumerate(row):
                self._put(last, column, cell)
        page.freeze_panes(self._head + 1, 0)
        if header and last > self._head:
            page.autofilter(self._head, 0, last, len(header) - 1)
        page.set_landscape()
        page.set_paper(9)  # A4
        page.fit_to_pages(1, 0)
        page.repeat_rows(self._head)
        for index, chart in enumerate(self._sheet["charts"]):
            self._draw(chart, self._head + index * _CHART_HEIGHT)

    def _put(self, line: int, column: int, cell: Tagged) -> None:
        if cell is None:
            return
        kind, value = cell
        page, style = self._page, self._formats[kind]
        match kind:
            case "text":
                page.write_string(line, column, _text(value), style)
            case "money" | "percent":
                page.write_number(line, column, value / 100, style)
            case "moment":
                page.write_datetime(line, column, datetime.fromisoformat(value), style)
            case "day":
                page.write_datetime(line, column, date.fromisoformat(value), style)
            case _:
                page.write_number(line, column, value, style)

    def _widths(self) -> list[float]:
        given, header = self._sheet["widths"], self._sheet["header"]
        if len(given) >= len(header) > 0:
            return list(given)
        wanted = [_width(text) + 3.0 for text in header]  # the filter's button needs room
        for row in self._sheet["rows"]:
            for column, cell in enumerate(row):
                if column == len(wanted):
                    wanted.append(0.0)
                wanted[column] = max(wanted[column], _cell_width(cell))
        fitting = [min(max(width, _NARROWEST), _WIDEST) for width in wanted]
        return [*given, *fitting[len(given) :]]

    def _draw(self, chart: Mapping[str, Any], line: int) -> None:
        rows = self._sheet["rows"]
        first, last = chart["rows"] or (0, len(rows) - 1)
        if last < first:
            return
        top, bottom, name = self._head + 1 + first, self._head + 1 + last, self._page.get_name()
        drawing = self._book.add_chart({"type": _CHART_KINDS[chart["kind"]]})
        for column in chart["columns"]:
            drawing.add_series(
                {
                    "name": [name, self._head, column],
                    "categories": [name, top, chart["names"], bottom, chart["names"]],
                    "values": [name, top, column, bottom, column],
                }
            )
        drawing.set_title({"name": chart["title"], "overlay": False})
        drawing.set_legend({"position": "bottom"})
        drawing.set_size({"width": 640, "height": 340})
        self._page.insert_chart(line, len(self._sheet["header"]) + 1, drawing)


def _tab(title: str, taken: set[str]) -> str:
    """A name that a tab may have, unlike the others."""
    wanted = _NOT_ON_TABS.sub(" ", title).strip(" '") or "1"
    for number in count(1):
        suffix = f" ({number})" if number > 1 else ""
        name = wanted[: _LONGEST_TAB - len(suffix)].rstrip(" '") + suffix
        if name.casefold() not in taken and name.casefold() != "history":  # Excel keeps that name to itself
            break
    taken.add(name.casefold())
    return name


def _text(text: str) -> str:
    """What a cell can hold of it: control characters are shown as blanks, what is too long ends in `…`."""
    clean = _CONTROL.sub(" ", text)
    return clean if len(clean) <= _LONGEST_TEXT else clean[: _LONGEST_TEXT - 1] + "…"


def _cell_width(cell: Tagged) -> float:
    if cell is None:
        return 0.0
    kind, value = cell
    if kind == "text":
        return _width(value)
    return float(_SHOWN_LENGTH.get(kind) or len(str(value)) * 4 / 3 + 2) + 1


def _width(text: str) -> float:
    """Of its longest line; an ideograph is as wide as two letters."""
    longest = max(text[:2000].split("\n"), key=len)
    return 1.0 + sum(2.0 if unicodedata.east_asian_width(c) in "FW" else 1.0 for c in longest[:_WIDEST])
