"""Commands beside `make run` find its platform by themselves."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from kefu import beside
from kefu.cli import main

LEFT = {"KEFU_DATABASE_URL": "sqlite:////nowhere/{service}.db", "KEFU_AMQP_URI": "amqp://a:b@h/v", "HOME": "/root"}


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(os, "environ", {"KEFU_VAR": str(tmp_path), "PATH": os.environ["PATH"]})
    return tmp_path


def test_what_is_missing_comes_from_the_note(var: Path) -> None:
    beside.leave(var, LEFT)
    os.environ["KEFU_AMQP_URI"] = "amqp://mine/"
    beside.join()
    assert os.environ["KEFU_DATABASE_URL"] == LEFT["KEFU_DATABASE_URL"]
    assert os.environ["KEFU_AMQP_URI"] == "amqp://mine/"
    assert "HOME" not in os.environ


def test_the_note_is_for_its_user_only(var: Path) -> None:
    beside.leave(var, LEFT)
    assert (var / beside.NOTE).stat().st_mode & 0o077 == 0


def test_who_names_a_database_means_another_platform(var: Path) -> None:
    beside.leave(var, LEFT)
    os.environ["KEFU_DATABASE_URL"] = "sqlite:////elsewhere/{service}.db"
    beside.join()
    assert "KEFU_AMQP_URI" not in os.environ


def test_without_a_platform_the_command_says_what_to_set(var: Path) -> None:
    result = CliRunner().invoke(main, ["audit", "verify"])
    assert result.exit_code == 1
    assert "KEFU_DATABASE_URL" in result.output
