"""The rules of complaint handling, pure: no database, no broker, no clock. Every function answers with an `Outcome`."""

from services.complaints.domain.acting import act, available
from services.complaints.domain.case import Actor, Case, Flow, Now, Part, Person, Sheet
from services.complaints.domain.complainant import hear
from services.complaints.domain.joining import join, part
from services.complaints.domain.living import amend, breach, lacking_at_intake, new_case, open_case, rejudge, remind
from services.complaints.domain.outcome import Outcome

__all__ = [
    "Actor",
    "Case",
    "Flow",
    "Now",
    "Outcome",
    "Part",
    "Person",
    "Sheet",
    "act",
    "amend",
    "available",
    "breach",
    "hear",
    "join",
    "lacking_at_intake",
    "new_case",
    "open_case",
    "part",
    "rejudge",
    "remind",
]
