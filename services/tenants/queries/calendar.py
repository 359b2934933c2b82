"""The calendar and what it makes of single days."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from chassis.calendar import WorkingCalendar
from chassis.work import Transaction
from services.tenants.events import calendar_document
from services.tenants.models import Calendar, Tenant


def calendar(tx: Transaction, _data: dict[str, Any]) -> dict[str, Any]:
    """The company's calendar, with its zone."""
    return calendar_document(tx.session.get_one(Tenant, tx.tenant_id), tx.session.get_one(Calendar, tx.tenant_id))


def days(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """Which days from `start` to `end` are worked, and which rule says so."""
    working = WorkingCalendar.from_data(calendar(tx, {}))
    span = (data["end"] - data["start"]).days + 1
    wanted = [data["start"] + timedelta(days=n) for n in range(span)]
    return {"items": [{"day": day, **working.explain(day)._asdict()} for day in wanted]}
