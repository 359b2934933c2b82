"""Checks what an action was given, field by field, against the policy's fields; keeps it in one plain form."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from contracts.problems import INVALID
from services.complaints.domain.scope import reading
from services.complaints.policy import Scope, holds
from services.complaints.policy.specs import FieldSpec

MAX_TEXT, MAX_LINE, MAX_ROWS = 8000, 200, 200
MAX_FEN = 10**15
Error = dict[str, Any]


class Unacceptable(ValueError):
    """A value that is not of its field's kind: code and texts of what to send instead."""

    def __init__(self, code: str, en: str, zh: str) -> None:
        super().__init__(en)
        self.code, self.message = code, {"en": en, "zh-CN": zh}


def checked(fields: tuple[FieldSpec, ...], given: Mapping[str, Any]) -> dict[str, Any]:
    """The given values in the form they are kept in; the problem `invalid_request` names every bad or unknown field.

    Whether required ones are there is asked later, by `missing`, when conditions can be worked out.
    """
    known = {field.key: field for field in fields}
    errors: list[Error] = []
    kept: dict[str, Any] = {}
    for key, value in given.items():
        field = known.get(key)
        if field is None:
            errors.append(
                error(key, "unknown_field", "is not a field of this action; take it out", "不是该操作的字段,请去掉")
            )
        elif value is not None and value != "":
            try:
                kept[key] = one(field, value)
            except Unacceptable as problem:
                errors.append({"field": key, "code": problem.code, "message": problem.message})
    if errors:
        raise INVALID(errors)
    return kept


def missing(fields: tuple[FieldSpec, ...], values: Mapping[str, Any], scope: Scope) -> list[Error]:
    """An error for each field that must be there and is not."""
    return [
        error(f.key, "required", "is required", "为必填项") for f in fields if f.key not in values and wanted(f, scope)
    ]


def wanted(field: FieldSpec, scope: Scope) -> bool:
    """Whether the field must be there at this moment."""
    return field.required or (field.required_when is not None and holds(field.required_when, scope))


def unwanted(fields: tuple[FieldSpec, ...], values: Mapping[str, Any], scope: Scope) -> list[Error]:
    """An error for each field that is filled in and has no place in this case, with its help as the reason."""
    return [
        error(
            f.key, "not_allowed", f"is not for this case{_why(f, 'en', ': ')}", f"不适用于本案件{_why(f, 'zh-CN', ':')}"
        )
        for f in fields
        if not holds(f.allowed_when, scope) and reading(f.kind, values.get(f.key))
    ]


def _why(field: FieldSpec, locale: str, colon: str) -> str:
    return f"{colon}{field.help[locale]}" if field.help and locale in field.help else ""


def error(field: str, code: str, en: str, zh: str) -> Error:
    return {"field": field, "code": code, "message": {"en": en, "zh-CN": zh}}


def one(field: FieldSpec, value: Any) -> Any:
    """One value, checked and made plain; `Unacceptable` otherwise."""
    return _KINDS[field.kind](field, value)


def _text(field: FieldSpec, value: Any) -> str:
    limit = MAX_LINE if field.kind == "line" else MAX_TEXT
    if not isinstance(value, str):
        raise Unacceptable("invalid_type", "must be text", "应为文本")
    words = value.strip()
    if not words:
        raise Unacceptable("blank", "is blank; write something or leave it out", "内容为空,请填写或去掉")
    if len(words) > limit:
        raise Unacceptable("too_long", f"must be at most {limit} characters", f"不能超过 {limit} 个字符")
    breaks = "" if field.kind == "line" else "\n\r\t"
    if any(unicodedata.category(c) in {"Cc", "Cs"} and c not in breaks for c in words):
        raise Unacceptable("control_character", "has a control character; remove it", "含有控制字符,请删除")
    return words


def _choice(field: FieldSpec, value: Any) -> str:
    if not isinstance(value, str) or value not in (field.choices or {}):
        allowed = ", ".join(field.choices or {})
        raise Unacceptable("not_a_choice", f"must be one of: {allowed}", f"应为以下之一:{allowed}")
    return value


def _choices(field: FieldSpec, value: Any) -> list[str]:
    if not isinstance(value, list) or not value:
        raise Unacceptable("invalid_type", "must be a list of choices", "应为选项列表")
    return list(dict.fromkeys(_choice(field, item) for item in value))


def _boolean(_: FieldSpec, value: Any) -> bool:
    if not isinstance(value, bool):
        raise Unacceptable("invalid_type", "must be true or false", "应为 true 或 false")
    return value


def _whole(field: FieldSpec, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise Unacceptable("invalid_type", "must be a whole number", "应为整数")
    low = field.minimum if field.minimum is not None else 0
    high = field.maximum if field.maximum is not None else (100 if field.kind == "percent" else 2**31 - 1)
    if not low <= value <= high:
        raise Unacceptable("out_of_range", f"must be {low} to {high}", f"应在 {low} 到 {high} 之间")
    return value


def _money(field: FieldSpec, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping) or not set(value) <= {"amount", "currency"} or "amount" not in value:
        raise Unacceptable(
            "invalid_type",
            'must be {"amount": <whole fen>, "currency": "CNY"}',
            '应为 {"amount": 整数分, "currency": "CNY"}',
        )
    amount = value["amount"]
    if not isinstance(amount, int) or isinstance(amount, bool):
        raise Unacceptable("invalid_type", "the amount must be whole fen", "金额应为整数(分)")
    low, high = field.minimum or 0, field.maximum if field.maximum is not None else MAX_FEN
    if not low <= amount <= high:
        raise Unacceptable(
            "out_of_range", f"the amount must be {low} to {high} fen", f"金额应在 {low} 到 {high} 分之间"
        )
    if value.get("currency", "CNY") != "CNY":
        raise Unacceptable("unknown_currency", "only CNY is kept", "仅支持 CNY")
    return {"amount": amount, "currency": "CNY"}


def _date(_: FieldSpec, value: Any) -> str:
    try:
        found = date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
    except ValueError:
        found = None
    if found is None:
        raise Unacceptable(
            "invalid_date", "must be a date that exists, such as 2026-11-22", "应为存在的日期,如 2026-11-22"
        )
    return found.isoformat()


def _moment(_: FieldSpec, value: Any) -> str:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        found = moment.astimezone(UTC) if moment is not None and moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        found = None
    if found is None:
        raise Unacceptable(
            "invalid_moment",
            "must be a moment with zone that exists, such as 2026-11-22T09:00:00+08:00",
            "应为带时区的时间,如 2026-11-22T09:00:00+08:00",
        )
    return found.isoformat().replace("+00:00", "Z")


def _id(_: FieldSpec, value: Any) -> str:
    try:
        return str(UUID(value))
    except (ValueError, TypeError, AttributeError):
        raise Unacceptable("invalid_id", "must be an id (UUID)", "应为标识(UUID)") from None


def _ids(field: FieldSpec, value: Any) -> list[str]:
    if not isinstance(value, list) or not value or len(value) > MAX_ROWS:
        raise Unacceptable("invalid_type", "must be a list of ids", "应为标识列表")
    return list(dict.fromkeys(_id(field, item) for item in value))


def _table(field: FieldSpec, value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not value or len(value) > MAX_ROWS:
        raise Unacceptable("invalid_type", f"must be a list of 1 to {MAX_ROWS} rows", f"应为 1 到 {MAX_ROWS} 行的列表")
    rows = [_row(field, row, number) for number, row in enumerate(value, 1)]
    for column, total in field.sums.items():
        found = sum(row.get(column, 0) for row in rows)
        if found != total:
            raise Unacceptable(
                "wrong_sum", f"{column} must add up to {total}, not {found}", f"{column} 合计应为 {total},现为 {found}"
            )
    return rows


def _row(field: FieldSpec, row: Any, number: int) -> dict[str, Any]:
    columns = {column.key: column for column in field.columns}
    if not isinstance(row, Mapping) or not set(row) <= set(columns):
        names = ", ".join(columns)
        raise Unacceptable(
            "invalid_row", f"row {number} must have the columns {names}", f"第 {number} 行应包含:{names}"
        )
    lacking = [key for key, column in columns.items() if column.required and row.get(key) is None]
    if lacking:
        names = ", ".join(lacking)
        raise Unacceptable("required", f"row {number} lacks {names}", f"第 {number} 行缺少:{names}")
    return {key: one(columns[key], item) for key, item in row.items() if item is not None}


_KINDS: Mapping[str, Callable[[FieldSpec, Any], Any]] = {
    "text": _text,
    "line": _text,
    "choice": _choice,
    "choices": _choices,
    "boolean": _boolean,
    "whole": _whole,
    "percent": _whole,
    "money": _money,
    "date": _date,
    "moment": _moment,
    "staff": _id,
    "sheet": _id,
    "complaint": _id,
    "files": _ids,
    "table": _table,
}
