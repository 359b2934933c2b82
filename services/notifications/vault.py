"""This service's vault: addresses of people and providers' secrets are kept sealed."""

from __future__ import annotations

from functools import cache

from chassis.vault import Vault, key_in
from services.notifications.settings import NotificationsSettings


@cache
def vault() -> Vault:
    """This process's vault, by its settings."""
    settings = NotificationsSettings.load()
    return Vault(settings.data_keys or [key_in(settings.secrets_dir / "data.key")], "KEFU_DATA_KEYS")
