"""A company's working days and hours (DESIGN §6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chassis.calendar import WorkingCalendar
from chassis.work import Transaction
from contracts.problems import INVALID
from services.tenants import events
from services.tenants.models import Calendar
from services.tenants.usecases.common import locked_tenant, require_whole_company, touch


def put_calendar(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """Replace the calendar; everybody's running deadlines follow.

    Problems: `invalid_request`, `org_unit_out_of_scope`, `stale_version`.
    """
    require_whole_company(tx)
    tenant = locked_tenant(tx)
    calendar = tx.session.get_one(Calendar, tx.tenant_id)
    tx.check_version(calendar, data.get("expected_version"))
    document = stored_form(data, tenant.timezone)
    if document != calendar.document:
        tx.audit("calendar.changed", "tenant", tx.tenant_id, before=calendar.document, after=document)
        calendar.document = document
        touch(calendar, tx.now)
        touch(tenant, tx.now)
        events.tenant_changed(tx, tenant)
    return events.calendar_document(tenant, calendar)


def stored_form(data: Mapping[str, Any], timezone: str) -> dict[str, Any]:
    """The calendar as it is kept: in the order of days, without the zone, which is the company's. Problem:
    `invalid_request` naming the entry that does not hold together."""
    try:
        document = WorkingCalendar.from_data(data, timezone=timezone).to_data()
    except ValueError as error:
        field, _, message = str(error).partition(": ")
        raise INVALID([{"field": field, "code": "calendar", "message": message}]) from error
    del document["timezone"]
    return document
