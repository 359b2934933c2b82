"""What the doors hand to the use cases besides the request: settings and keys."""

from __future__ import annotations

from datetime import timedelta
from functools import cache, lru_cache

from chassis.vault import Vault, key_in
from services.tenants import keyring
from services.tenants.breaches import BreachFile
from services.tenants.domain import LockRule
from services.tenants.keyring import Keyring
from services.tenants.settings import TenantsSettings
from services.tenants.usecases.second_factor import Judge
from services.tenants.usecases.sessions import Secrets, SessionRules


@cache
def settings() -> TenantsSettings:
    """SettingsError when the environment is not right."""
    return TenantsSettings.load()


def keys() -> Keyring:
    """The signing keys, read again when their file has changed; KeyringError when they cannot be used."""
    path = settings().signing_keys_path
    return _keys(path.stat().st_mtime_ns if path.exists() else 0)


@lru_cache(maxsize=1)
def _keys(_stamp: int) -> Keyring:
    return keyring.load(settings().signing_keys, settings().signing_keys_path)


@cache
def vault() -> Vault:
    """What seals the secrets of second factors. The signing keys would not do: an old one of those may be taken out."""
    chosen = settings()
    return Vault(chosen.second_factor_keys or [key_in(chosen.second_factor_key_path)], "KEFU_SECOND_FACTOR_KEYS")


def breaches() -> BreachFile | None:
    """The passwords that are known from breaches, where the operator has them."""
    path = settings().breached_passwords
    return BreachFile(path) if path else None


def secrets() -> Secrets:
    return Secrets(keys(), vault())


def judge() -> Judge:
    return Judge(rules().lock, vault())


@cache
def rules() -> SessionRules:
    chosen = settings()
    return SessionRules(
        access=timedelta(minutes=chosen.access_minutes),
        refresh=timedelta(hours=chosen.refresh_hours),
        longest=timedelta(days=chosen.session_days),
        lock=LockRule(chosen.sign_in_attempts, timedelta(minutes=chosen.sign_in_minutes)),
    )


def forget() -> None:
    """Read everything anew: for tests that change the environment."""
    for held in (settings, _keys, vault, rules):
        held.cache_clear()
