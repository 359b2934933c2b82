"""What the notifications service reads from the environment beside what every service reads."""

from __future__ import annotations

from pathlib import Path

from chassis.settings import Settings, setting, settings

_VAR = Path(__file__).resolve().parents[2] / "var"


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
        text="Whether tenants' providers may stand in private or loopback networks. False keeps tenants from reaching "
        "machines beside the platform through it.",
    )
