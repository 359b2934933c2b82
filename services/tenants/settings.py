"""What only the tenants service is told: how staff sign in and where its signing keys are."""

from __future__ import annotations

from pathlib import Path

from chassis.config import ServiceSettings
from chassis.settings import between, setting, settings
from chassis.vault import Vault
from services.tenants.breaches import BreachFile


def _sealing(keys: tuple[str, ...]) -> None:
    if keys:
        Vault(keys, "the keys")


def _breaches(path: Path) -> None:
    BreachFile(path).check()


@settings
class TenantsSettings(ServiceSettings):
    signing_keys: str = setting(
        "KEFU_SIGNING_KEYS",
        default="",
        text="The signing keys as a JSON Web Key Set, the signing one first; empty: the file KEFU_SIGNING_KEYS_PATH.",
        secret=True,
    )
    signing_keys_path: Path = setting(
        "KEFU_SIGNING_KEYS_PATH",
        default=Path("var/keys/tenants.json"),
        text="The signing keys' file, made at first start. Instances on several machines share one file or variable.",
    )
    second_factor_keys: tuple[str, ...] = setting(
        "KEFU_SECOND_FACTOR_KEYS",
        default=(),
        secret=True,
        text="Keys that seal the secrets of second factors, newest first; 32 bytes each, URL-safe base64. Keep the "
        "last one when you add one. Not set: the file KEFU_SECOND_FACTOR_KEY_PATH.",
        check=_sealing,
    )
    second_factor_key_path: Path = setting(
        "KEFU_SECOND_FACTOR_KEY_PATH",
        default=Path("var/keys/second-factor.key"),
        text="That key's file, made at first use. Instances on several machines share one file or variable. Without it "
        "nobody with a second factor signs in but by a recovery code: back it up.",
    )
    breached_passwords: Path | None = setting(
        "KEFU_BREACHED_PASSWORDS_FILE",
        default=None,
        text="Sorted file of the SHA-1 of passwords known from breaches, one HASH:COUNT a line; none of them is taken "
        "as a new password. Not set: only common ones are refused. See docs/security/passwords.md.",
        check=_breaches,
    )
    access_minutes: int = setting(
        "KEFU_ACCESS_MINUTES",
        default=10,
        text="Minutes an access token is good for.",
        check=between(1, 60),
    )
    refresh_hours: int = setting(
        "KEFU_REFRESH_HOURS",
        default=12,
        text="Hours after which a session that was not renewed ends.",
        check=between(1, 24 * 30),
    )
    session_days: int = setting(
        "KEFU_SESSION_DAYS",
        default=7,
        text="Days after which a session ends however often it was renewed.",
        check=between(1, 90),
    )
    sign_in_attempts: int = setting(
        "KEFU_SIGN_IN_ATTEMPTS",
        default=5,
        text="Failed sign-ins within KEFU_SIGN_IN_MINUTES that lock an account for as long.",
        check=between(1, 100),
    )
    sign_in_minutes: int = setting(
        "KEFU_SIGN_IN_MINUTES",
        default=15,
        text="Minutes in which failed sign-ins count together, and for which an account is then locked.",
        check=between(1, 24 * 60),
    )
