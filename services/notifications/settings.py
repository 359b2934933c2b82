"""What the notifications service reads from the environment beside what every service reads."""

from __future__ import annotations

from pathlib import Path

from chassis.settings import Settings, setting, settings

_VAR = Path(__file__).resolve().parents[2] / "var"


def _ports(values: tuple[str, ...]) -> None:
    if values != ("any",) and not all(value.isdigit() and 0 < int(value) < 65536 for value in values):
        raise ValueError("must be port numbers such as 443,8443, or the one word any")


def _positive(days: int) -> None:
    if days < 1:
        raise ValueError("must be 1 or more")


@settings
class NotificationsSettings(Settings):
    """Keys and limits of sending."""

    data_keys: tuple[str, ...] = setting(
        "KEFU_DATA_KEYS",
        default=(),
        secret=True,
        text="Keys that seal addresses and providers' secrets, newest first; 32 bytes each, URL-safe base64. Keep the "
        "last one when you add one. Not set: one is made in KEFU_SECRETS_DIR, which fits a single machine only.",
    )
    secrets_dir: Path = setting("KEFU_SECRETS_DIR", default=_VAR / "secrets", text="Folder of keys the platform made.")
    trial_dir: Path = setting(
        "KEFU_TRIAL_MESSAGES_DIR", default=_VAR / "messages", text="Folder the file provider writes messages to."
    )
    allow_private_targets: bool = setting(
        "KEFU_ALLOW_PRIVATE_TARGETS",
        default=False,
        text="Whether tenants' providers and webhooks may stand in private or loopback networks. False keeps tenants "
        "from reaching machines beside the platform through it.",
    )
    webhook_http: bool = setting(
        "KEFU_WEBHOOK_HTTP", default=False, text="Whether webhooks may be reached without TLS, for trials."
    )
    webhook_ports: tuple[str, ...] = setting(
        "KEFU_WEBHOOK_PORTS", default=("443",), text="Ports that webhooks may be reached at, or `any`.",
        example="443,8443", check=_ports,
    )  # fmt: skip
    webhook_log_days: int = setting(
        "KEFU_WEBHOOK_LOG_DAYS",
        default=30,
        text="Days for which webhooks' deliveries are kept, those that wait for a disabled webhook included.",
        check=_positive,
    )
