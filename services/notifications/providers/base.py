"""What every provider gets and what it answers."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol
from uuid import UUID

TIMEOUT_SECONDS = 10.0
"""Longest wait for a provider to connect, and for each of its answers."""
MAX_ATTEMPT_SECONDS = 60.0
"""No attempt lasts longer; the lease of a delivery that is being sent is a multiple of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One message on its way, with the provider's settings. Holds a real address and a secret: never log one."""

    delivery_id: UUID
    tenant_id: UUID
    channel: str
    to: str = field(repr=False)
    title: str = field(repr=False)
    body: str = field(repr=False)
    language: str
    key: str
    urgent: bool
    subject: Mapping[str, Any] | None
    provider: str
    settings: Mapping[str, Any] = field(repr=False)
    secret: str | None = field(repr=False, default=None)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took it."""

    provider_id: str | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """Not now; it may work later. `retry_after` in seconds when the provider named a time."""

    detail: str
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """It will not work by trying again: the address, the content or our credentials are refused."""

    detail: str


Outcome = Accepted | Failed | Refused


class Provider(Protocol):
    """Hands messages to the outside."""

    def send(self, envelope: Envelope) -> Outcome:
        """Hand it over; blocks for at most `MAX_ATTEMPT_SECONDS`. Answers every foreseeable failure as an outcome."""
        ...


@cache
def tls_context() -> ssl.SSLContext:
    """Checks certificates against this machine's authorities (SSL_CERT_FILE adds a company's own); dear to make."""
    return ssl.create_default_context()
