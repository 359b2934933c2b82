"""The complaints service's own settings."""

from __future__ import annotations

from pathlib import Path

from chassis.config import ServiceSettings
from chassis.settings import setting, settings


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
