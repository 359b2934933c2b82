"""Sealing what must not be readable in a stolen database: addresses of people, providers' secrets, second factors.

Each service that seals has keys of its own, outside the database: in a setting, or in a file made at first use.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Sequence
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class Vault:
    """Seals with the first key, opens with any; fingerprints with the last, so that a new key in front changes none.

    `setting` is the variable the keys come from: errors name it.
    """

    def __init__(self, keys: Sequence[str | bytes], setting: str) -> None:
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError as error:
            raise ValueError(f"{setting}: each key must be 32 bytes in URL-safe base64") from error
        last = keys[-1] if isinstance(keys[-1], bytes) else keys[-1].encode()
        self._setting = setting
        self._pepper = hashlib.sha256(b"kefu fingerprint" + last).digest()

    def seal(self, text: str) -> str:
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """The sealed text; ValueError when no key opens it."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise ValueError(f"sealed with a key that {self._setting} no longer holds") from error

    def fingerprint(self, *parts: str) -> str:
        """The same for the same parts, and useless without the key: for finding an address without storing it."""
        return hmac.new(self._pepper, "\x00".join(parts).encode(), hashlib.sha256).hexdigest()[:32]


def key_in(path: Path) -> bytes:
    """The key the platform made for this machine; made now when there is none. Processes that start together agree."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_bytes(Fernet.generate_key())
        try:
            path.hardlink_to(draft)  # fails where another process was first: its key stands
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_bytes().strip()
