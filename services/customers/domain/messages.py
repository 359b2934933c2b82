"""What is wrong with a field or an import's cell, in the reader's language; each text says what to write instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MESSAGES: dict[str, tuple[str, str]] = {
    # per code the English and the Chinese sentence
    "required": ("must be given", "为必填项"),
    "too_long": ("must have at most {max} characters", "最多 {max} 个字符"),
    "control_character": ("has control characters or line breaks; remove them", "含有控制字符或换行,请删除"),
    "bad_phone": (
        "is no phone number; write it like 13812345678, 0755-12345678 or +852 2123 4567",
        "不是有效电话号码,请按 13812345678、0755-12345678 或 +852 2123 4567 的格式填写",
    ),
    "bad_email": ("is no e-mail address; write it like name@example.com", "不是有效邮箱地址,格式如 name@example.com"),
    "bad_date": ("is no date that exists; write it like 1985-04-30", "不是存在的日期,格式如 1985-04-30"),
    "date_in_future": ("must not be in the future", "不能是将来的日期"),
    "bad_kind": ("must be one of: {choices}", "只能填写:{choices}"),
    "bad_grade": ("names no grade; write a letter, such as A", "不是等级,请填写 A 或 A级"),
    "unknown_org_unit": (
        "names no org unit of your company; see /v1/org-units",
        "不是贵公司的组织单元,请查阅 /v1/org-units",
    ),
    "out_of_scope": ("is an org unit your credential does not cover", "是您的凭证未包含的组织单元"),
    "unidentified": (
        "the row needs an external reference, phone, plate or unit, so that it is known again next time",
        "该行需要外部编号、电话、车牌或房号之一,以便再次导入时识别",
    ),
    "unknown_column": ("is not a known column; known are: {columns}", "不是可识别的列,可用列:{columns}"),
    "repeated_column": ("appears twice; keep one", "重复出现,请只保留一列"),
    "missing_column": ("the header lacks this column", "表头缺少此列"),
    "no_key": ("has neither letters nor digits; nobody could find it", "不含字母、数字或汉字,无法据此查找"),
    "unit_needed": ("a building or project needs the unit too", "填写了项目或楼栋时,还须填写房号"),
    "household_exists": (
        "this unit's household is on file as customer {customer_id}; one household, one file",
        "该房屋的住户档案已存在(客户 {customer_id}),一户一档",
    ),
    "household_repeated": (
        "another household in this file has the same unit; one household, one file",
        "文件中另有住户使用同一房号,一户一档",
    ),
    "empty_file": ("the file has no rows below its header", "文件表头以下没有数据行"),
    "too_many_rows": (
        "the file has more than {max} rows for this mode; split it",
        "该模式下文件不得超过 {max} 行,请拆分后导入",
    ),
    "old_excel": ("an old Excel file; save it as .xlsx or CSV", "旧版 Excel 文件,请另存为 .xlsx 或 CSV"),
    "bad_xlsx": ("not a sound XLSX file; open it in Excel and save it anew", "XLSX 文件已损坏,请用 Excel 重新保存"),
    "unpacks_too_large": ("the XLSX unpacks to more than is read; split it", "XLSX 解压后过大,请拆分后导入"),
    "bad_encoding": (
        "neither UTF-8 nor GB18030; save it as CSV UTF-8",
        "编码不是 UTF-8 或 GB18030,请另存为 UTF-8",
    ),
    "bad_csv": ("the quotes around line {line} do not close; mend them", "第 {line} 行附近的引号不成对,请修正"),
    "too_wide": ("more than {max} columns; remove the others", "超过 {max} 列,请删除多余的列"),
    "ragged": ("some rows have more cells than the header has titles", "部分行的单元格多于表头,请补全表头"),
    "cell_too_long": ("a cell has more than {max} characters; shorten it", "单元格内容超过 {max} 个字符,请缩短"),
    "bad_base64": ("the file did not arrive whole; send it again", "文件上传不完整,请重新上传"),
    "too_large": ("larger than {max} MB; split it", "文件大于 {max} MB,请拆分后导入"),
    "broke_off": ("the import broke off repeatedly; tell support its id", "导入多次中断,请将导入编号告知支持人员"),
}


def text(code: str, locale: str, params: Mapping[str, Any] | None = None) -> str:
    """The sentence for `code` in `locale`. KeyError for an unknown code."""
    en, zh = MESSAGES[code]
    return (en if locale == "en" else zh).format(**(params or {}))
