"""The tenants service's own secrets: Ed25519 keys that sign access tokens, and what is derived from them.

They stand outside the database, in a file made at first start or in the environment: who has a copy of the database
alone can make no token and open no sealed text. The first key signs; the others are still good for checking, so that
keys can be rotated; an old one may be taken out once the longest session is over.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import tempfile
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson
from cryptography.fernet import Fernet, MultiFernet
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

ALGORITHM = "Ed25519"


class KeyringError(Exception):
    """The signing keys cannot be used; the text says what to do."""


class Keyring:
    """The keys in use, newest first."""

    def __init__(self, keys: list[OKPKey]) -> None:
        if not keys:
            raise KeyringError("The signing key set is empty: give it one Ed25519 key, or remove it to have one made.")
        self.keys = keys

    @classmethod
    def parse(cls, text: str | bytes) -> Keyring:
        """The keys of a JSON Web Key Set; `KeyringError` when it is not one of private Ed25519 keys."""
        try:
            keys = [_imported(key) for key in orjson.loads(text)["keys"]]
        except (ValueError, KeyError, TypeError, JoseError) as error:
            raise KeyringError(
                f"The signing keys are not a JSON Web Key Set of private Ed25519 keys: {error}"
            ) from None
        return cls(keys)

    @classmethod
    def generate(cls) -> Keyring:
        return cls([_new_key()])

    def dump(self) -> bytes:
        return orjson.dumps({"keys": [key.as_dict(private=True) for key in self.keys]}, option=orjson.OPT_INDENT_2)

    def rotated(self) -> Keyring:
        """With a new key to sign by; the old ones go on checking."""
        return Keyring([_new_key(), *self.keys])

    @property
    def signing(self) -> OKPKey:
        return self.keys[0]

    @cached_property
    def checking(self) -> KeySet:
        return KeySet(list(self.keys))

    @cached_property
    def macs(self) -> list[bytes]:
        """Keys for message authentication codes, newest first."""
        return [_derived(key, b"refresh") for key in self.keys]

    def fingerprint(self, secret: str) -> str:
        """What tells two secrets apart without telling them, for a place where they must not stand readable."""
        return hmac.digest(_derived(self.signing, b"fingerprint"), secret.encode(), "sha256").hex()

    @cached_property
    def _box(self) -> MultiFernet:
        return MultiFernet([Fernet(urlsafe_b64encode(_derived(key, b"seal"))) for key in self.keys])

    def seal(self, text: str) -> str:
        """`text` encrypted, for a place where it must not stand readable."""
        return self._box.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """What `seal` sealed; cryptography's InvalidToken when it was not sealed by one of these keys."""
        return self._box.decrypt(sealed).decode()


def load(text: str, path: Path) -> Keyring:
    """The keys of `text` (the setting) or else of the file `path`, which is made when it is not there."""
    if text:
        return Keyring.parse(text)
    if not path.exists():
        _write_new(path, Keyring.generate())
    return Keyring.parse(path.read_bytes())


def replace(path: Path, keyring: Keyring) -> None:
    """Put `keyring` in the file's place, whole. Running processes take it up with their next call."""
    _fresh(path, keyring).replace(path)


def _write_new(path: Path, keyring: Keyring) -> None:
    """Make the file; when another process made it meanwhile, its keys stand."""
    fresh = _fresh(path, keyring)
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()


def _fresh(path: Path, keyring: Keyring) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    with os.fdopen(handle, "wb") as file:
        file.write(keyring.dump())
        file.flush()
        os.fsync(file.fileno())
    return Path(name)


def _new_key() -> OKPKey:
    return OKPKey.generate_key("Ed25519", parameters={"alg": ALGORITHM, "use": "sig"}, auto_kid=True)


def _imported(value: Any) -> OKPKey:
    key = OKPKey.import_key(value)
    if key.curve_name != "Ed25519" or not key.is_private:
        raise ValueError("a key is not a private Ed25519 key")
    key.ensure_kid()
    return key


def _derived(key: OKPKey, purpose: bytes) -> bytes:
    private = key.as_dict(private=True)["d"]
    return hashlib.blake2b(urlsafe_b64decode(f"{private}="), digest_size=32, person=purpose.ljust(16, b"\0")).digest()
