"""Ways out of the platform: each provider hands one message to the outside and says what came of it (NT-1, NT-4).

    outcome = provider_of(envelope).send(envelope)

A provider may send a message twice (a crash between its answer and our record): the delivery's id is its idempotency
key, the same at every attempt.
"""

from __future__ import annotations

from services.notifications.providers.base import Accepted, Envelope, Failed, Outcome, Provider, Refused
from services.notifications.providers.file import FileProvider
from services.notifications.providers.http import HttpProvider
from services.notifications.providers.smtp import SmtpProvider

PROVIDERS: dict[str, Provider] = {"smtp": SmtpProvider(), "http": HttpProvider(), "file": FileProvider()}


def provider_of(envelope: Envelope) -> Provider:
    """The provider the tenant chose for the envelope's channel."""
    return PROVIDERS[envelope.provider]


__all__ = ["PROVIDERS", "Accepted", "Envelope", "Failed", "Outcome", "Provider", "Refused", "provider_of"]
