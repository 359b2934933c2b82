"""Values of a policy's fields in words, as people read them on paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from typing import Any

from chassis.press import Cell, Money
from services.complaints.policy import text
from services.complaints.policy.specs import FieldSpec
from services.complaints.printing.paper import Grid, Value
from services.complaints.printing.wording import Words

MAX_BOXES = 6
"""A choice among more than these is written as the one chosen, not as boxes to tick."""
CHOSEN, FREE = "■", "□"
Names = Callable[[str, str], str]
"""(kind, id) -> what people call that staff member, file, sheet or complaint."""


class Writer:
    """Writes values in one language and time zone."""

    def __init__(self, locale: str, zone: tzinfo, names: Names) -> None:
        self.locale, self._zone = locale, zone
        self.words = Words(locale)
        self._kinds: Mapping[str, Callable[[FieldSpec, Any], str]] = {
            "boolean": lambda _, value: self.words("yes" if value else "no"),
            "choice": self._choice,
            "choices": lambda spec, value: self._list(self._choice(spec, one) for one in value),
            "money": lambda _, value: yuan(value),
            "percent": lambda _, value: f"{value} %",
            "moment": lambda _, value: self.moment(value),
            "files": lambda _, value: self._list(names("file", one) for one in value),
            "table": lambda spec, value: "\n".join("; ".join(row) for row in self._grid(spec, value).rows),
            **dict.fromkeys(("staff", "sheet", "complaint"), lambda spec, value: names(spec.kind, value)),
        }

    def value(self, spec: FieldSpec, value: Any) -> Value:
        """What stands beside the field's label; of one not filled in, boxes to tick or nothing."""
        if spec.kind == "table" and value:
            return self._grid(spec, value)
        if spec.kind == "boolean":
            return self._boxes({True: self.words("yes"), False: self.words("no")}, {value})
        if spec.kind in {"choice", "choices"} and spec.choices and len(spec.choices) <= MAX_BOXES:
            chosen = set(value or ()) if spec.kind == "choices" else {value}
            return self._boxes({key: text(labels, self.locale) for key, labels in spec.choices.items()}, chosen)
        return self.plain(spec, value)

    def plain(self, spec: FieldSpec, value: Any) -> str:
        """The value in one line or paragraph; empty when there is none."""
        if value is None or value == "":
            return ""
        write = self._kinds.get(spec.kind)
        return write(spec, value) if write else str(value)

    def cell(self, spec: FieldSpec, value: Any) -> Cell:
        """The value for a spreadsheet: numbers stay numbers."""
        if spec.kind == "money" and value is not None:
            return Money(_fen(value))
        if spec.kind in {"whole", "percent"} and value is not None:
            return int(value)
        return self.plain(spec, value)

    def moment(self, value: datetime | str | None) -> str:
        """To the minute, in the company's time; empty for none."""
        if not value:
            return ""
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return moment.astimezone(self._zone).strftime("%Y-%m-%d %H:%M")

    def _grid(self, spec: FieldSpec, rows: Any) -> Grid:
        return Grid(
            [text(column.labels, self.locale) for column in spec.columns],
            [[self.plain(column, row.get(column.key)) for column in spec.columns] for row in rows],
        )

    def _boxes(self, options: Mapping[Any, str], chosen: set[Any]) -> str:
        # by a space that does not break: a box stays with what it stands for
        ticked = {True: f"{CHOSEN}\N{NO-BREAK SPACE}", False: f"{FREE}\N{NO-BREAK SPACE}"}
        return "  ".join(f"{ticked[key in chosen]}{label}" for key, label in options.items())

    def _choice(self, spec: FieldSpec, value: Any) -> str:
        labels = (spec.choices or {}).get(value)
        return text(labels, self.locale) if labels else str(value)

    def _list(self, parts: Any) -> str:
        return ("、" if self.locale != "en" else ", ").join(parts)


def yuan(value: Any) -> str:
    """¥1,234.50 of an amount as the contract writes it."""
    fen = _fen(value)
    sign, whole = "-" if fen < 0 else "", abs(fen)
    return f"{sign}¥{whole // 100:,}.{whole % 100:02d}"


def _fen(value: Any) -> int:
    return int(value["amount"] if isinstance(value, Mapping) else value)
