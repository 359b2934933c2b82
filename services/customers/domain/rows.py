"""The rows of an import file: what columns there are, what a cell may hold, by what a row is known again (PL-14)."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from services.customers.domain import contacts, keys


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its titles in both languages; the field's own name is understood too."""

    field: str
    zh: str
    en: str
    max: int


COLUMNS = (
    Column("external_ref", "客户编号", "External reference", 64),
    Column("kind", "客户类型", "Kind", 20),
    Column("name", "姓名", "Name", 100),
    Column("phone", "电话", "Phone", 40),
    Column("email", "邮箱", "E-mail", 254),
    Column("wechat", "微信", "WeChat", 64),
    Column("id_number", "证件号码", "ID number", 40),
    Column("birthday", "生日", "Birthday", 40),
    Column("address", "地址", "Address", 300),
    Column("grade", "客户等级", "Grade", 10),
    Column("org_unit", "门店编码", "Org unit", 64),
    Column("plate", "车牌号", "Licence plate", 20),
    Column("vin", "车架号", "VIN", 32),
    Column("model", "车型", "Model", 100),
    Column("project", "项目", "Project", 100),
    Column("building", "楼栋", "Building", 50),
    Column("unit", "房号", "Unit", 50),
    Column("note", "备注", "Note", 2000),
)
KINDS = {
    "person": "person", "个人": "person", "organisation": "organisation", "organization": "organisation",
    "单位": "organisation", "企业": "organisation", "household": "household", "住户": "household", "家庭": "household",
}  # fmt: skip
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]00:00(?::00)?)?")


@dataclass(frozen=True, slots=True)
class CellError:
    """What is wrong with a cell, or with the row when `column` is empty. Never holds the value itself."""

    row: int
    column: str
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """An acceptable row. `identity` is the same for rows about one customer; `key` also tells the asset, `content` what
    the row says of them."""

    number: int
    values: Mapping[str, Any]
    org_unit: str | None
    identity: str
    key: str
    content: str


@dataclass(frozen=True, slots=True)
class Header:
    """Titles of the file and the field each stands for."""

    titles: tuple[str, ...]
    fields: tuple[str, ...]

    def title(self, name: str) -> str:
        """The file's own title of a field, or ours when the file has no such column."""
        return self.titles[self.fields.index(name)] if name in self.fields else name


def read_header(cells: Sequence[str]) -> tuple[Header, list[CellError]]:
    """The header of a file, and what is wrong with it."""
    titles = tuple(cells)
    fields = tuple(_TITLES.get(_folded(title), "") for title in titles)
    errors = [
        CellError(1, title, "unknown_column", {"columns": "、".join(column.zh for column in COLUMNS)})
        for title, name in zip(titles, fields, strict=True)
        if not name
    ]
    repeated = {name for name in fields if name and fields.count(name) > 1}
    errors += [CellError(1, titles[fields.index(name)], "repeated_column") for name in sorted(repeated)]
    if "name" not in fields:
        errors.append(CellError(1, "姓名 / Name", "missing_column"))
    return Header(titles, fields), errors


def read_row(number: int, header: Header, cells: Sequence[str], today: date) -> Row | list[CellError]:
    """The row, or what is wrong with it, cell by cell."""
    values, errors = _read_cells(number, header, cells)
    if values.get("birthday") and values["birthday"] > today:
        errors.append(CellError(number, header.title("birthday"), "date_in_future"))
    if not values.get("name") and not any(e.column == header.title("name") for e in errors):
        errors.append(CellError(number, header.title("name"), "required"))
    if (values.get("project") or values.get("building")) and not values.get("unit"):
        errors.append(CellError(number, header.title("unit"), "unit_needed"))
    errors += [
        CellError(number, header.title(name), "no_key")
        for name, kind in (("plate", "vehicle"), ("vin", "vehicle"), ("unit", "property_unit"))
        if values.get(name) and not keys.asset_keys({"kind": kind, name: values[name]})
    ]
    if errors:
        return errors
    return _row(number, values)


def _read_cells(number: int, header: Header, cells: Sequence[str]) -> tuple[dict[str, Any], list[CellError]]:
    values: dict[str, Any] = {}
    errors: list[CellError] = []
    for name, cell in zip(header.fields, cells, strict=False):
        text = cell.strip()
        if not text:
            continue
        try:
            values[name] = _read_cell(name, text)
        except contacts.Unacceptable as error:
            errors.append(CellError(number, header.title(name), error.code, error.params))
    return values, errors


def _read_cell(name: str, text: str) -> Any:
    limit = _LIMITS[name]
    if len(text) > limit:
        raise contacts.Unacceptable("too_long", max=str(limit))
    if name != "note" and any(unicodedata.category(c) in {"Cc", "Cs"} for c in text):
        raise contacts.Unacceptable("control_character")
    reader = _READERS.get(name)
    return reader(text) if reader else text


def _read_kind(text: str) -> str:
    kind = KINDS.get(text.casefold())
    if kind is None:
        raise contacts.Unacceptable("bad_kind", choices="、".join(KINDS))
    return kind


def _read_grade(text: str) -> str:
    """`A`, `a`, `A级`: one grade however a sheet writes it."""
    grade = unicodedata.normalize("NFKC", text).removesuffix("级").strip()
    if not grade:
        raise contacts.Unacceptable("bad_grade")
    return grade.upper() if len(grade) == 1 else grade


def read_date(text: str) -> date:
    """`1985-04-30`, `1985/4/30`, `1985年4月30日`. Raises `Unacceptable` for one that does not exist."""
    match = _DATE.fullmatch(text)
    try:
        return date(*map(int, match.groups())) if match else date.fromisoformat(text)
    except ValueError as error:
        raise contacts.Unacceptable("bad_date") from error


_READERS: dict[str, Callable[[str], Any]] = {
    "kind": _read_kind,
    "phone": contacts.phone_number,
    "email": contacts.email_address,
    "birthday": read_date,
    "grade": _read_grade,
}


def _row(number: int, values: dict[str, Any]) -> Row | list[CellError]:
    assets = _take_assets(values)
    org_unit = values.pop("org_unit", None)
    values.setdefault("kind", "person")
    values["assets"] = assets
    identity = _identity(values)
    if identity is None:
        return [CellError(number, "", "unidentified")]
    asset_keys = sorted(keys.asset_keys(asset)[0] for asset in assets)
    return Row(
        number, values, org_unit, identity=_digest(identity), key=_digest([identity, asset_keys]),
        content=_digest([values, org_unit]),
    )  # fmt: skip


def _take_assets(values: dict[str, Any]) -> list[dict[str, Any]]:
    """The row's vehicle and property unit, taken out of its values."""
    vehicle: dict[str, Any] = {name: values.pop(name) for name in ("plate", "vin", "model") if name in values}
    home: dict[str, Any] = {name: values.pop(name) for name in ("project", "building", "unit") if name in values}
    assets = []
    if vehicle.get("plate") or vehicle.get("vin"):
        assets.append({"kind": "vehicle", **vehicle})
    if home:
        assets.append({"kind": "property_unit", **home})
    return assets


def _identity(values: Mapping[str, Any]) -> list[Any] | None:
    """By what the customer is known again: the company's own key, else name with phone, else name with an asset."""
    if values.get("external_ref"):
        return ["ref", values["external_ref"]]
    name = keys.name_key(values["name"])
    if values.get("phone"):
        return ["phone", values["phone"], name]
    if values["assets"]:
        return ["asset", *keys.asset_keys(values["assets"][0])[0], name]
    return None


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


def _folded(title: str) -> str:
    return re.sub(r"[\s_\-*()()]+", "", unicodedata.normalize("NFKC", title)).casefold()


def _titles() -> Iterable[tuple[str, str]]:
    for column in COLUMNS:
        yield from ((_folded(title), column.field) for title in (column.field, column.zh, column.en))
    yield from ((_folded(alias), name) for name, aliases in _ALIASES.items() for alias in aliases)


_ALIASES = {
    "name": ("客户姓名", "客户名称", "名称"),
    "phone": ("手机", "手机号", "手机号码", "联系电话", "电话号码", "Mobile"),
    "id_number": ("身份证号", "身份证号码"),
    "birthday": ("出生日期",),
    "grade": ("等级", "客户级别", "级别"),
    "plate": ("车牌", "车牌号码"),
    "vin": ("VIN码",),
    "project": ("楼盘", "小区"),
    "building": ("栋",),
    "unit": ("房间号",),
    "org_unit": ("门店", "Org unit code"),
}
_TITLES = dict(_titles())
_LIMITS = {column.field: column.max for column in COLUMNS}
