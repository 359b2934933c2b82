"""The tables of the complaints service.

What is searched, sorted or counted stands in columns; what only the policy's engine reads (parties, ticks, proposals,
form values, facts) stands together in JSON, so that a new kind of fact needs no migration.
"""

from services.complaints.models.base import Base
from services.complaints.models.bulk import BulkItemRow, BulkRow
from services.complaints.models.cases import (
    AttachmentRow,
    CaseToken,
    ComplaintRow,
    HistoryRow,
    PrecedentRow,
    PrecedentToken,
    SheetRow,
)
from services.complaints.models.erasures import ErasureDue, ErasureRow
from services.complaints.models.exports import ExportRow
from services.complaints.models.filters import DefaultFilterRow, FilterRow
from services.complaints.models.following import MentionRow, RoleRow, WatcherRow
from services.complaints.models.merges import MergeRow
from services.complaints.models.papers import PaperRow, PapersDue
from services.complaints.models.reply_templates import ReplyTemplateRow, ReplyTemplateVersionRow
from services.complaints.models.reports import KeptReport, ReportFile, ReportSchedule
from services.complaints.models.status import StatementRow, StatusLinkRow

__all__ = [
    "AttachmentRow",
    "Base",
    "BulkItemRow",
    "BulkRow",
    "CaseToken",
    "ComplaintRow",
    "DefaultFilterRow",
    "ErasureDue",
    "ErasureRow",
    "ExportRow",
    "FilterRow",
    "HistoryRow",
    "KeptReport",
    "MentionRow",
    "MergeRow",
    "PaperRow",
    "PapersDue",
    "PrecedentRow",
    "PrecedentToken",
    "ReplyTemplateRow",
    "ReplyTemplateVersionRow",
    "ReportFile",
    "ReportSchedule",
    "RoleRow",
    "SheetRow",
    "StatementRow",
    "StatusLinkRow",
    "WatcherRow",
]
