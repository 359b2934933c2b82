"""What several doors of the service share in one process."""

from __future__ import annotations

from functools import cache

from chassis.service import TenantQueue
from chassis.storage import FolderStorage
from services.complaints.settings import ComplaintsSettings

bulk_queue = TenantQueue(seconds=30)
"""Companies that may have acts on many cases to take."""
export_queue = TenantQueue(seconds=300)
"""Companies that may have exports to make."""


@cache
def storage() -> FolderStorage:
    """Where attachments and papers are kept."""
    return FolderStorage(ComplaintsSettings.load().attachments_dir)


@cache
def export_storage() -> FolderStorage:
    """Apart from the attachments: an export is deleted, and who attaches one to a case keeps theirs."""
    return FolderStorage(ComplaintsSettings.load().attachments_dir / "exports")


@cache
def export_limits() -> tuple[int, int]:
    """How many a company may have under way, and for how many days they are kept."""
    settings = ComplaintsSettings.load()
    return settings.exports_at_once, settings.export_days
