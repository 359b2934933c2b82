"""A tenant's channels: which provider, with which settings (NT-1)."""

from __future__ import annotations

import base64
import binascii
from email.utils import parseaddr
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from chassis.ids import new_id
from chassis.work import Transaction
from contracts.problems import INVALID, STALE
from services.notifications.addresses import normalise
from services.notifications.models import ChannelSetup, Delivery, Message
from services.notifications.providers.guard import allow_private, is_public
from services.notifications.queries.channels import shown
from services.notifications.usecases.planning import Planner, Way, Whom
from services.notifications.vault import vault
from services.notifications.wordings import policy_of

_SECRETS = {"smtp": "password", "http": "signing_secret", "file": None}
_SIGNING_SECRET = "give whsec_ and the base64 of 24 to 64 random bytes, e.g. whsec_$(openssl rand -base64 32)"  # noqa: S105


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
    _require_sound(data, settings, secret, known=row is not None and row.provider == data["provider"])
    row = _stored(tx, row, data, settings, secret)
    tx.audit("channel.changed", "channel", tx.tenant_id, note=row.channel, after=_audited(row, secret))
    tx.session.flush()
    return shown(row.channel, row)


def test_channel(tx: Transaction, data: dict[str, Any]) -> Delivery:
    """Queue a trial message by the channel, past quiet hours and cap. Problem: `invalid_request`, for an address the
    channel cannot reach."""
    address = normalise(data["channel"], data["to"])
    if address is None:
        raise _invalid("to", f"is no address for {data['channel']}; write it as the channel needs it")
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


def _require_sound(data: dict[str, Any], settings: dict[str, Any], secret: str | None, *, known: bool) -> None:
    """What the schema cannot say of a provider's settings."""
    provider = data["provider"]
    if provider == "smtp":
        if data["channel"] != "email":
            raise _invalid("provider", "smtp serves the channel email only; choose http or file")
        if normalise("email", parseaddr(settings["sender"])[1]) is None:
            raise _invalid("smtp.sender", "must be a mail address, such as Service <service@example.com>")
        _require_public("smtp.host", settings["host"])
    elif provider == "http":
        url = urlsplit(settings["url"])
        if url.username or url.password:
            raise _invalid("http.url", "must not hold a user or password; the signature says who we are")
        _require_public("http.url", url.hostname or "")
        if secret is None and not known:
            raise _invalid("http.signing_secret", f"is missing; {_SIGNING_SECRET}")
        if secret is not None and not _is_signing_secret(secret):
            raise _invalid("http.signing_secret", f"cannot sign; {_SIGNING_SECRET}")


def _require_public(field: str, host: str) -> None:
    """Only what can be seen without asking the network; every attempt looks at the resolved address."""
    try:
        private = not is_public(host.strip("[]"))
        ip_address(host.strip("[]"))
    except ValueError:
        private = host.rstrip(".").lower() == "localhost"
    if private and not allow_private():
        raise _invalid(field, "stands in a private network, where the platform does not send; give a public host")


def _is_signing_secret(secret: str) -> bool:
    try:
        raw = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return False
    return secret.startswith("whsec_") and 24 <= len(raw) <= 64


def _audited(row: ChannelSetup, secret: str | None) -> dict[str, Any]:
    return {"provider": row.provider, "enabled": row.enabled, **row.settings, "new_secret": secret is not None}


def _invalid(field: str, message: str) -> Exception:
    return INVALID([{"field": field, "code": "invalid", "message": message}])
