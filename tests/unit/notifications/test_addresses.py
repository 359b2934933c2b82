"""One form of each address, and a masked one."""

from __future__ import annotations

import pytest

from services.notifications.addresses import mask, normalise


@pytest.mark.parametrize(
    ("channel", "given", "expected"),
    [
        ("sms", "138 0013 8000", "+8613800138000"),
        ("sms", "+86-138-0013-8000", "+8613800138000"),
        ("sms", "abc", None),
        ("sms", None, None),
        ("email", " A.B@Example.COM ", "A.B@example.com"),
        ("email", "a@localhost", "a@localhost"),
        ("email", "a b@example.com", None),
        ("email", "a@b@example.com", None),
        ("email", "a@example.com\r\nBcc: c@example.com", None),
        ("email", "张@example.com", None),
        ("push", "oABC-123", "oABC-123"),
        ("push", "", None),
        ("webhook", None, "*"),
    ],
)
def test_normalise(channel: str, given: str | None, expected: str | None) -> None:
    assert normalise(channel, given) == expected


@pytest.mark.parametrize(
    ("channel", "address", "shown"),
    [
        ("sms", "+8613800138000", "+86138****8000"), ("email", "zhang@example.com", "z***@example.com"),
        ("push", "oABCDEFGH123", "oAB***23"), ("push", "short", "s***"), ("sms", "", ""), ("webhook", "*", "****"),
    ],
)  # fmt: skip
def test_mask(channel: str, address: str, shown: str) -> None:
    assert mask(channel, address) == shown
