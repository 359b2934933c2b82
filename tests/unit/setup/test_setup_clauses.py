"""`--clauses`: counted by what passed, red when a clause has nothing to show."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.platform.clauses import clauses_of

ROOT = Path(__file__).parents[3]
CONFTEST = """\
import pytest
from tests.platform.clauses import ClausePlugin, clauses_of
def pytest_addoption(parser): parser.addoption("--clauses", default="")
def pytest_configure(config):
    config.addinivalue_line("markers", "clause(number): ...")
    wanted = config.getoption("--clauses")
    config.pluginmanager.register(ClausePlugin(clauses_of(wanted) if wanted else []))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    return tmp_path


def run(folder: Path, body: str, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_it.py").write_text("import pytest\nclause = pytest.mark.clause\n" + body)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-c",
        "/dev/null",
        "-p",
        "no:pytest_nameko",
        "--rootdir",
        str(folder),
    ]
    return subprocess.run(
        [*command, *options, str(folder)],
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def test_shown_clauses_are_counted_and_missing_ones_named(folder: Path) -> None:
    done = run(folder, "@clause('CB-1')\ndef test_a(): pass\n", "--clauses", "CB")
    assert "CB 1/2" in done.stdout
    assert "without: CB-2" in done.stdout
    assert done.returncode == 1


def test_all_shown_is_green(folder: Path) -> None:
    done = run(folder, "@clause('CB-1', 'CB-2')\ndef test_a(): pass\n", "--clauses", "CB")
    assert "CB 2/2" in done.stdout
    assert done.returncode == 0


def test_one_failing_test_is_enough_to_leave_a_clause_unshown(folder: Path) -> None:
    body = "@clause('CB-1')\ndef test_a(): pass\n@clause('CB-1')\ndef test_b(): assert 0\n"
    body += "@clause('CB-2')\ndef test_c(): pass\n"
    assert "CB 1/2" in run(folder, body, "--clauses", "CB").stdout


def test_a_skipped_test_shows_nothing(folder: Path) -> None:
    body = "@clause('CB-1')\ndef test_a(): pytest.skip('later')\n@clause('CB-2')\ndef test_b(): pass\n"
    assert "without: CB-1" in run(folder, body, "--clauses", "CB").stdout


def test_a_clause_that_does_not_exist_is_refused(folder: Path) -> None:
    done = run(folder, "@clause('CB-9')\ndef test_a(): pass\n")
    assert done.returncode != 0
    assert "no such clause: CB-9" in done.stdout + done.stderr


def test_an_unknown_system_is_refused() -> None:
    with pytest.raises(pytest.UsageError, match="no system ZZ"):
        clauses_of("ZZ")
