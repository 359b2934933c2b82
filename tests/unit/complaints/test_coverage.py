"""The table of clauses names places that exist; Python names no industry."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from contracts.policies import pack_names
from tests.unit.complaints.conftest import INDUSTRIES, PACKS, document_of

ROOT = Path(__file__).parents[3]
COVERAGE = (ROOT / "docs/policies/coverage.md").read_text(encoding="utf-8")
_ESTATES = {"SP": 5, "PM": 11, "TS": 7, "HC": 3, "RK": 7, "PD": 4}
SYSTEMS = {"AD": 10, "PC": 8, "RF": 17, "MF": 23, "QA": 8, "PF": 5, "AP": 7, "CB": 2, "FU": 5, **_ESTATES}
DECORATION = (*range(1, 14), 15, 16, 20, 21, 22, 24, 25, 28, 29, 30)
"""The others are project callbacks, care messages, duty and warranty: not complaints."""


def rows() -> Iterator[tuple[str, str, str]]:
    """Pack (empty: all), clause, path."""
    pack = ""
    for line in COVERAGE.splitlines():
        if line.startswith("## "):
            found = re.search(r"packs/([\w/]+)", line)
            pack = found.group(1) if found else ""
        elif clause := re.match(r"\| ([A-Z]{2}-\d+) \|", line):
            for path in re.findall(r"`([a-z_]+(?:\.[a-z0-9_]+)*)`", line):
                yield pack, clause.group(1), path


def look_up(document: Any, path: str) -> Any:
    for part in path.split("."):
        if isinstance(document, list):
            document = next(item for item in document if item["key"] == part)
        else:
            document = document[part]
    return document


@pytest.mark.parametrize(("pack", "clause", "path"), list(rows()))
def test_place_exists(pack: str, clause: str, path: str) -> None:
    if path.split(".", maxsplit=1)[0] in {"contracts", "services"}:
        assert import_module(path)
    elif path not in {"customer.linked", "complaint.finding_made", "remedy_sought"}:
        for name in [pack] if pack else INDUSTRIES:
            assert look_up(document_of(name), path) is not None, f"{clause}: {path} in {name}"


def test_every_clause_of_these_systems_is_placed() -> None:
    placed = {clause for _, clause, _ in rows()}
    wanted = {f"{system}-{number}" for system, last in SYSTEMS.items() for number in range(1, last + 1)}
    assert wanted | {f"DC-{number}" for number in DECORATION} <= placed


def industry_words() -> set[str]:
    """Names only packs may know: industries, their roles, levels and sheets."""
    names = pack_names(PACKS)
    words = set(names) - {"property", "group"}  # Python's own words
    for name in names:
        document = document_of(name)
        for part in ("roles", "levels", "sheets"):
            words |= {item["key"] for item in document[part]}
    return words


def words_of(file: Path) -> set[str]:
    """Names and words of string literals in a Python file; prose (docstrings, comments) is free."""
    words: set[str] = set()
    previous = tokenize.NEWLINE
    for token in tokenize.generate_tokens(io.StringIO(file.read_text(encoding="utf-8")).readline):
        prose = token.type == tokenize.STRING and previous in {
            tokenize.NEWLINE,
            tokenize.INDENT,
            tokenize.DEDENT,
            tokenize.NL,
        }
        if token.type == tokenize.NAME or (token.type == tokenize.STRING and not prose):
            words |= set(re.findall(r"[a-z0-9_]+", token.string))
        previous = token.type
    return words


@pytest.mark.parametrize("file", sorted((ROOT / "services/complaints").rglob("*.py")), ids=lambda f: f.name)
def test_python_names_no_industry_role_level_or_sheet(file: Path) -> None:
    assert not words_of(file) & industry_words()
