"""The `kefu` program: commands are found, and settings' mistakes are shown without a traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from kefu import commands
from kefu.cli import main


def test_commands_are_found_by_their_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dead_things.py").write_text(
        "import click\n@click.command()\ndef command():\n    click.echo('found')\n"
    )
    (tmp_path / "with_.py").write_text("import click\n@click.group()\ndef group():\n    'Bring in.'\n")
    monkeypatch.setattr(commands, "__path__", [*commands.__path__, str(tmp_path)])
    assert CliRunner().invoke(main, ["dead-things"]).output == "found\n"
    assert "Bring in." in CliRunner().invoke(main, ["with", "--help"]).output
    listed = CliRunner().invoke(main, ["--help"]).output
    assert {"dead-things", "with", "serve", "migrate", "relay", "gateway", "up"} <= set(listed.split())


def test_a_module_without_a_command_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty_one.py").write_text("")
    monkeypatch.setattr(commands, "__path__", [str(tmp_path)])
    result = CliRunner().invoke(main, ["empty-one"])
    assert result.exit_code == 1
    assert "exposes neither `command` nor `group`" in result.output


def test_serve_refuses_a_service_that_does_not_exist() -> None:
    result = CliRunner().invoke(main, ["serve", "wizardry"])
    assert result.exit_code == 2
    assert "'wizardry' is not one of 'tenants'" in result.output


def test_missing_settings_are_listed_all_at_once() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "kefu", "migrate"], env={"PATH": ""}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "KEFU_AMQP_URI" in done.stderr
    assert "KEFU_DATABASE_URL" in done.stderr
    assert "Traceback" not in done.stderr


def test_it_loads_nothing_heavy_before_a_command_is_chosen() -> None:
    program = "import sys, kefu.cli; print([m for m in ('sqlalchemy', 'kombu', 'httpx', 'flask') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
