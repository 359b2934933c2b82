"""The monthly figures as a person reads them."""

from __future__ import annotations

from typing import Any

import click

from kefu.demo.api import Json
from kefu.demo.telling import padded

_COLUMN, _ACROSS = 44, 3


def show(report: Json) -> None:
    """The whole month, then each table on a line of its own."""
    names = list(report["figures"])
    for first in range(0, len(names), _ACROSS):
        cells = [
            f"{report['labels'][name]} {_plain(report['figures'][name])}" for name in names[first : first + _ACROSS]
        ]
        click.echo(("   " + "".join(padded(cell, _COLUMN) for cell in cells)).rstrip())
    for table in report["tables"]:
        rows = " · ".join(f"{row['label']} {row['figures']['received']}" for row in table["rows"])
        click.echo(f"   {padded(table['by'] + ':', 14)}{rows}")


def _plain(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, dict):
        return f"¥{value['amount'] / 100:,.2f}"
    return str(value)
