"""`kefu policy check` and `kefu keys rotate-signing`, which need no running platform."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from kefu.commands.keys import group as keys
from kefu.commands.policy import group as policy
from services.tenants import keyring

PACK = """
name: bakery
labels: {zh-CN: 面包店, en: Bakery}
services: [notifications]
org_kinds: {shop: {labels: {zh-CN: 门店, en: Shop}}}
roles: {baker: {labels: {zh-CN: 面包师, en: Baker}, permissions: [customers.read]}}
"""


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    (tmp_path / "bakery").mkdir()
    (tmp_path / "bakery" / "pack.yaml").write_text(PACK, encoding="utf-8")
    (tmp_path / "bakery" / "notifications.yaml").write_text("frequency_cap:\n  messages: 3\n  hours: 24\n")
    return tmp_path


def check(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(policy, ["check", *map(str, arguments)])
    return done.exit_code, done.output


def test_good_packs_pass_by_name_by_folder_and_all_together(packs: Path) -> None:
    for arguments in (["--packs", packs], ["bakery", "--packs", packs], [packs / "bakery"]):
        assert check(*arguments) == (0, "bakery: nothing wrong\n")


def test_the_repositorys_own_packs_pass() -> None:
    code, output = check("--packs", Path(__file__).parents[3] / "packs")
    assert (code, "dealership" in output) == (0, True), output


def test_a_mistake_is_told_by_file_line_and_key(packs: Path) -> None:
    (packs / "bakery" / "notifications.yaml").write_text("frequency_cap:\n  mesages: 3\n")
    code, output = check("bakery", "--packs", packs)
    assert code == 1
    assert (
        "bakery/notifications.yaml:2: frequency_cap.mesages: is not a key of a policy. Did you mean `messages`?"
        in output
    )


def test_overrides_are_checked_on_top(packs: Path, tmp_path: Path) -> None:
    overrides = tmp_path / "own.yaml"
    overrides.write_text("frequency_cap: {messages: lots}\n")
    code, output = check("bakery", "--packs", packs, "--service", "notifications", "--overrides", overrides)
    assert (code, "frequency_cap.messages" in output) == (1, True)
    assert check("bakery", "--packs", packs, "--overrides", overrides)[0] == 2


def test_an_unknown_pack_is_answered_with_those_there_are(packs: Path) -> None:
    code, output = check("brewery", "--packs", packs)
    assert (code, "bakery" in output) == (1, True)


def test_the_signing_key_is_rotated_in_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "tenants.json"
    monkeypatch.setenv("KEFU_AMQP_URI", "amqp://nobody.invalid/")
    monkeypatch.setenv("KEFU_DATABASE_URL", "sqlite:////nowhere/{service}.db")
    monkeypatch.setenv("KEFU_SIGNING_KEYS_PATH", str(path))
    before = keyring.load("", path)
    assert CliRunner().invoke(keys, ["rotate-signing"]).exit_code == 0
    after = keyring.load("", path)
    assert [key.kid for key in after.keys[1:]] == [before.signing.kid]
    monkeypatch.setenv("KEFU_SIGNING_KEYS", after.dump().decode())
    refused = CliRunner().invoke(keys, ["rotate-signing"])
    assert (refused.exit_code, "KEFU_SIGNING_KEYS" in refused.output) == (1, True)
