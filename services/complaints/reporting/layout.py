"""What stands on a report as a file, in one language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services.complaints.models import KeptReport
from services.complaints.policy import text

_WORDS: Mapping[str, tuple[str, str]] = {
    "period": ("统计期间", "Period"),
    "due_at": ("要求完成时间", "Due by"),
    "made_at": ("生成时间", "Made at"),
    "made_by": ("生成方式", "Made by"),
    "itself": ("系统自动生成", "the system, by itself"),
    "revision": ("版本", "Revision"),
    "reason": ("修订原因", "Reason"),
    "policy": ("制度版本", "Policy version"),
    "figures": ("主要指标", "Figures"),
    "figure": ("指标", "Figure"),
    "value": ("数值", "Value"),
    "counts": ("应达 100% 的事项", "What every case should come to"),
    "cases": ("件数", "Cases"),
    "share": ("占比", "Share"),
    "changes": ("与上一版的差异", "What differs from the revision before"),
    "table": ("表", "Table"),
    "before": ("原数值", "Before"),
    "after": ("现数值", "Now"),
    "group": ("分组", "Group"),
    "none": ("本期没有数据", "Nothing in this period"),
    "to": ("至", "to"),
    "page": ("第 {page} 页,共 {pages} 页", "page {page} of {pages}"),
}
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of figures."""

    label: str
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Groups with their figures. `is_pareto`: the last column adds the shares up."""

    label: str
    columns: Sequence[Column]
    rows: Sequence[tuple[str, Sequence[Any]]]
    is_pareto: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The whole report; values are as they were kept."""

    locale: str
    company: str
    title: str
    number: str
    """Period and revision."""
    facts: Sequence[tuple[str, str]]
    figures: Sequence[tuple[str, str, Any]]
    """Name, unit, value."""
    counts: Sequence[tuple[str, int, float | None]]
    tables: Sequence[Table]
    changes: Sequence[tuple[str, str, Any, Any]]
    """Table, name, before, now."""

    def word(self, name: str) -> str:
        """A word of the layout's own."""
        return _word(name, self.locale)

    def filename(self, ending: str) -> str:
        return f"{self.title} {self.number}.{ending}"


def laid_out(row: KeptReport, company: str, zone: ZoneInfo, locale: str) -> Layout:
    """The report in that language; moments in that zone."""
    content = row.content
    return Layout(
        locale=locale, company=company, title=text(row.label, locale),
        number=row.period if row.revision == 1 else f"{row.period} ({_word('revision', locale)} {row.revision})",
        facts=_facts(row, zone, locale),
        figures=[
            (text(content["labels"][name], locale), content["units"][name], value)
            for name, value in content["figures"].items()
        ],
        counts=[(text(one["labels"], locale), one["cases"], one["share"]) for one in content["counts"]],
        tables=[_table(table, locale) for table in content["tables"]],
        changes=[_change(one, locale) for one in row.changes],
    )  # fmt: skip


def _facts(row: KeptReport, zone: ZoneInfo, locale: str) -> list[tuple[str, str]]:
    first = row.begins_at.astimezone(zone).date()
    last = (row.ends_at - timedelta(seconds=1)).astimezone(zone).date()
    due = (row.due_at - timedelta(seconds=1)).astimezone(zone).date()
    shown = {
        "period": str(first) if first == last else f"{first} {_word('to', locale)} {last}",
        "due_at": str(due),
        "made_at": _moment(row.made_at, zone),
        "made_by": row.made_by or _word("itself", locale),
        "revision": str(row.revision),
        "policy": str(row.policy_version),
        "reason": row.reason or "",
    }
    return [(_word(name, locale), value) for name, value in shown.items() if value]


def _table(table: Row, locale: str) -> Table:
    names = [column["name"] for column in table["columns"]]
    return Table(
        label=text(table["labels"], locale),
        columns=[Column(label=text(one["labels"], locale), unit=one["unit"]) for one in table["columns"]],
        rows=[(text(row["labels"], locale), [row["figures"].get(name) for name in names]) for row in table["rows"]],
        is_pareto=table["by"] == "causes",
    )


def _change(change: Row, locale: str) -> tuple[str, str, Any, Any]:
    table = text(change["table"], locale) if change["table"] else ""
    return table, text(change["labels"], locale), change["before"], change["after"]


def written(unit: str, value: Any) -> str:
    """A value as text: `12.5 %`, `1,234.50`; a dash where nothing was counted."""
    if value is None:
        return "–"
    match unit:
        case "money":
            return f"{value['amount'] / 100:,.2f}"
        case "percent":
            return f"{value:,.1f} %"
        case "number":
            return f"{value:,.1f}"
        case _:
            return f"{value:,}" if isinstance(value, int | float) else str(value)


def plain(value: Any) -> Any:
    """A changed value without its unit: yuan of money."""
    return value["amount"] / 100 if isinstance(value, Mapping) else value


def _moment(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def _word(name: str, locale: str) -> str:
    return _WORDS[name][1 if locale == "en" else 0]
