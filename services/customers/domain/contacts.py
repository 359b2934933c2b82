"""How a contact's value is kept, so that the same one typed differently is the same."""

from __future__ import annotations

import re

from chassis.search import normalise_phone

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


class Unacceptable(ValueError):
    """A value that cannot be kept; `code` says why (see `domain.messages`)."""

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def normalise(kind: str, value: str) -> str:
    """The value as stored: a phone in E.164, an e-mail with its domain in lower case, others without extra blanks.

    Raises `Unacceptable` when it is none.
    """
    if kind == "phone":
        return phone_number(value)
    if kind == "email":
        return email_address(value)
    return " ".join(value.split())


def phone_number(text: str) -> str:
    """E.164; a number without country code is a Chinese one."""
    number = normalise_phone(text)
    if number is None:
        raise Unacceptable("bad_phone")
    return number


def email_address(text: str) -> str:
    """The address with its domain in lower case."""
    address = text.strip()
    if not _EMAIL.fullmatch(address):
        raise Unacceptable("bad_email")
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.lower()}"


def last_four(kind: str, value: str) -> str | None:
    """The digits people read out to be found; None for what is no phone."""
    return value[-4:] if kind == "phone" else None
