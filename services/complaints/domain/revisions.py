"""What differs between two revisions of a report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

Content = Mapping[str, Any]
Labels = Mapping[str, str]


class _Entry(NamedTuple):
    """One number of a report: where it stands, and what it is called."""

    table: Labels | None
    labels: Labels
    value: Any


def changes(before: Content, after: Content) -> list[dict[str, Any]]:
    """Every number that is not the same in both, in the order of the newer one; None where one of them lacks it."""
    old, new = dict(_entries(before)), dict(_entries(after))
    found = []
    for key in dict.fromkeys((*new, *old)):
        entry = new.get(key) or old[key]
        values = [one.value if one else None for one in (old.get(key), new.get(key))]
        if values[0] != values[1]:
            change = {"table": entry.table, "labels": entry.labels, "before": values[0], "after": values[1]}
            found.append(change)
    return found


def _entries(content: Content) -> Iterator[tuple[tuple[str, ...], _Entry]]:
    for name, value in content["figures"].items():
        yield (name,), _Entry(None, content["labels"][name], value)
    for count in content["counts"]:
        yield ("counts", count["key"]), _Entry(None, count["labels"], count["cases"])
    for table in content["tables"]:
        for column in table["columns"]:
            for row in table["rows"]:
                key = (table["by"], row["group"], column["name"])
                yield key, _Entry(table["labels"], _cell(row, column), row["figures"].get(column["name"]))


def _cell(row: Mapping[str, Any], column: Mapping[str, Any]) -> dict[str, str]:
    return {locale: f"{label}: {column['labels'][locale]}" for locale, label in row["labels"].items()}
