"""What a row of an import may hold, and by what it is known again."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.customers.domain import messages
from services.customers.domain.rows import COLUMNS, KINDS, CellError, Header, Row, read_header, read_row

TODAY = date(2026, 11, 22)


def header(*titles: str) -> Header:
    found, errors = read_header(titles)
    assert errors == []
    return found


def row(**cells: str) -> Row:
    found = read_row(2, header(*cells), list(cells.values()), TODAY)
    assert isinstance(found, Row), found
    return found


def errors(**cells: str) -> list[CellError]:
    found = read_row(2, header(*cells), list(cells.values()), TODAY)
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize("language", ["zh", "en", "field"])
def test_every_column_is_known_by_its_titles(language: str) -> None:
    titles = [getattr(column, language) for column in COLUMNS]
    assert header(*titles).fields == tuple(column.field for column in COLUMNS)


def test_titles_are_read_generously() -> None:
    assert header("客户姓名*", " Licence  Plate ", "手机号").fields == ("name", "plate", "phone")


def test_a_header_is_refused_for_what_would_be_lost() -> None:
    _, found = read_header(["姓名", "爱好", "电话", "手机"])
    assert [(error.column, error.code) for error in found] == [("爱好", "unknown_column"), ("电话", "repeated_column")]
    _, found = read_header(["电话"])
    assert [error.code for error in found] == ["missing_column"]


def test_a_row_is_read_into_values_and_assets() -> None:
    found = row(name="王家", kind="住户", phone="138-1234-5678", birthday="1985年4月30日", plate="粤B12345", model="A6",
                project="海棠苑", building="3栋", unit="1204", org_unit="south", note="=1+1")  # fmt: skip
    assert found.values == {
        "name": "王家", "kind": "household", "phone": "+8613812345678", "birthday": date(1985, 4, 30), "note": "=1+1",
        "assets": [
            {"kind": "vehicle", "plate": "粤B12345", "model": "A6"},
            {"kind": "property_unit", "project": "海棠苑", "building": "3栋", "unit": "1204"},
        ],
    }  # fmt: skip
    assert found.org_unit == "south"


@pytest.mark.parametrize(("text", "grade"), [("A", "A"), ("a", "A"), ("A级", "A"), ("B 级", "B"), ("VIP", "VIP")])
def test_grades_as_people_write_them(text: str, grade: str) -> None:
    assert row(name="a", phone="13812345678", grade=text).values["grade"] == grade


@pytest.mark.parametrize("text", ["1985-04-30", "1985/4/30", "1985.4.30", "1985年4月30日", "1985-04-30 00:00:00"])
def test_dates_as_people_write_them(text: str) -> None:
    assert row(name="a", phone="13812345678", birthday=text).values["birthday"] == date(1985, 4, 30)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"name": "", "phone": "13812345678"}, [("name", "required")]),
        ({"name": "a" * 101, "phone": "13812345678"}, [("name", "too_long")]),
        ({"name": "a\nb", "phone": "13812345678"}, [("name", "control_character")]),
        ({"name": "a", "phone": "12ab"}, [("phone", "bad_phone")]),
        ({"name": "a", "external_ref": "1", "email": "x"}, [("email", "bad_email")]),
        ({"name": "a", "external_ref": "1", "birthday": "1985-02-30"}, [("birthday", "bad_date")]),
        ({"name": "a", "external_ref": "1", "birthday": "2026-11-23"}, [("birthday", "date_in_future")]),
        ({"name": "a", "external_ref": "1", "kind": "机器人"}, [("kind", "bad_kind")]),
        ({"name": "a", "external_ref": "1", "grade": "级"}, [("grade", "bad_grade")]),
        ({"name": "a", "external_ref": "1", "building": "3栋"}, [("unit", "unit_needed")]),
        ({"name": "a", "external_ref": "1", "plate": "··"}, [("plate", "no_key")]),
        ({"name": "a", "external_ref": "1", "project": "海棠苑", "unit": "-"}, [("unit", "no_key")]),
        ({"name": "a", "email": "a@b.cn"}, [("", "unidentified")]),
        ({"name": "", "phone": "x"}, [("phone", "bad_phone"), ("name", "required")]),
    ],
)
def test_each_bad_cell_is_listed_with_its_reason(cells: dict[str, str], expected: list[tuple[str, str]]) -> None:
    found = errors(**cells)
    assert [(error.column, error.code) for error in found] == expected
    for error in found:
        for locale in ("en", "zh-CN"):
            assert messages.text(error.code, locale, error.params)


def test_a_row_is_known_again_by_reference_or_name_and_phone_or_name_and_asset() -> None:
    assert row(name="王芳", external_ref="1").identity == row(name="李雷", external_ref="1").identity
    assert row(name="王 芳", phone="138 1234 5678").identity == row(name="王芳", phone="13812345678").identity
    assert row(name="王芳", phone="13812345678").identity != row(name="李雷", phone="13812345678").identity
    assert row(name="王芳", plate="粤B12345").identity == row(name="王芳", plate="粤b·12345").identity


def test_two_cars_of_one_customer_are_two_rows_of_one_identity() -> None:
    first, second = (row(name="王芳", phone="13812345678", plate=plate) for plate in ("粤B12345", "粤B99999"))
    assert first.identity == second.identity
    assert first.key != second.key


def test_content_tells_whether_a_row_says_something_new() -> None:
    assert row(name="a", external_ref="1").content == row(external_ref="1", name="a").content
    assert row(name="a", external_ref="1").content != row(name="b", external_ref="1").content


def test_every_message_speaks_both_languages() -> None:
    for en, zh in messages.MESSAGES.values():
        assert en.isascii()
        assert not zh.isascii()
    assert set(KINDS.values()) == {"person", "organisation", "household"}


@given(st.lists(st.text(max_size=40), min_size=len(COLUMNS), max_size=len(COLUMNS)))
def test_whatever_stands_in_a_row_is_read_or_refused(cells: list[str]) -> None:
    found = read_row(2, header(*(column.field for column in COLUMNS)), cells, TODAY)
    assert isinstance(found, Row) or found
