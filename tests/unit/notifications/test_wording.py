"""Wordings: what may stand in braces, and what becomes of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.policies import resolve
from contracts.policies.wording import MISSING, WordingError, fill, placeholders, settled


def test_placeholders_stand_in_order_each_once() -> None:
    assert placeholders("{b} {a} {{c}} {b}") == ["b", "a"]


@pytest.mark.parametrize(
    "wording", ["{a.b}", "{a[0]}", "{a!r}", "{a:>10}", "{}", "{A}", "a { b", "a } b", "{a{b}}", "{__class__}"]
)
def test_anything_but_a_name_in_braces_is_refused(wording: str) -> None:
    with pytest.raises(WordingError, match="at character"):
        placeholders(wording)


def test_values_are_put_in_as_they_are() -> None:
    assert (
        fill("{{x}} {name} {other}", {"name": "{other} {name.__class__}"})
        == f"{{x}} {{other}} {{name.__class__}} {MISSING}"
    )


@given(st.text(), st.dictionaries(st.from_regex(r"[a-z][a-z0-9_]{0,5}", fullmatch=True), st.text(max_size=20)))
def test_filling_never_fails_and_leaves_text_without_braces_alone(wording: str, values: dict[str, str]) -> None:
    filled = fill(wording, values)
    if "{" not in wording and "}" not in wording:
        assert filled == wording


def test_an_optional_part_is_left_out_with_its_variable() -> None:
    wording = "Number {number}.[[ See {url}]][[ {url} or {number}]]"
    assert settled(wording, {"number"}) == "Number {number}."
    assert (
        fill(settled(wording, {"number", "url"}), {"number": "1", "url": "[[x]]"}) == "Number 1. See [[x]] [[x]] or 1"
    )
    assert settled("[[ always ]]", set()) == " always "


def _policy(body: str, **more: object) -> dict[str, object]:
    text = {"default": {"body": body}}
    return {"templates": {"a.b": {"variables": {"number": "text"}, "texts": {"zh-CN": text, "en": text}}}, **more}


@pytest.mark.clause("NT-2")
def test_a_policy_with_an_undeclared_variable_is_refused_with_a_suggestion() -> None:
    findings = resolve("notifications", [], _policy("{numbr}")).findings
    assert {finding.key for finding in findings} == {
        "templates.a.b.texts.zh-CN.default.body",
        "templates.a.b.texts.en.default.body",
    }
    assert all("`number`" in finding.remedy for finding in findings)


def test_quiet_hours_of_no_length_are_refused() -> None:
    quiet = {"enabled": True, "from": "21:00", "to": "21:00"}
    (finding,) = resolve("notifications", [], _policy("{number}", quiet_hours=quiet)).findings
    assert finding.key == "quiet_hours.to"


def test_a_sound_policy_has_no_findings() -> None:
    assert resolve("notifications", [], _policy("{number}")).findings == []
