"""Reads an uploaded CSV or XLSX into rows of text. Formulas stay the text they are; nothing in a file is run.

Slow for large files: call it through `chassis.offload`.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

MAX_UNPACKED = 120 * 1024 * 1024
"""Bytes an XLSX may unpack to: some six times what 20,000 full rows take."""
MAX_PARTS = 1000
MAX_COLUMNS = 64
MAX_CELL = 8000
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


class Unreadable(Exception):
    """The file is not what it should be; `code` says why (see `domain.messages`)."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


@dataclass(frozen=True, slots=True)
class Sheet:
    """The header's cells and the rows that are not blank, each with its line number (the header being 1)."""

    header: list[str]
    rows: list[tuple[int, list[str]]]


def check(content: bytes) -> None:
    """Quick look whether it is a file we read at all. Raises `Unreadable`."""
    if not content.strip():
        raise Unreadable("empty_file")
    if content.startswith(_OLE):
        raise Unreadable("old_excel")
    if content.startswith(_ZIP):
        _check_archive(content)
    else:
        _decoded(content)


def read(content: bytes, max_rows: int) -> Sheet:
    """All rows. Raises `Unreadable`, also when there are more than `max_rows` below the header."""
    check(content)
    lines = _xlsx_lines(content) if content.startswith(_ZIP) else _csv_lines(_decoded(content))
    header = next(lines, None)
    if header is None:
        raise Unreadable("empty_file")
    while header and not header[-1].strip():
        header.pop()
    rows = list(_limited(_numbered(lines), max_rows))
    if not rows:
        raise Unreadable("empty_file")
    if any(cell.strip() for _, row in rows for cell in row[len(header) :]):
        raise Unreadable("ragged")
    return Sheet(header, [(number, row[: len(header)]) for number, row in rows])


def _numbered(lines: Iterable[list[str]]) -> Iterator[tuple[int, list[str]]]:
    return ((number, row) for number, row in enumerate(lines, start=2) if any(cell.strip() for cell in row))


def _limited(rows: Iterable[tuple[int, list[str]]], max_rows: int) -> Iterator[tuple[int, list[str]]]:
    for count, row in enumerate(rows, start=1):
        if count > max_rows:
            raise Unreadable("too_many_rows", max=max_rows)
        yield row


def _decoded(content: bytes) -> str:
    """UTF-8 with or without mark, else GB18030, which is what Excel in Chinese writes."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise Unreadable("bad_encoding")


def _csv_lines(text: str) -> Iterator[list[str]]:
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            _check_width(row)
            yield row
    except csv.Error as error:
        raise Unreadable("bad_csv", line=reader.line_num) from error


def _check_archive(content: bytes) -> None:
    """An XLSX is a ZIP archive: refuse one that is none, or that would unpack to more than memory should hold."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise Unreadable("bad_xlsx") from error
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise Unreadable("unpacks_too_large")
    if not any(part.filename == "xl/workbook.xml" for part in parts):
        raise Unreadable("bad_xlsx")


def _xlsx_lines(content: bytes) -> Iterator[list[str]]:
    try:
        from openpyxl import load_workbook  # only when a workbook comes: it is 6 MB

        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
    except Exception as error:
        raise Unreadable("bad_xlsx") from error
    try:
        yield from _sheet_lines(book)
    finally:
        book.close()


def _sheet_lines(book: Any) -> Iterator[list[str]]:
    rows = book.worksheets[0].iter_rows(values_only=True) if book.worksheets else iter(())
    while True:
        try:
            row = next(rows, None)
        except Exception as error:
            raise Unreadable("bad_xlsx") from error
        if row is None:
            return
        cells = [_text(value) for value in row]
        _check_width(cells)
        yield cells


def _check_width(cells: list[str]) -> None:
    if len(cells) > MAX_COLUMNS and any(cells[MAX_COLUMNS:]):
        raise Unreadable("too_wide", max=MAX_COLUMNS)
    del cells[MAX_COLUMNS:]
    if any(len(cell) > MAX_CELL for cell in cells):
        raise Unreadable("cell_too_long", max=MAX_CELL)


def _text(value: Any) -> str:
    """A cell as text: a phone number typed as number has no fraction, a date no time."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
