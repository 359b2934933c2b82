"""What the doors hand to the use cases besides the request: settings and keys, read once a process."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

from services.tenants import keyring
from services.tenants.domain import LockRule
from services.tenants.keyring import Keyring
from services.tenants.settings import TenantsSettings
from services.tenants.usecases.sessions import SessionRules


@cache
def settings() -> TenantsSettings:
    """SettingsError when the environment is not right."""
    return TenantsSettings.load()


@cache
def keys() -> Keyring:
    """The signing keys; KeyringError when they cannot be used."""
    return keyring.load(settings().signing_keys, settings().signing_keys_path)


@cache
def rules() -> SessionRules:
    chosen = settings()
    return SessionRules(
        access=timedelta(minutes=chosen.access_minutes),
        refresh=timedelta(hours=chosen.refresh_hours),
        longest=timedelta(days=chosen.session_days),
        lock=LockRule(chosen.sign_in_attempts, timedelta(minutes=chosen.sign_in_minutes)),
    )
