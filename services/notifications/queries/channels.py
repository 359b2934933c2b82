"""Channels and their providers, without their secrets."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from chassis.work import Transaction
from contracts.notifications import EXTERNAL_CHANNELS
from services.notifications.models import ChannelSetup


def channels(tx: Transaction, _data: dict[str, Any]) -> dict[str, Any]:
    """Every external channel, also those nobody set up."""
    rows = {row.channel: row for row in tx.session.scalars(select(ChannelSetup))}
    return {"items": [shown(channel, rows.get(channel)) for channel in EXTERNAL_CHANNELS]}


def shown(channel: str, row: ChannelSetup | None) -> dict[str, Any]:
    """A channel as replies show it."""
    if row is None:
        return {"channel": channel, "provider": None, "enabled": False, "smtp": None, "http": None, "has_secret": False,
                "version": 0}  # fmt: skip
    return {
        "channel": channel, "provider": row.provider, "enabled": row.enabled,
        "smtp": row.settings if row.provider == "smtp" else None,
        "http": row.settings if row.provider == "http" else None,
        "has_secret": row.secret_sealed is not None, "version": row.version,
    }  # fmt: skip
