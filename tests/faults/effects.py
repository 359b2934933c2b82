"""What events and jobs must have brought about, counted: each effect as often as its cause, in every service."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from chassis.events import EventHandler
from chassis.tables import AuditRow, StaffEntry
from contracts import complaints
from kefu.processes import SERVICES
from services.complaints.models import ComplaintRow
from services.customers.models import Customer, Import, TimelineEntry
from services.notifications.models import Message, Notice
from services.tenants.models import Staff
from tests.faults.companies import Company
from tests.faults.site import Site
from tests.faults.writes import ROW_OF, ROWS

Effect = tuple[str, Counter[Any], Counter[Any]]
"""(name, how often it must be there, how often it is): keys begin with the tenant and its cause."""


def timeline_types(handlers: Sequence[tuple[str, EventHandler]]) -> set[str]:
    """The events that stand on a customer's timeline."""
    told = {handler.event.type for _, handler in handlers if handler.event.service == complaints.SERVICE}
    return told - {complaints.COMPLAINANT_NAMED.type}


def all_of(
    site: Site, companies: Mapping[UUID, Company], committed: list[Any], on_timeline: set[str]
) -> Iterator[Effect]:
    """Every effect of the run's companies."""

    def of(model: Any, *columns: Any) -> Select[Any]:
        return select(model.tenant_id, *columns).where(model.tenant_id.in_(companies))

    cases = site.count("complaints", of(ComplaintRow, ComplaintRow.id))
    timeline = site.count("customers", of(TimelineEntry, TimelineEntry.subject_id, TimelineEntry.event))
    opened = Counter({key[:2]: n for key, n in timeline.items() if key[2] == complaints.COMPLAINT_OPENED.type})
    # by the cases themselves: an event that was never written down is in no ledger
    yield "complaint.opened on the timeline", cases, opened
    yield "timeline entry", _per_case(committed, on_timeline), timeline

    registered = of(AuditRow, AuditRow.subject_id).where(AuditRow.action == "complaint.registered")
    yield "audit row", cases, site.count("complaints", registered)

    messages = site.count("notifications", of(Message, Message.subject_id).where(Message.subject_id.is_not(None)))
    yield "message", _asked(companies, committed), messages
    sent = of(Message, Message.id).where(Message.key == "system.channel_test")
    notices = of(Notice, Notice.message_id).where(Notice.key == "system.channel_test")
    yield "notice", site.count("notifications", sent), site.count("notifications", notices)

    imported = of(Customer, Customer.name).where(Customer.name.like("row %"))
    yield "imported row", _rows(site, of), site.count("customers", imported)

    staff = site.count("tenants", of(Staff, Staff.id, Staff.version, Staff.name))
    for service in SERVICES:
        copies = of(StaffEntry, StaffEntry.id, StaffEntry.version, StaffEntry.name)
        yield f"copy of staff in {service}", staff, site.count(service, copies)


def _asked(companies: Mapping[UUID, Company], committed: list[Any]) -> Counter[Any]:
    enabled = [row for row in committed if "notifications" in companies[row.tenant_id].services]
    asked = _per_case(enabled, {complaints.MESSAGE_REQUESTED.type})
    return Counter({key[:2]: n for key, n in asked.items()})


def _rows(site: Site, of: Any) -> Counter[Any]:
    """The customers of every imported file that is through."""
    files = site.read("customers", of(Import, Import.filename).where(Import.state == "done"))
    return Counter(
        (row.tenant_id, ROW_OF.format(number=number, key=row.filename.removesuffix(".csv")))
        for row in files
        for number in range(ROWS)
    )


def _per_case(committed: list[Any], types: set[str]) -> Counter[Any]:
    return Counter((row.tenant_id, row.aggregate_id, row.routing_key) for row in committed if row.routing_key in types)
