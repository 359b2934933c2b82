"""What the service does by itself."""

from services.complaints.jobs.bulk import work_bulk_through
from services.complaints.jobs.deadlines import deadline_fired
from services.complaints.jobs.erasures import erase_cases
from services.complaints.jobs.exports import forget_exports, make_exports
from services.complaints.jobs.orphans import discard_orphans
from services.complaints.jobs.papers import make_papers
from services.complaints.jobs.reports import Timetable, make_reports

__all__ = [
    "Timetable",
    "deadline_fired",
    "discard_orphans",
    "erase_cases",
    "forget_exports",
    "make_exports",
    "make_papers",
    "make_reports",
    "work_bulk_through",
]
