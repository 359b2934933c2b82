"""Codes of the second factor: those that an authenticator app shows (TOTP, RFC 6238), and those for when it is lost."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

import pyotp

STEP = timedelta(seconds=30)
BESIDE = 1
"""Steps by which the person's clock may differ from ours."""
CONFIRM_WITHIN = timedelta(minutes=15)
RECOVERY_CODES = 10
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""32 characters that are not taken for one another."""
_GROUPS, _GROUP = 6, 4
"""24 characters, 120 bits: too many to be guessed from a plain hash."""


def new_secret() -> str:
    """160 random bits in base32."""
    return pyotp.random_base32()


def provisioning_uri(secret: str, account: str, company: str) -> str:
    """What an authenticator app reads from a QR code."""
    return pyotp.TOTP(secret, interval=int(STEP.total_seconds())).provisioning_uri(name=account, issuer_name=company)


def step_of(secret: str, code: str, now: datetime, last: int | None) -> int | None:
    """The step of time whose code this is; None when it is of none that counts: the present one or one beside it, and
    later than `last`, the last one used, so that a code that somebody overheard is worth nothing."""
    totp, present = pyotp.TOTP(secret), int(now.timestamp() // STEP.total_seconds())
    steps = range(present - BESIDE, present + BESIDE + 1)
    found = [step for step in steps if hmac.compare_digest(totp.generate_otp(step).encode(), plain(code).encode())]
    return next((step for step in found if last is None or step > last), None)


def new_recovery_codes() -> list[str]:
    """Ten codes such as `7KQM-2XWD-H9PA-4TNC-VE3R-8JZB`."""
    return ["-".join(_random(_GROUP) for _ in range(_GROUPS)) for _ in range(RECOVERY_CODES)]


def is_recovery_code(code: str) -> bool:
    """Whether it has the form of one, which no app's code has."""
    return len(plain(code)) == _GROUPS * _GROUP


def digest(recovery_code: str) -> str:
    """By which a recovery code is kept."""
    return hashlib.sha256(plain(recovery_code).encode()).hexdigest()


def plain(code: str) -> str:
    """The code without what people and apps put between its characters."""
    return "".join(code.split()).replace("-", "").upper()


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
