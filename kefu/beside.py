"""Operators' commands beside a platform that `kefu up` runs: they find it by the note it leaves in its folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

NOTE = "platform.env"


def leave(var: Path, environment: Mapping[str, str]) -> None:
    """Write down, for this user only, what a command needs to reach the platform in `var`."""
    lines = [f"{name}={value}\n" for name, value in sorted(environment.items()) if name.startswith("KEFU_")]
    note = var / NOTE
    note.touch(mode=0o600)
    note.write_text("".join(lines))


def join() -> None:
    """Take from the note in KEFU_VAR (default: var) what the environment does not say. Who names a database does not
    mean that platform; where there is no note, the settings' own complaint says what is missing."""
    note = Path(os.environ.get("KEFU_VAR", "var")) / NOTE
    if "KEFU_DATABASE_URL" in os.environ or not note.is_file():
        return
    for line in note.read_text().splitlines():
        name, _, value = line.partition("=")
        os.environ.setdefault(name, value)
