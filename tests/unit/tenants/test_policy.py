"""Overrides a tenant writes as text: what is wrong is told with its line, and no text can do harm."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.problems import Problem
from services.tenants import policy


def test_a_text_is_read_with_the_line_of_every_key() -> None:
    source = policy.overrides_from("quiet_hours:\n  enabled: true\n", "overrides")
    assert source.data == {"quiet_hours": {"enabled": True}}
    assert source.lines["quiet_hours", "enabled"] == 2


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ("a: 1\nb: [1, 2\n", 3, ""),
        ("a: 1\na: 2\n", 2, "a"),
        ("- 1\n", 1, ""),
        ("a: &x [1]\nb: *x\n", 2, "*x"),
        ('a: "\\0"\n', None, ""),
        ("[" * 20000, 1, ""),
        ("a: " + "{b: " * 25, 1, ""),
    ],
)
def test_a_bad_text_is_refused_by_line_and_key(text: str, line: int | None, key: str) -> None:
    with pytest.raises(Problem) as caught:
        policy.overrides_from(text, "overrides")
    assert caught.value.code == "policy_invalid"
    (error,) = caught.value.errors
    assert (error["field"], error["params"]) == (key, {"file": "overrides", "line": line})


def test_an_unknown_pack_is_answered_with_those_there_are(tmp_path: Path) -> None:
    (tmp_path / "bakery").mkdir()
    (tmp_path / "bakery" / "pack.yaml").write_text("name: bakery\n")
    with pytest.raises(Problem) as caught:
        policy.packs_named(tmp_path, ["brewery"])
    assert caught.value.code == "unknown_pack"
    assert caught.value.params == {"pack": "brewery", "available": "bakery"}


def test_a_broken_pack_names_file_and_key(tmp_path: Path) -> None:
    (tmp_path / "bakery").mkdir()
    (tmp_path / "bakery" / "pack.yaml").write_text("name: bakery\nlabells: {}\n")
    with pytest.raises(Problem) as caught:
        policy.packs_named(tmp_path, ["bakery"])
    found = {(error["field"], error["params"]["file"], error["params"]["line"]) for error in caught.value.errors}
    assert ("labells", "bakery/pack.yaml", 2) in found
