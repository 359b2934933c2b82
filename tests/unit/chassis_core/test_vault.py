"""Sealing and the keys it takes."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from chassis.vault import Vault, key_in

OLD, NEW = Fernet.generate_key(), Fernet.generate_key()


def vault(*keys: str | bytes) -> Vault:
    return Vault(keys, "KEFU_DATA_KEYS")


def test_what_is_sealed_opens_and_does_not_show() -> None:
    sealed = vault(OLD).seal("+8613800138000")
    assert "13800138000" not in sealed
    assert vault(OLD).open(sealed) == "+8613800138000"


def test_a_new_key_in_front_opens_the_old_and_keeps_fingerprints() -> None:
    before, after = vault(OLD), vault(NEW, OLD)
    assert after.open(before.seal("x")) == "x"
    assert after.fingerprint("sms", "x") == before.fingerprint("sms", "x")


def test_fingerprints_tell_their_parts_apart() -> None:
    one = vault(OLD)
    assert one.fingerprint("a", "bc") != one.fingerprint("ab", "c")


def test_a_lost_key_and_a_bad_one_are_named() -> None:
    with pytest.raises(ValueError, match="KEFU_DATA_KEYS"):
        vault(NEW).open(vault(OLD).seal("x"))
    with pytest.raises(ValueError, match="KEFU_DATA_KEYS"):
        vault("short")


def test_the_machines_own_key_is_made_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "data.key"
    first = key_in(path)
    assert key_in(path) == first
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["data.key"]
