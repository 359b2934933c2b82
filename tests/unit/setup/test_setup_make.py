"""The Makefile's promises."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_help_lists_every_target() -> None:
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert targets
    assert [target for target in targets if f"make {target}" not in shown] == []


def test_locks_carry_hashes_and_no_index() -> None:
    for name in ("run", "test"):
        text = (ROOT / "requirements" / f"{name}.txt").read_text()
        assert "index-url" not in text
        pinned = re.findall(
            r"^[a-z0-9._-]+(?:\[[a-z,]+\])?==.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL | re.IGNORECASE
        )
        assert pinned
        assert [entry.split()[0] for entry in pinned if "--hash=sha256:" not in entry] == []


def test_the_lock_agrees_with_what_is_asked_for() -> None:
    for name in ("run", "test"):
        locked = (ROOT / "requirements" / f"{name}.txt").read_text().lower()
        asked = re.findall(
            r"^[a-z0-9][a-z0-9-]*", (ROOT / "requirements" / f"{name}.in").read_text(), re.MULTILINE | re.IGNORECASE
        )
        assert [package for package in asked if f"\n{package.lower()}==" not in f"\n{locked}"] == []
