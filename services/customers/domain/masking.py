"""How personal fields look to those who may not see them (PL-11)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

HIDDEN = "****"


def mask_phone(number: str) -> str:
    """`+8613812345678` -> `138****5678`; a short number keeps its last two digits."""
    digits = number.removeprefix("+86")
    if len(digits) < 8:
        return HIDDEN + digits[-2:]
    return digits[:3] + HIDDEN + digits[-4:]


def mask_email(address: str) -> str:
    """`wangfang@example.com` -> `w****@example.com`; what has nothing before its `@` is hidden whole."""
    local, _, domain = address.partition("@")
    return f"{local[:1]}{HIDDEN}@{domain}" if local else HIDDEN


def mask_handle(handle: str) -> str:
    """A WeChat id: its first two characters."""
    return handle[:2] + HIDDEN if len(handle) > 3 else HIDDEN


def mask_address(address: str) -> str:
    """The first six characters, about the city and district; never more than half of it."""
    return address[: min(6, len(address) // 2)] + HIDDEN


def mask_id_number(number: str) -> str:
    """`440301198504301234` -> `440****1234`; a short one is hidden whole."""
    return number[:3] + HIDDEN + number[-4:] if len(number) > 10 else HIDDEN


def mask_birthday(day: date) -> str:
    """The year only: `1985-**-**`."""
    return f"{day.year:04d}-**-**"


CONTACT_MASKS: dict[str, Callable[[str], str]] = {
    "phone": mask_phone,
    "email": mask_email,
    "wechat": mask_handle,
    "address": mask_address,
}


def mask_contact(kind: str, value: str) -> str:
    """A contact's value as everybody may see it. KeyError for an unknown kind."""
    return CONTACT_MASKS[kind](value)
