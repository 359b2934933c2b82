"""Sealed addresses and secrets."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from services.notifications.vault import Vault, _key_in

OLD, NEW = Fernet.generate_key(), Fernet.generate_key()


def test_what_is_sealed_opens_and_does_not_show() -> None:
    sealed = Vault([OLD]).seal("+8613800138000")
    assert "13800138000" not in sealed
    assert Vault([OLD]).open(sealed) == "+8613800138000"


def test_a_new_key_in_front_opens_the_old_and_keeps_fingerprints() -> None:
    before, after = Vault([OLD]), Vault([NEW, OLD])
    assert after.open(before.seal("x")) == "x"
    assert after.fingerprint("sms", "x") == before.fingerprint("sms", "x")


def test_fingerprints_tell_their_parts_apart() -> None:
    vault = Vault([OLD])
    assert vault.fingerprint("a", "bc") != vault.fingerprint("ab", "c")


def test_a_lost_key_and_a_bad_one_are_named() -> None:
    with pytest.raises(ValueError, match="KEFU_DATA_KEYS"):
        Vault([NEW]).open(Vault([OLD]).seal("x"))
    with pytest.raises(ValueError, match="KEFU_DATA_KEYS"):
        Vault(["short"])


def test_the_machines_own_key_is_made_once_and_private(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    first = _key_in(folder)
    assert _key_in(folder) == first
    assert (folder / "data.key").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in folder.iterdir()] == ["data.key"]
