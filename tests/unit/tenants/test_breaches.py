"""The file of breached passwords: searched by halves, checked when a process starts."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path
from typing import BinaryIO

import pytest

from chassis.settings import SettingsError
from services.tenants import breaches
from services.tenants.breaches import BreachFile
from services.tenants.settings import TenantsSettings


def sha1(password: str) -> str:
    return hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()


def written(path: Path, lines: list[str], end: str = "\n") -> BreachFile:
    path.write_bytes("".join(line + end for line in lines).encode())
    return BreachFile(path)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("count", [True, False])
@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_every_password_in_it_is_found_and_no_other(tmp_path: Path, size: int, count: bool, end: str) -> None:
    passwords = [f"password {number}" for number in range(size)]
    numbers = random.Random(size)
    lines = sorted(sha1(p) + (f":{numbers.randint(1, 10**9)}" if count else "") for p in passwords)
    file = written(tmp_path / "breaches", lines, end)
    file.check()
    assert all(file.has(password) for password in passwords)
    assert not any(file.has(f"another {number}") for number in range(200))


def test_the_last_line_may_lack_its_end(tmp_path: Path) -> None:
    lines = sorted(sha1(word) for word in ("a", "b", "c"))
    path = tmp_path / "breaches"
    path.write_text("\n".join(lines))
    assert all(BreachFile(path).has(word) for word in ("a", "b", "c"))


def test_a_question_reads_little_of_a_large_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, looked_at = tmp_path / "breaches", []
    with path.open("wb") as file:
        file.writelines(b"%040X:12345678\n" % (number << 140) for number in range(1 << 18))

    def counted(file: BinaryIO, offset: int) -> tuple[int, bytes, int]:
        looked_at.append(offset)
        return line_around(file, offset)

    line_around = breaches._line_around
    monkeypatch.setattr(breaches, "_line_around", counted)
    assert not BreachFile(path).has("nobody's password")
    assert len(looked_at) <= 20


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"password\n123456\n", "must have lines such as"),
        (b"x" * 10_000, "must have lines such as"),
        (sha1("a").lower().encode() + b"\n", "must have lines such as"),
        ("".join(f"{sha1(str(n))}:1\n" for n in range(500)).encode(), "is not sorted"),
    ],
)
def test_what_is_no_such_file_is_named(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "breaches"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=said):
        BreachFile(path).check()


def test_the_process_says_so_when_it_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEFU_AMQP_URI", "amqp://broker/")
    monkeypatch.setenv("KEFU_DATABASE_URL", "sqlite:///{service}.db")
    monkeypatch.setenv("KEFU_BREACHED_PASSWORDS_FILE", str(tmp_path / "nothing"))
    monkeypatch.setenv("KEFU_SECOND_FACTOR_KEYS", "short")
    with pytest.raises(SettingsError) as caught:
        TenantsSettings.load()
    assert "KEFU_BREACHED_PASSWORDS_FILE: cannot be read: No such file" in str(caught.value)
    assert "KEFU_SECOND_FACTOR_KEYS: the keys: each key must be 32 bytes" in str(caught.value)


def test_one_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be read: No such file"):
        BreachFile(tmp_path / "nothing").check()
