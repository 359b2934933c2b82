"""Variants extend a pack, additions lie over whatever the company picked before them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from contracts.policies import PolicyError, load_pack, merge_roles, pack_names, resolve

ROLE = "roles: {%s: {labels: {zh-CN: 人, en: Person}, permissions: [customers.read]}}\n"
KINDS = "org_kinds: {shop: {labels: {zh-CN: 门店, en: Shop}}}\n"


def template(text: str) -> str:
    return f"    texts: {{zh-CN: {{default: {{body: '{text}'}}}}, en: {{default: {{body: '{text}'}}}}}}\n"


def put(root: Path, name: str, head: str, **bodies: str) -> None:
    folder = root / name
    folder.mkdir(parents=True)
    labels = "labels: {zh-CN: 甲, en: A}\n"
    if not Path(name).name.startswith("_"):
        (folder / "pack.yaml").write_text(f"name: {name}\n{labels}{head}", encoding="utf-8")
    texts = "".join(f"  {key}:\n{template(text)}" for key, text in bodies.items())
    (folder / "notifications.yaml").write_text(f"templates:\n{texts}", encoding="utf-8")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    put(tmp_path, "_base", "", greeting="base", farewell="base")
    put(tmp_path, "bakery", f"extends: _base\nservices: [notifications]\n{ROLE % 'baker'}{KINDS}", greeting="bakery")
    put(tmp_path, "bakery/cafe", f"extends: bakery\n{ROLE % 'waiter'}", farewell="cafe")
    put(tmp_path, "butchery", f"extends: _base\n{ROLE % 'butcher'}{KINDS}", greeting="butchery")
    loud = "onto: bakery\nreplaces: {notifications: [templates]}\n" + ROLE % "crier"
    put(tmp_path, "bakery/loud", loud, greeting="LOUD", shout="LOUD")
    return tmp_path


def worded(root: Path, *names: str) -> dict[str, str]:
    document: dict[str, Any] = resolve("notifications", [load_pack(root, name) for name in names]).require()
    return {template["key"]: template["texts"]["en"]["default"]["body"] for template in document["templates"]}


def roles(root: Path, *names: str) -> set[str]:
    return set(merge_roles([load_pack(root, name) for name in names]))


def test_variants_and_additions_are_packs_to_choose(root: Path) -> None:
    assert pack_names(root) == ["bakery", "bakery/cafe", "bakery/loud", "butchery"]


def test_a_variant_says_only_what_differs(root: Path) -> None:
    assert worded(root, "bakery/cafe") == {"greeting": "bakery", "farewell": "cafe"}
    assert roles(root, "bakery/cafe") == {"baker", "waiter"}
    assert load_pack(root, "bakery/cafe").services == ("notifications",)


def test_an_addition_lies_over_what_was_picked_and_says_a_part_anew(root: Path) -> None:
    assert worded(root, "butchery", "bakery/loud") == {"greeting": "LOUD", "shout": "LOUD"}
    assert roles(root, "butchery", "bakery/loud") == {"butcher", "crier"}


def test_an_addition_alone_lies_over_the_pack_it_names(root: Path) -> None:
    assert roles(root, "bakery/loud") == {"baker", "crier"}
    assert load_pack(root, "bakery/loud").services == ("notifications",)


@pytest.mark.parametrize(
    ("head", "problem"),
    [
        ("extends: bakary\n", "`bakary` is not a pack. Did you mean `bakery`?"),
        ("extends: bakery/odd\n", "leads back to this pack"),
        ("onto: bakery/loud\n", "is an addition itself"),
        (KINDS, "lacks `roles`"),
    ],
)
def test_what_a_pack_cannot_be_built_on_is_named(root: Path, head: str, problem: str) -> None:
    put(root, "bakery/odd", head, greeting="odd")
    with pytest.raises(PolicyError, match=r"bakery/odd/pack\.yaml") as refused:
        load_pack(root, "bakery/odd")
    assert problem in str(refused.value)
