"""What can be said of a tenant's own server by its name alone; each attempt looks at the resolved address."""

from __future__ import annotations

from urllib.parse import urlsplit

from chassis.work import Transaction
from services.notifications.mistakes import invalid
from services.notifications.providers.guard import allow_private, is_public, webhook_fault


def require_sound_url(tx: Transaction, field: str, text: str) -> None:
    """Problem: `invalid_request`, for a user or password in it or a host in a private network."""
    url = urlsplit(text)
    if url.username or url.password:
        raise invalid(tx, field, "user_in_url")
    require_public(tx, field, url.hostname or "")


def require_webhook_url(tx: Transaction, field: str, text: str) -> None:
    """Problem: `invalid_request`, for what `require_sound_url` refuses, and for a scheme or port that the platform does
    not send webhooks by."""
    require_sound_url(tx, field, text)
    if fault := webhook_fault(text):
        raise invalid(tx, field, fault[0], **fault[1])


def require_public(tx: Transaction, field: str, host: str) -> None:
    """Problem: `invalid_request`."""
    try:
        private = not is_public(host.strip("[]"))
    except ValueError:
        private = host.rstrip(".").lower() == "localhost"
    if private and not allow_private():
        raise invalid(tx, field, "private_network")
