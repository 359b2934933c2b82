"""API keys as texts: `kf_<prefix>_<secret>`. The prefix finds the row; of the secret only its SHA-256 is kept.

A plain hash is enough here, other than for passwords: 43 random letters and digits (256 bits) cannot be guessed.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import string
from typing import NamedTuple

_ALPHABET = string.ascii_letters + string.digits
_FORMAT = re.compile(r"kf_(?P<prefix>[A-Za-z0-9]{12})_(?P<secret>[A-Za-z0-9]{43})\Z")


class ApiKeyText(NamedTuple):
    """A key as its holder has it."""

    prefix: str
    secret: str

    def __str__(self) -> str:
        return f"kf_{self.prefix}_{self.secret}"

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.secret.encode()).digest()

    def matches(self, digest: bytes) -> bool:
        """Whether this key has that digest, in a time that tells nothing."""
        return hmac.compare_digest(self.digest, digest)


def new_key() -> ApiKeyText:
    return ApiKeyText(_random(12), _random(43))


def parse_key(text: str) -> ApiKeyText | None:
    """The key `text` says; None when it has not the form of one."""
    match = _FORMAT.match(text)
    return ApiKeyText(match["prefix"], match["secret"]) if match else None


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
