"""Sealing what must not be readable in a stolen database: addresses of people, secrets of providers."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from services.notifications.settings import NotificationsSettings


class Vault:
    """Seals with the first key, opens with any; fingerprints with the last, so that a new key in front changes none."""

    def __init__(self, keys: Sequence[str | bytes]) -> None:
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError as error:
            raise ValueError("KEFU_DATA_KEYS: each key must be 32 bytes in URL-safe base64") from error
        last = keys[-1] if isinstance(keys[-1], bytes) else keys[-1].encode()
        self._pepper = hashlib.sha256(b"kefu fingerprint" + last).digest()

    def seal(self, text: str) -> str:
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """The sealed text; ValueError when no key opens it."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise ValueError("sealed with a key that KEFU_DATA_KEYS no longer holds") from error

    def fingerprint(self, *parts: str) -> str:
        """The same for the same parts, and useless without the key: for finding an address without storing it."""
        return hmac.new(self._pepper, "\x00".join(parts).encode(), hashlib.sha256).hexdigest()[:32]


@cache
def vault() -> Vault:
    """This process's vault, by its settings."""
    settings = NotificationsSettings.load()
    return Vault(settings.data_keys or [_key_in(settings.secrets_dir)])


def _key_in(folder: Path) -> bytes:
    """The key the platform made for this machine; made now when there is none. Processes that start together agree."""
    path = folder / "data.key"
    if not path.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = folder / f".data.key.{os.getpid()}"
        draft.touch(mode=0o600)
        draft.write_bytes(Fernet.generate_key())
        try:
            path.hardlink_to(draft)  # fails where another process was first: its key stands
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_bytes().strip()
