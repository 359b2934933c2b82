"""What a draft of the complaints policy would change of the open cases, as tables for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any
from unicodedata import east_asian_width

import click

from kefu.rest import Rest

Json = dict[str, Any]
_WIDE = frozenset("WF")
_EN = {
    "summary": "{affected} of {looked_at} open cases would be otherwise ({at}).",
    "totals": ("Change", "What", "Before", "After", "Cases"),
    "cases": ("Case", "Level", "Stage", "Change", "What", "Before", "After"),
}
_ZH = {
    "summary": "{looked_at} 件未结案件中,{affected} 件会有变化({at})。",
    "totals": ("变化", "内容", "原来", "改后", "件数"),
    "cases": ("编号", "级别", "阶段", "变化", "内容", "原来", "改后"),
}


def show_cases(rest: Rest, draft_id: object, limit: int = 20) -> None:
    """Ask part by part until every open case was looked at, and print the counts and the first `limit` cases."""
    words = _EN if rest.locale == "en" else _ZH
    parts = list(_parts(rest, draft_id, limit))
    sums = {name: sum(part[name] for part in parts) for name in ("affected", "looked_at")}
    click.echo(parts[-1]["notice"])
    click.echo(str(words["summary"]).format(at=parts[-1]["at"], **sums))
    _table(words["totals"], _totals(parts))
    # Dangerous ones first, of whichever part: the sort keeps the order within.
    cases = sorted((case for part in parts for case in part["cases"]), key=lambda case: not case["dangerous"])
    _table(words["cases"], [row for case in islice(cases, limit) for row in _lines(case)])


def _parts(rest: Rest, draft_id: object, limit: int) -> Iterator[Json]:
    query: Json = {"limit": limit}
    while True:
        part = rest.get(f"/v1/policies/complaints/drafts/{draft_id}/preview", params=query)
        yield part
        if part["next_cursor"] is None:
            return
        query["cursor"] = part["next_cursor"]


def _totals(parts: Sequence[Json]) -> list[tuple[str, ...]]:
    """The counts of all parts together, in the order in which they first come."""
    counts: Counter[tuple[str, ...]] = Counter()
    for part in parts:
        for total in part["totals"]:
            sort = (total["what_label"], total["label"], total["before"] or "", total["after"] or "")
            counts[sort] += total["cases"]
    return [(*sort, str(count)) for sort, count in counts.items()]


def _lines(case: Json) -> Iterator[tuple[str, ...]]:
    """A line a change; what is the case's stands in the first."""
    first = (case["number"], case["level_label"], case["stage_label"])
    for position, change in enumerate(case["changes"]):
        own = first if position == 0 else ("", "", "")
        yield (*own, change["what_label"], change["label"], change["before"] or "", change["after"] or "")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    if not rows:
        return
    widths = [max(_width(row[column]) for row in (head, *rows)) for column in range(len(head))]
    click.echo()
    for row in (head, ["-" * width for width in widths], *rows):
        padded = (cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
        click.echo("  " + "  ".join(padded).rstrip())


def _width(text: str) -> int:
    """Columns a terminal gives the text: a Chinese character takes two."""
    return sum(2 if east_asian_width(character) in _WIDE else 1 for character in text)
