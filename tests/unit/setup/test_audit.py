"""What `make audit` makes of pip-audit's report: silence of the source is never taken for soundness."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[3] / "scripts" / "audit_verdict.py"
SOUND = {"name": "a", "version": "1", "vulns": []}
BAD = {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-2026-1"}]}
UNKNOWN = {"name": "c", "skip_reason": "Dependency not found on PyPI and could not be audited: c (3)"}


@pytest.mark.parametrize(
    ("packages", "verdict"),
    [
        ([SOUND, SOUND], "ok"),
        ([SOUND, BAD], "red"),
        ([UNKNOWN, BAD], "red"),
        ([SOUND, UNKNOWN], "skipped"),
        ([UNKNOWN], "skipped"),
        ([], "skipped"),
        (None, "skipped"),
    ],
)
def test_the_verdict(tmp_path: Path, packages: list[dict[str, Any]] | None, verdict: str) -> None:
    report = tmp_path / "report.json"
    if packages is not None:
        report.write_text(json.dumps({"dependencies": packages}))
    done = subprocess.run([sys.executable, SCRIPT, report], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == verdict
    assert ("b 2: PYSEC-2026-1" in done.stderr) == (verdict == "red")
