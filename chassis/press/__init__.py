"""Printing: PDF by WeasyPrint, workbooks by XlsxWriter, in a child process of its own.

    content = press.pdf(html, base=TEMPLATES)
    content = press.workbook([press.Sheet(title="投诉", header=("编号", "金额"), rows=[("KS-1", press.Money(120_00))])])

Rendering takes whole seconds of CPU and 80 MB; a service has one event loop and 60 MB. So it is done by one child a
process, which is started at first use, kept warm, and ended when nobody printed for a while, when it takes too long and
when its parent is gone. It inherits no secret, and reads nothing but what it is handed: an address in a page is
followed only into the folder `base`.

Never call it inside a transaction: it yields, and a transaction must not (see `chassis.db`).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import orjson

from chassis.press.parent import SECONDS, Press
from chassis.press.sheets import Cell, Chart, Money, Percent, Sheet
from chassis.press.spooling import Spool

__all__ = [
    "PDF", "SECONDS", "XLSX", "Cell", "Chart", "Money", "Percent", "Press", "Sheet", "Spool", "close", "pdf",
    "workbook", "workbook_file",
]  # fmt: skip

PDF = "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_press = Press()
_long_work = Press()


def pdf(html: str, base: Path | None = None, *, seconds: float = SECONDS) -> bytes:
    """`html` as a PDF. It may use pictures, styles and fonts from `data:` addresses and from files in `base`, by
    addresses relative to it; everything else is left out. `seconds`: how long waiting for one's turn and rendering may
    take. Raises PRINTING_UNAVAILABLE, which says why and what to do."""
    folder = str(base.resolve()) if base is not None else None
    return _press.print("pdf", orjson.dumps({"html": html, "base": folder}), seconds)


def workbook(sheets: Iterable[Sheet], *, seconds: float = SECONDS) -> bytes:
    """An XLSX of these sheets; see `Sheet` for what becomes of its cells. Raises PRINTING_UNAVAILABLE as `pdf` does,
    ValueError for a sheet that no spreadsheet could hold."""
    return _press.print("workbook", orjson.dumps([sheet.to_json() for sheet in sheets]), seconds)


def workbook_file(spooled: Path, target: Path, *, seconds: float) -> None:
    """The workbook of a long table (`spooling.Spool`) from file to file, by a child of its own: it may take minutes,
    and nobody who prints a page waits behind it. Raises PRINTING_UNAVAILABLE."""
    files = {"source": str(spooled.resolve()), "target": str(target.resolve())}
    _long_work.print("spooled", orjson.dumps(files), seconds)


def close() -> None:
    """End the children now; the next use starts others."""
    _press.close()
    _long_work.close()
