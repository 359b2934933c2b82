"""How values stand on paper, and that every paper is one page of escaped text (SPEC PL-9)."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chassis.press import Money
from services.complaints.policy.specs import FieldSpec
from services.complaints.printing import rendering
from services.complaints.printing.paper import Facts, Fields, Grid, Paper, Prose, Signature, Signatures, Table
from services.complaints.printing.values import MAX_BOXES, Writer, yuan
from services.complaints.printing.wording import Words

NAMES = {"staff": "王工", "file": "照片.png", "sheet": "JZ-1", "complaint": "TS-1"}


def writer(locale: str = "zh-CN") -> Writer:
    return Writer(locale, ZoneInfo("Asia/Shanghai"), lambda kind, _: NAMES[kind])


def field(kind: str, **more: Any) -> FieldSpec:
    return FieldSpec(key="f", labels={"zh-CN": "字段", "en": "Field"}, kind=kind, sums={}, **more)


COLOURS = {key: {"zh-CN": f"{key}色", "en": key} for key in ("红", "绿")}


@pytest.mark.parametrize(
    ("spec", "value", "shown"),
    [
        (field("line"), "词", "词"),
        (field("line"), None, ""),
        (field("whole"), 0, "0"),
        (field("percent"), 30, "30 %"),
        (field("money"), {"amount": 123_456_789, "currency": "CNY"}, "¥1,234,567.89"),
        (field("date"), "2026-11-22", "2026-11-22"),
        (field("moment"), "2026-11-22T16:30:00Z", "2026-11-23 00:30"),
        (field("staff"), "id", "王工"),
        (field("files"), ["a", "b"], "照片.png、照片.png"),
        (field("sheet"), "id", "JZ-1"),
        (field("boolean"), True, "■\N{NO-BREAK SPACE}是  □\N{NO-BREAK SPACE}否"),
        (field("boolean"), None, "□\N{NO-BREAK SPACE}是  □\N{NO-BREAK SPACE}否"),
        (field("choice", choices=COLOURS), "绿", "□\N{NO-BREAK SPACE}红色  ■\N{NO-BREAK SPACE}绿色"),
        (field("choices", choices=COLOURS), ["红", "绿"], "■\N{NO-BREAK SPACE}红色  ■\N{NO-BREAK SPACE}绿色"),
        (field("choice", choices=COLOURS), None, "□\N{NO-BREAK SPACE}红色  □\N{NO-BREAK SPACE}绿色"),
    ],
)
def test_a_value_on_paper(spec: FieldSpec, value: Any, shown: str) -> None:
    assert writer().value(spec, value) == shown


def test_many_choices_are_no_boxes() -> None:
    many = {str(n): {"zh-CN": f"第{n}项", "en": f"No. {n}"} for n in range(MAX_BOXES + 1)}
    assert writer().value(field("choice", choices=many), "3") == "第3项"
    assert writer("en").value(field("choices", choices=many), ["1", "2"]) == "No. 1, No. 2"
    assert writer().value(field("choice", choices=many), None) == ""


def test_a_choice_the_policy_no_longer_has_shows_its_key() -> None:
    assert writer().plain(field("choice", choices=COLOURS), "blue") == "blue"


def test_a_table_keeps_its_rows() -> None:
    columns = (field("line"), FieldSpec(key="n", labels={"zh-CN": "数", "en": "N"}, kind="whole", sums={}))
    spec = field("table", columns=columns)
    rows = [{"f": "甲", "n": 1}, {"f": "乙"}]
    assert writer().value(spec, rows) == Grid(["字段", "数"], [["甲", "1"], ["乙", ""]])
    assert writer().cell(spec, rows) == "甲; 1\n乙; "
    assert writer().value(spec, None) == ""


def test_numbers_stay_numbers_in_a_spreadsheet() -> None:
    assert writer().cell(field("money"), {"amount": 5, "currency": "CNY"}) == Money(5)
    assert writer().cell(field("whole"), 7) == 7
    assert writer().cell(field("money"), None) == ""
    assert writer().cell(field("line"), "=1+1") == "=1+1"  # the press writes text as text


@pytest.mark.parametrize(("fen", "shown"), [(0, "¥0.00"), (5, "¥0.05"), (-12_345, "-¥123.45")])
def test_yuan(fen: int, shown: str) -> None:
    assert yuan(fen) == shown


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
def test_a_page_escapes_everything_and_names_every_kind_of_block(locale: str) -> None:
    evil = '<img src=x onerror=1> & "quoted" {{ 7*7 }}'
    blocks = [
        Facts(evil, [(evil, evil)]), Fields(evil, [(evil, evil), ("t", Grid([evil], [[evil]]))], evil, internal=True),
        Table(evil, Grid([evil], [[evil]], (100,)), evil), Prose(evil, evil),
        Signatures(evil, [Signature(what=evil, who=evil, at=evil, words=evil)], [evil]),
    ]  # fmt: skip
    page = rendering.html(
        Paper(
            locale=locale, company=evil, title=evil, number=evil, internal=True, printed=evil, blocks=blocks,
        )
    )  # fmt: skip
    assert "<img" not in page
    assert "49" not in page
    assert page.count("&lt;img") >= 20
    assert f'lang="{locale}"' in page
    assert Words(locale)("internal") in page
