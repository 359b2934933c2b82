"""The complaints service: cases worked by each company's own policy, from intake to closing."""

from __future__ import annotations

from chassis.service import Service
from services.complaints.service.cases import Cases
from services.complaints.service.complainants import Complainants
from services.complaints.service.desk import Desk
from services.complaints.service.figures import Figures
from services.complaints.service.files import Files
from services.complaints.service.happenings import Happenings
from services.complaints.settings import ComplaintsSettings


class ComplaintsService(Cases, Desk, Files, Figures, Complainants, Happenings, Service):
    """All doors of the service, one module an area."""

    name = "complaints"
    settings = ComplaintsSettings
