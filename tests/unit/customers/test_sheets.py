"""Uploaded files become rows of text, whatever wrote them; what is no sheet is refused with the reason."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from typing import Any

import pytest
from openpyxl import Workbook

from services.customers import sheets

TEXT = "姓名,电话\n王芳,13812345678\n\n李雷,139\n"


def xlsx(rows: list[list[Any]]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_in_the_encodings_that_excel_writes(encoding: str) -> None:
    sheet = sheets.read(TEXT.encode(encoding), 10)
    assert sheet.header == ["姓名", "电话"]
    assert sheet.rows == [(2, ["王芳", "13812345678"]), (4, ["李雷", "139"])]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_by_its_own_delimiter_with_quotes_and_breaks(delimiter: str) -> None:
    text = delimiter.join(["姓名", "备注"]) + "\r\n" + delimiter.join(["王芳", f'"一{delimiter}二\n三"']) + "\r\n"
    assert sheets.read(text.encode(), 10).rows == [(2, ["王芳", f"一{delimiter}二\n三"])]


def test_xlsx_numbers_and_dates_become_plain_text_and_formulas_stay_text() -> None:
    content = xlsx([["电话", "生日", "备注"], [13812345678, date(1985, 4, 30), "=1+1"], [None, None, None], ["1.50"]])
    sheet = sheets.read(content, 10)
    assert sheet.header == ["电话", "生日", "备注"]
    assert sheet.rows[0] == (2, ["13812345678", "1985-04-30", "=1+1"])
    assert sheet.rows[1][0] == 4


def bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (sheets.MAX_UNPACKED + 1))
    return packed.getvalue()


def plain_zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("readme.txt", "hello")
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b" \r\n", "empty_file"),
        ("姓名\n\n".encode(), "empty_file"),
        (b"\xd0\xcf\x11\xe0old", "old_excel"),
        (b"PK\x03\x04broken", "bad_xlsx"),
        (plain_zip(), "bad_xlsx"),
        (b"\xff\xfe\x00\x01", "bad_encoding"),
        (b"a\x00b,c\n1,2\n", "bad_encoding"),
        (b'name,note\nA,"open\n', "bad_csv"),
        (b"name\nA,B\n", "ragged"),
        (b"name\n" + b"x" * (sheets.MAX_CELL + 1) + b"\n", "cell_too_long"),
        ((",".join(["a"] * 65) + "\n1\n").encode(), "too_wide"),
        (b"name\n" + b"x\n" * 11, "too_many_rows"),
    ],
)
def test_what_is_no_sheet_is_refused_with_the_reason(content: bytes, code: str) -> None:
    with pytest.raises(sheets.Unreadable) as refused:
        sheets.read(content, 10)
    assert refused.value.code == code


def test_an_archive_that_unpacks_to_too_much_is_refused_unread() -> None:
    content = bomb()
    assert len(content) < 1_000_000
    with pytest.raises(sheets.Unreadable) as refused:
        sheets.check(content)
    assert refused.value.code == "unpacks_too_large"
