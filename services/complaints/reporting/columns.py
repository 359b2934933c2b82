"""The columns of exported lists: what each cell is made of, in the reader's language and zone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis import directory, press
from chassis.work import Transaction

Item = Mapping[str, Any]
_STATES: Mapping[str, tuple[str, str]] = {
    "open": ("处理中", "open"),
    "waiting": ("等待客户", "waiting for the customer"),
    "closed": ("已结案", "closed"),
    "done": ("已办结", "done"),
    "void": ("已作废", "void"),
}
TITLES: Mapping[str, tuple[str, str]] = {
    "complaints": ("投诉台账", "Complaints"),
    "sheets": ("单据台账", "Sheets"),
    "urging_notices": ("催办单台账", "Urging notices"),
    "corrective_actions": ("纠正措施台账", "Corrective actions"),
    "precedents": ("案例库", "Case library"),
    "history": ("投诉处理过程", "History of a complaint"),
}


class Writer:
    """Writes values for one reader, inside one transaction."""

    def __init__(self, tx: Transaction, locale: str) -> None:
        self._tx, self._english = tx, locale == "en"
        self._zone = tx.tenant.timezone
        self._names: dict[UUID, str] = {}

    def moment(self, value: datetime | None) -> datetime | None:
        """The wall time in the company's zone."""
        return value.astimezone(self._zone) if value else None

    def state(self, value: str) -> str:
        return _STATES[value][self._english]

    def flag(self, value: bool) -> str:
        return ("是", "yes")[self._english] if value else ""

    def unit(self, unit_id: UUID | None) -> str:
        return self._name(unit_id, lambda key: directory.unit(self._tx, key))

    def staff(self, staff_id: UUID | None) -> str:
        return self._name(staff_id, lambda key: directory.staff(self._tx, key))

    def _name(self, key: UUID | None, find: Callable[[UUID], Any]) -> str:
        if key is None:
            return ""
        if key not in self._names:
            entry = find(key)
            self._names[key] = entry.name if entry else ""
        return self._names[key]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its names in Chinese and English, its width in characters, its value."""

    zh: str
    en: str
    width: float
    value: Callable[[Item, Writer], press.Cell]

    def header(self, locale: str) -> str:
        return self.en if locale == "en" else self.zh


def _same(name: str) -> Callable[[Item, Writer], press.Cell]:
    return lambda item, _: item[name]


def _moment(name: str) -> Callable[[Item, Writer], press.Cell]:
    return lambda item, write: write.moment(item[name])


def _of_complainant(name: str) -> Callable[[Item, Writer], press.Cell]:
    return lambda item, _: item["complainant"][name]


def _filled_in(item: Item, _: Writer) -> press.Cell:
    return "\n".join(f"{name}: {value}" for name, value in item["fields"].items())


def _waits_for(item: Item, _: Writer) -> press.Cell:
    return "、".join(one["label"] for one in item["waits_for"])


def _award(item: Item, _: Writer) -> press.Cell:
    return press.Money(item["award"]["amount"]) if item["award"] else None


_SHEETS = (
    Column("单号", "Number", 20, _same("number")),
    Column("单据", "Sheet", 20, _same("label")),
    Column("投诉编号", "Complaint", 20, _same("complaint_number")),
    Column("状态", "State", 12, lambda item, write: write.state(item["state"])),
    Column("环节", "Stage", 20, _same("stage_label")),
    Column("待办人", "Waits for", 24, _waits_for),
    Column("开立时间", "Opened at", 17, _moment("opened_at")),
    Column("期限", "Due at", 17, _moment("due_at")),
    Column("办结时间", "Closed at", 17, _moment("closed_at")),
)
COLUMNS: Mapping[str, Sequence[Column]] = {
    "complaints": (
        Column("编号", "Number", 20, _same("number")),
        Column("受理时间", "Received at", 17, _moment("received_at")),
        Column("状态", "State", 12, lambda item, write: write.state(item["state"])),
        Column("环节", "Stage", 20, _same("stage_label")),
        Column("级别", "Level", 14, _same("level_label")),
        Column("类别", "Category", 18, _same("category_label")),
        Column("组织单元", "Org unit", 18, lambda item, write: write.unit(item["org_unit_id"])),
        Column("投诉人", "Complainant", 14, _of_complainant("name")),
        Column("电话", "Phone", 16, _of_complainant("phone")),
        Column("邮箱", "E-mail", 20, _of_complainant("email")),
        Column("地址", "Address", 24, _of_complainant("address")),
        Column("车牌号", "Plate", 12, _of_complainant("vehicle_plate")),
        Column("房号", "Unit", 14, _of_complainant("unit_no")),
        Column("事项", "Subject", 24, _same("subject")),
        Column("内容", "Content", 60, _same("content")),
        Column("经办人", "Handler", 14, lambda item, write: write.staff(item["handler_id"])),
        Column("最近期限", "Next deadline", 17, _moment("due_at")),
        Column("逾期", "Late", 8, lambda item, write: write.flag(item["overdue"])),
        Column("结案时间", "Closed at", 17, _moment("closed_at")),
    ),
    "sheets": _SHEETS,
    "urging_notices": _SHEETS,
    "corrective_actions": _SHEETS,
    "precedents": (
        Column("标题", "Title", 30, _same("title")),
        Column("类别", "Category", 18, _same("category_label")),
        Column("级别", "Level", 14, _same("level_label")),
        Column("处理结果", "Outcome", 18, _same("outcome_label")),
        Column("经过", "What happened", 60, _same("account")),
        Column("分析", "What is to be learnt", 60, _same("analysis")),
        Column("补偿金额(元)", "Award, yuan", 14, _award),
        Column("入库时间", "Kept at", 17, _moment("kept_at")),
    ),
    "history": (
        Column("时间", "At", 17, _moment("at")),
        Column("事项", "What", 24, _same("label")),
        Column("操作人", "By", 16, _same("by")),
        Column("原环节", "From", 16, _same("from_stage")),
        Column("新环节", "To", 16, _same("to_stage")),
        Column("说明", "Note", 40, _same("note")),
        Column("填写内容", "Filled in", 60, _filled_in),
    ),
}
