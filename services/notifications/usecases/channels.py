"""A tenant's channels: which provider, with which settings (NT-1)."""

from __future__ import annotations

import base64
import binascii
from email.utils import parseaddr
from typing import Any

from chassis.ids import new_id
from chassis.work import Transaction
from contracts.problems import STALE
from services.notifications.addresses import normalise
from services.notifications.mistakes import invalid
from services.notifications.models import ChannelSetup, Delivery, Message
from services.notifications.queries.channels import shown
from services.notifications.usecases.planning import Planner, Way, Whom
from services.notifications.usecases.targets import require_public, require_sound_url
from services.notifications.vault import vault
from services.notifications.wordings import policy_of

_SECRETS = {"smtp": "password", "http": "signing_secret", "file": None}


def put_channel(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """Choose the channel's provider. A secret that is not given stays as it is while the provider stays the same.

    Problems: `invalid_request`, `stale_version`.
    """
    row = tx.session.get(ChannelSetup, (tx.tenant_id, data["channel"]), with_for_update=True)
    expected = data.get("expected_version")
    if row is not None:
        tx.check_version(row, expected)
    elif expected:
        raise STALE(version=0)
    settings = dict(data.get(data["provider"]) or {})
    secret = settings.pop(_SECRETS[data["provider"]] or "", None)
    _require_sound(tx, data, settings, secret, known=row is not None and row.provider == data["provider"])
    row = _stored(tx, row, data, settings, secret)
    tx.audit("channel.changed", "channel", tx.tenant_id, note=row.channel, after=_audited(row, secret))
    tx.session.flush()
    return shown(row.channel, row)


def test_channel(tx: Transaction, data: dict[str, Any]) -> Delivery:
    """Queue a trial message by the channel, past quiet hours and cap. Problem: `invalid_request`, for an address the
    channel cannot reach."""
    address = normalise(data["channel"], data["to"])
    if address is None:
        raise invalid(tx, "to", "no_address", channel=data["channel"])
    message = Message(
        tenant_id=tx.tenant_id, id=new_id(), key="system.channel_test", urgent=True, created_at=tx.now,
        variables={"company": tx.tenant.name},
    )  # fmt: skip
    tx.session.add(message)
    whom = Whom("person", None, None, tx.ctx.locale)
    delivery = Planner(tx, message, policy_of(tx, message.key)).add(whom, Way(data["channel"], address))
    tx.session.flush()
    return delivery


def _stored(
    tx: Transaction, row: ChannelSetup | None, data: dict[str, Any], settings: dict[str, Any], secret: str | None
) -> ChannelSetup:
    if row is None:
        row = ChannelSetup(tenant_id=tx.tenant_id, channel=data["channel"], provider="", secret_sealed=None)
        tx.session.add(row)
    if row.provider != data["provider"]:
        row.secret_sealed = None
    if secret is not None:
        row.secret_sealed = vault().seal(secret)
    row.provider, row.enabled, row.settings = data["provider"], data["enabled"], settings
    return row


def _require_sound(
    tx: Transaction, data: dict[str, Any], settings: dict[str, Any], secret: str | None, *, known: bool
) -> None:
    """What the schema cannot say of a provider's settings. Problem: `invalid_request`."""
    if data["provider"] == "smtp":
        if data["channel"] != "email":
            raise invalid(tx, "provider", "smtp_is_for_mail")
        if normalise("email", parseaddr(settings["sender"])[1]) is None:
            raise invalid(tx, "smtp.sender", "not_a_sender")
        require_public(tx, "smtp.host", settings["host"])
    elif data["provider"] == "http":
        require_sound_url(tx, "http.url", settings["url"])
        if not (known if secret is None else _is_signing_secret(secret)):
            raise invalid(tx, "http.signing_secret", "signing_secret")


def _is_signing_secret(secret: str) -> bool:
    try:
        raw = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return False
    return secret.startswith("whsec_") and 24 <= len(raw) <= 64


def _audited(row: ChannelSetup, secret: str | None) -> dict[str, Any]:
    return {"provider": row.provider, "enabled": row.enabled, **row.settings, "new_secret": secret is not None}
