"""Search tokens and the normal forms of phones and plates (SPEC UX-10)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.search import MAX_TOKEN, last_four, normalise_phone, normalise_plate, query_tokens, tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", set()),
        ("  ,。!😀", set()),
        ("漏水", {"漏水"}),
        ("天花板漏水", {"天花", "花板", "板漏", "漏水"}),
        ("水", {"水"}),
        ("Hello, World_2", {"hello", "world", "2"}),
        ("浙A12345", {"浙", "a12345", "a", "12345"}),
        ("3号楼502室", {"3", "号楼", "502", "室"}),
        ("宝马X5漏油😀了", {"宝马", "x5", "x", "5", "漏油", "了"}),
        ("ＡＢＣ１２３", {"abc123", "abc", "123"}),
        ("Straße", {"strasse"}),
        ("𠮷野家", {"𠮷野", "野家"}),
        ("二〇二六", {"二〇", "〇二", "二六"}),
    ],
)
def test_tokens(text: str, expected: set[str]) -> None:
    assert tokens(text) == expected


@pytest.mark.clause("UX-10")
@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("漏水", "三楼天花板漏水,无人处理"),
        ("天花板", "三楼天花板漏水"),
        ("浙A12345", "车牌 浙A12345 保养"),
        ("浙a", "浙A12345"),
        ("12345", "浙A12345"),
        ("x5 漏油", "宝马X5发动机漏油"),
        ("ｘ５", "宝马X5"),
    ],
)
def test_a_query_finds(query: str, text: str) -> None:
    assert query_tokens(query)
    assert query_tokens(query) <= tokens(text)


@pytest.mark.parametrize(
    ("query", "text"), [("漏电", "漏水,停电"), ("水漏", "漏水"), ("1234", "12345"), ("b12345", "a12345")]
)
def test_a_query_does_not_find(query: str, text: str) -> None:
    assert not query_tokens(query) <= tokens(text)


def test_long_words_are_cut_alike() -> None:
    word = "a" * 200
    assert tokens(word) == query_tokens(word) == {"a" * MAX_TOKEN}


@given(st.text())
def test_every_text_is_found_by_itself(text: str) -> None:
    stored = tokens(text)
    assert query_tokens(text) <= stored
    assert all(0 < len(token) <= MAX_TOKEN for token in stored)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("13800138000", "+8613800138000"),
        ("138 0013-8000", "+8613800138000"),
        ("+86 138 0013 8000", "+8613800138000"),
        ("１３８００１３８０００", "+8613800138000"),
        ("0571-88886666", "+8657188886666"),
        ("+1 650 253 0000", "+16502530000"),
        ("400-820-8820", "+864008208820"),
        ("1", None),
        ("", None),
        ("not a number", None),
        ("138001380001380013800", None),
    ],
)
def test_phones(text: str, expected: str | None) -> None:
    assert normalise_phone(text) == expected


def test_last_four() -> None:
    assert last_four("138-0013-8000") == "8000"
    assert last_four("80 00") == "8000"
    assert last_four("800") is None


@pytest.mark.parametrize("text", ["浙A12345", "浙a·12345", " 浙A 12345 ", "浙Ａ－１２３４５", "浙A_12345"])
def test_plates(text: str) -> None:
    assert normalise_plate(text) == "浙A12345"
