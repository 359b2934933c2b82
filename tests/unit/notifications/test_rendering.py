"""Variables as the reader's language and zone write them."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chassis.wordings import Reader, Unusable, show
from services.notifications.policy import Wording
from services.notifications.rendering import render, sms_parts

ZH = Reader("zh-CN", ZoneInfo("Asia/Shanghai"))
EN = Reader("en", ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize(
    ("kind", "value", "zh", "en"),
    [
        ("text", "A-1", "A-1", "A-1"),
        ("number", 1234.5, "1,234.5", "1,234.5"),
        ("moment", "2026-11-22T01:00:00Z", "2026年11月22日 09:00", "22 Nov 2026 09:00"),
        ("date", "2026-11-22", "2026年11月22日", "November 22, 2026"),
        ("money", {"amount": 123456, "currency": "CNY"}, "¥1,234.56", "CN¥1,234.56"),
        ("label", {"zh-CN": "重大", "en": "major"}, "重大", "major"),
        ("label", {"zh-CN": "重大"}, "重大", "重大"),
        ("label", "plain", "plain", "plain"),
    ],
)
def test_each_kind_is_shown_in_the_readers_way(kind: str, value: Any, zh: str, en: str) -> None:
    assert (show(kind, value, ZH), show(kind, value, EN)) == (zh, en)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("moment", "2026-11-22T01:00:00"), ("moment", "soon"), ("moment", 5), ("date", "2026-02-30"), ("money", 5),
        ("money", {"amount": "5"}), ("number", "5"), ("number", True), ("label", 5), ("label", {}), ("text", None),
        ("text", {"a": 1}),
    ],
)  # fmt: skip
def test_what_is_not_of_its_kind_is_refused(kind: str, value: Any) -> None:
    with pytest.raises(Unusable):
        show(kind, value, ZH)


def test_a_message_goes_out_whatever_is_missing_and_says_so() -> None:
    wording = Wording("{number}\nx", "{number} {due} {gone}", {"number": "text", "due": "moment"}, "policy")
    text = render(wording, {"number": "A\nB", "due": "soon"}, ZH)
    assert text.body == "A\nB soon —"
    assert text.title == "A B x"
    assert text.missing == ("due", "gone")


@pytest.mark.parametrize(
    ("body", "parts"), [("中" * 70, 1), ("中" * 71, 2), ("a" * 160, 1), ("a" * 161, 2), ("中" * 135, 3)]
)
def test_short_messages_are_counted_as_carriers_bill_them(body: str, parts: int) -> None:
    assert sms_parts(body) == parts
