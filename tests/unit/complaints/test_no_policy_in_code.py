"""No industry's word and no number of a policy in Python: those are data in packs/."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.policies import load_pack, pack_names, resolve

ROOT = Path(__file__).resolve().parents[3]
ROOMS = ("services", "chassis", "gateway")
CODE = sorted(file for room in ROOMS for file in (ROOT / room).rglob("*.py") if "migrations" not in file.parts)
ENGINE = [file for file in CODE if "complaints" in file.parts]
JUDGING = sorted((ROOT / "services/complaints/domain").glob("*.py")) + sorted(
    (ROOT / "services/complaints/policy").glob("*.py")
)
ARITHMETIC = {0, 1, 2, 7, 10, 12, 31, 100}
"""Days of a week, months of a year, per cent and the like. Any other number is a limit, and has a name."""


def trades() -> set[str]:
    """Names of packs and their variants, but for one that is a report's word as well: a row's group."""
    return {part for name in pack_names(ROOT / "packs") for part in name.split("/")} - {"group"}


def keys() -> set[str]:
    """What packs call their roles, categories and departments."""
    root = ROOT / "packs"
    documents = [resolve("complaints", [load_pack(root, name)]).document for name in pack_names(root)]
    parts = ("roles", "categories", "departments")
    return {item["key"] for document in documents for part in parts for item in document[part]}


def constants(tree: ast.AST) -> Iterator[ast.Constant]:
    """Every literal that is no docstring."""
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in docs:
            yield node


def named(tree: ast.Module) -> set[int]:
    """Literals in a module's constants."""
    assigned = [node.value for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign) and node.value]
    return {id(literal) for value in assigned for literal in ast.walk(value)}


def texts(file: Path) -> set[str]:
    literals = constants(ast.parse(file.read_text(encoding="utf-8")))
    return {literal.value for literal in literals if isinstance(literal.value, str)}


def test_no_code_knows_a_trade() -> None:
    names = trades()
    assert {file.name: texts(file) & names for file in CODE if texts(file) & names} == {}


def test_the_engine_knows_no_trades_people_or_matters() -> None:
    names = keys()
    assert {file.name: texts(file) & names for file in ENGINE if texts(file) & names} == {}


@pytest.mark.parametrize("file", JUDGING, ids=lambda file: file.name)
def test_no_number_is_judged_by_that_has_no_name(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    limits = named(tree)
    loose = [
        (node.lineno, node.value)
        for node in constants(tree)
        if type(node.value) in {int, float} and node.value not in ARITHMETIC and id(node) not in limits
    ]
    assert loose == []
