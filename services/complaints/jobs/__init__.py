"""What the service does by itself."""

from services.complaints.jobs.deadlines import deadline_fired
from services.complaints.jobs.reports import Timetable, make_reports

__all__ = ["Timetable", "deadline_fired", "make_reports"]
