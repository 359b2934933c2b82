"""Packs, overrides, diffs: how a tenant's document comes about."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.policies import PolicyError, check, diff, load_pack, merge_roles, pack_names, parse_source, resolve
from contracts.policies.sources import plain_source

PACKS = Path(__file__).parents[3] / "packs"
DEALERSHIP = load_pack(PACKS, "dealership")
PLAIN = resolve("complaints", [DEALERSHIP]).require()


def test_packs_that_can_be_chosen() -> None:
    assert {"dealership", "property", "developer"} <= set(pack_names(PACKS))
    assert not any(name.startswith("_") for name in pack_names(PACKS))


def test_unknown_pack_names_those_there_are() -> None:
    with pytest.raises(PolicyError) as refused:
        load_pack(PACKS, "dealerships")
    assert "dealership" in refused.value.findings[0].remedy


def test_override_changes_one_value_and_the_diff_says_so() -> None:
    changed = resolve("complaints", [DEALERSHIP], {"reopen": {"within": {"amount": 10}}}).require()
    assert [(c.path, c.before, c.after) for c in diff(PLAIN, changed)] == [("reopen.within.amount", 30, 10)]


def test_override_reaches_into_keyed_lists() -> None:
    wish = {"processes": {"standard": {"stages": {"approval": {"labels": {"en": "Sign-off"}}}}}}
    changed = resolve("complaints", [DEALERSHIP], wish).require()
    assert [c.path for c in diff(PLAIN, changed)] == ["processes.standard.stages.approval.labels.en"]


def test_override_in_the_resolved_form_is_the_same() -> None:
    as_list = {"levels": [{"key": "major", "labels": {"en": "Grave"}}]}
    as_mapping = {"levels": {"major": {"labels": {"en": "Grave"}}}}
    one, other = (resolve("complaints", [DEALERSHIP], wish).require() for wish in (as_list, as_mapping))
    assert one == other
    assert [c.after for c in diff(PLAIN, one)] == ["Grave"]


def test_null_takes_out_and_a_whole_new_item_comes_in() -> None:
    wish = {
        "channels": {
            "wechat": None,
            "kiosk": {"labels": {"zh-CN": "自助机", "en": "Kiosk"}, "kind": "other"},
        }
    }
    changes = diff(PLAIN, resolve("complaints", [DEALERSHIP], wish).require())
    assert [(c.path, c.before is None, c.after is None) for c in changes] == [
        ("channels.wechat", False, True),
        ("channels.kiosk", True, False),
    ]


@pytest.mark.parametrize(
    ("wish", "key", "remedy"),
    [
        ({"reopn": {}}, "reopn", "`reopen`"),
        ({"reopen": {"withn": {"amount": 1}}}, "reopen.withn", "`within`"),
        ({"levels": {"mayor": {"rank": 3}}}, "levels.mayor", "`major`"),
        (
            {"processes": {"standard": {"stages": {"aproval": {"final": True}}}}},
            "processes.standard.stages.aproval",
            "`approval`",
        ),
    ],
)
def test_override_of_what_is_not_there_is_refused(wish: dict[str, object], key: str, remedy: str) -> None:
    (finding,) = resolve("complaints", [DEALERSHIP], wish).findings
    assert (finding.file, finding.key) == ("overrides", key)
    assert remedy in finding.remedy


def test_override_text_is_refused_with_its_line() -> None:
    source = parse_source("reopen:\n  within:\n    amount: soon\n", "ours.yaml")
    (finding,) = resolve("complaints", [DEALERSHIP], source).findings
    assert (finding.file, finding.line, finding.key) == ("ours.yaml", 3, "reopen.within.amount")


def test_override_can_break_the_meaning_and_is_told() -> None:
    wish = {"authority": {"solution": {"steps": [{"up_to": 5, "chain": ["general_manager"]}]}}}
    (finding,) = resolve("complaints", [DEALERSHIP], wish).findings
    assert "nobody may approve" in finding.problem
    assert finding.file == "overrides"


def test_tenants_own_role_can_be_named() -> None:
    wish = {"ladders": {"main": {"roles": ["$head", "regional_director"]}}}
    assert resolve("complaints", [DEALERSHIP], wish).findings
    own = {"regional_director": {"labels": {"zh-CN": "区域总监", "en": "Regional director"}, "permissions": []}}
    assert resolve("complaints", [DEALERSHIP], wish, roles=own).findings == []


def test_service_without_policy_takes_no_overrides() -> None:
    assert resolve("customers", [DEALERSHIP]).require() == {}
    assert resolve("customers", [DEALERSHIP], {"x": 1}).findings


def test_two_packs_merge_in_order_and_roles_add_up() -> None:
    packs = [load_pack(PACKS, "property"), load_pack(PACKS, "developer")]
    roles = merge_roles(packs)
    assert {"front_desk", "finance"} <= set(roles)
    assert len(roles["engineering_manager"]["permissions"]) == len(set(roles["engineering_manager"]["permissions"]))
    both = resolve("complaints", packs).document
    assert {"acceptance", "judgement"} <= {form["key"] for form in both["forms"]}
    assert both["numbers"]["case"].startswith("RF")


def test_resolved_document_is_checked_by_itself() -> None:
    assert check("complaints", PLAIN) == []
    assert check("complaints", {**PLAIN, "levels": []})


def test_yaml_words_stay_words() -> None:
    assert parse_source("on: no\nyes: off\nday: 2026-11-22\nsure: true\n", "x").data == {
        "on": "no", "yes": "off", "day": "2026-11-22", "sure": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    "text", ["- a\n", "a: [", "a: 1\na: 2\n", "\tx: 1", "just words", "!!python/object:os.system {}"]
)
def test_texts_that_are_no_policy(text: str) -> None:
    with pytest.raises(PolicyError):
        parse_source(text, "x.yaml")


keys = st.sampled_from(["a", "b", "c"])
trees = st.recursive(st.integers(0, 3), lambda inner: st.dictionaries(keys, inner, max_size=3), max_leaves=8)


@given(old=st.dictionaries(keys, trees, max_size=3), new=st.dictionaries(keys, trees, max_size=3))
def test_diff_is_empty_exactly_for_equal_documents(old: dict[str, object], new: dict[str, object]) -> None:
    assert (diff(old, new) == []) == (old == new)


@given(st.dictionaries(keys, trees, max_size=3))
def test_plain_layers_know_every_path(data: dict[str, object]) -> None:
    source = plain_source(data, "x")
    for key in data:
        assert (key,) in source.lines
