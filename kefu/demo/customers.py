"""The customers of a demonstration company as the rows of a CSV file: the same ones whenever they are made."""

from __future__ import annotations

import csv
import io
from typing import Any

Row = dict[str, str]

_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高梁郑谢宋唐许邓韩冯曹彭曾肖田董潘袁蔡蒋余"
_FIRST = "建国文晓雅俊思雨天海春志丽明欣佳永立秀婉"
_SECOND = "华军敏静洋磊娟涛燕鹏玲刚慧杰婷波丹勇琳"
_HOMES_A_FLOOR = 4
_FLOORS = 18


def rows(spec: dict[str, Any]) -> list[Row]:
    """The customers of a company's `customers` entry in companies.yaml."""
    return [_row(spec, number) for number in range(1, spec["count"] + 1)]


def csv_of(found: list[Row]) -> bytes:
    """The file that is imported: UTF-8 with the mark that spreadsheets want."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(found[0]))
    writer.writeheader()
    writer.writerows(found)
    return out.getvalue().encode("utf-8-sig")


def _row(spec: dict[str, Any], number: int) -> Row:
    person = {
        "客户编号": f"{spec['prefix']}{number:05d}",
        "姓名": _pick(_SURNAMES, number) + _pick(_FIRST, number * 7) + _pick(_SECOND, number * 11),
        "电话": f"13{100_000_000 + (number * 7_919 + sum(map(ord, spec['prefix'])) * 104_729) % 899_999_999:09d}",
        "门店编码": _pick(spec["units"], number),
    }
    return person | (_vehicle(spec, number) if spec["owns"] == "vehicle" else _home(spec, number))


def _vehicle(spec: dict[str, Any], number: int) -> Row:
    return {
        "车牌号": f"{_pick(spec['plates'], number)}{10_000 + number * 37:05d}",
        "车型": _pick(spec["models"], number * 5),
    }


def _home(spec: dict[str, Any], number: int) -> Row:
    building, place = divmod(number, _HOMES_A_FLOOR * _FLOORS)
    floor, door = divmod(place, _HOMES_A_FLOOR)
    return {
        "项目": _pick(spec["projects"], number), "楼栋": f"{building + 1}栋", "房号": f"{floor + 1}0{door + 1}",
    }  # fmt: skip


def _pick(choices: Any, number: int) -> str:
    return str(choices[number % len(choices)])


def as_complainant(row: Row) -> dict[str, str]:
    """The customer of that row when they complain."""
    told = {"name": row["姓名"], "phone": row["电话"]}
    if "车牌号" in row:
        return told | {"vehicle_plate": row["车牌号"]}
    return told | {"unit_no": f"{row['项目']}{row['楼栋']}{row['房号']}"}
