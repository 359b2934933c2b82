"""Addresses people are reached at: one form each, and a masked form to show."""

from __future__ import annotations

import re
from collections.abc import Callable

from chassis.search import normalise_phone

NOBODY = "*"
"""The webhook channel has one receiver, the company's own system: no address is needed."""

_EMAIL = re.compile(r"[^@\s<>,;:\"()\[\]\\]+@(?:[^@\s<>,;:\"()\[\]\\.]+\.)*[^@\s<>,;:\"()\[\]\\.]+")


def normalise(channel: str, address: str | None) -> str | None:
    """The address in the one form it is stored and compared in; None when the channel cannot reach it."""
    if channel == "webhook":
        return NOBODY
    text = (address or "").strip()
    if not text or any(ord(character) < 32 for character in text):
        return None
    return _NORMALISERS[channel](text)


def mask(channel: str, address: str) -> str:
    """Enough of the address to recognise it, too little to use it."""
    if channel == "email" and "@" in address:
        name, _, domain = address.rpartition("@")
        return f"{name[:1]}***@{domain}"
    if len(address) <= 7:
        return address[:1] + "***" if address else ""
    return f"{address[:-8]}****{address[-4:]}" if channel == "sms" else f"{address[:3]}***{address[-2:]}"


def _email(text: str) -> str | None:
    if not text.isascii() or len(text) > 254 or not _EMAIL.fullmatch(text):
        return None
    name, _, domain = text.rpartition("@")
    return f"{name}@{domain.lower()}"


def _plain(text: str) -> str | None:
    return text


_NORMALISERS: dict[str, Callable[[str], str | None]] = {"sms": normalise_phone, "email": _email, "push": _plain}
