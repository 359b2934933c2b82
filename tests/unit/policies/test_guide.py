"""The guide to writing packs keeps what it says: its reference is the schemas', its example has no mistake."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from contracts.policies import reference
from kefu.cli import main

ROOT = Path(__file__).resolve().parents[3]


def test_the_reference_is_what_the_schemas_say() -> None:
    assert reference.PAGE.read_text(encoding="utf-8") == reference.page(), "python -m contracts.policies.reference"


def test_every_kind_a_row_points_to_has_its_section() -> None:
    page = reference.page()
    targets = {part.split(")")[0] for part in page.split("](#")[1:]}
    assert targets
    assert [target for target in targets if f'<a name="{target}">' not in page] == []


@pytest.mark.parametrize("broken", [False, True])
def test_the_example_passes_the_check_and_a_slip_in_it_does_not(tmp_path: Path, broken: bool) -> None:
    packs = tmp_path / "packs"
    shutil.copytree(ROOT / "packs", packs)
    shutil.copytree(ROOT / "docs" / "policies" / "example", packs, dirs_exist_ok=True)
    file = packs / "appliances" / "complaints.yaml"
    if broken:
        file.write_text(file.read_text(encoding="utf-8").replace("to: telling", "to: teling"), encoding="utf-8")
    result = CliRunner().invoke(main, ["policy", "check", "appliances", "--packs", str(packs)])
    assert result.exit_code == (1 if broken else 0), result.output
    assert ("Did you mean `telling`" if broken else "nothing wrong") in result.output
