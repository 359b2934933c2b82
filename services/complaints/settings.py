"""The complaints service's own settings."""

from __future__ import annotations

from pathlib import Path

from chassis.config import ServiceSettings
from chassis.settings import between, setting, settings


def _address(value: str) -> None:
    if value and not value.startswith(("https://", "http://")):
        raise ValueError("must be an address such as https://service.example.com")


@settings
class ComplaintsSettings(ServiceSettings):
    """What it needs besides what every service has."""

    attachments_dir: Path = setting(
        "KEFU_ATTACHMENTS_DIR",
        default=Path("var/attachments"),
        text="Folder of the attached files; on several machines a shared one.",
    )
    papers_at_closing: bool = setting(
        "KEFU_PAPERS_AT_CLOSING",
        default=True,
        text="Whether this process makes the papers that are kept of closed cases; off, they wait for one that does.",
    )
    public_url: str = setting(
        "KEFU_PUBLIC_URL",
        default="",
        text="Where complainants reach the gateway; empty: messages to them carry no link to the status page.",
        example="https://service.example.com",
        check=_address,
    )
    status_link_days: int = setting(
        "KEFU_STATUS_LINK_DAYS",
        default=365,
        text="How long a link to the status page is good.",
        check=between(1, 3650),
    )
    export_days: int = setting(
        "KEFU_EXPORT_DAYS",
        default=7,
        text="Days for which exported lists can be fetched; then they are deleted.",
        check=between(1, 90),
    )
    exports_at_once: int = setting(
        "KEFU_EXPORTS_AT_ONCE",
        default=3,
        text="Exports of one company that may be under way at a time.",
        check=between(1, 50),
    )
