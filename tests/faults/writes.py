"""What the load writes: each kind of write with the way to make one and the way to find it again in the databases."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from chassis.tables import AuditRow
from services.complaints.models import ComplaintRow, HistoryRow
from services.customers.models import Customer, Import
from services.notifications.models import Message, Notice
from tests.faults.companies import Company
from tests.faults.history import Write

PHONES = 40
ROWS = 3
"""Customers in an imported file."""
ROW_OF = "row {number} of {key}"
Make = Callable[[random.Random, Company, str], Write | None]
Found = Callable[[Callable[[str, Any], list[Any]], Collection[UUID]], Iterator[tuple[UUID, str]]]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of write. `make(chance, company, key)` is None when there is nothing to do it to yet;
    `found(read, tenants)` yields (tenant, mark) of each that was done."""

    name: str
    service: str
    make: Make
    found: Found


def _of(model: Any, tenants: Collection[UUID], *columns: Any) -> Select[Any]:
    return select(model.tenant_id, *columns).where(model.tenant_id.in_(tenants))


def _marked(service: str, model: Any, column: Any, *conditions: Any) -> Found:
    """Found by one column that holds the mark."""

    def found(read: Callable[[str, Any], list[Any]], tenants: Collection[UUID]) -> Iterator[tuple[UUID, str]]:
        for tenant_id, mark in read(service, _of(model, tenants, column).where(*conditions)):
            yield tenant_id, str(mark)

    return found


def _inside(service: str, model: Any, column: Any, name: str, *conditions: Any) -> Found:
    """Found by one entry of a column that holds JSON."""

    def found(read: Callable[[str, Any], list[Any]], tenants: Collection[UUID]) -> Iterator[tuple[UUID, str]]:
        for tenant_id, document in read(service, _of(model, tenants, column).where(*conditions)):
            if name in document:
                yield tenant_id, document[name]

    return found


# -- making one --------------------------------------------------------------------------------------------------------


def complaint_body(chance: random.Random, key: str) -> dict[str, Any]:
    phone = f"138{chance.randrange(PHONES):08d}"
    complainant = {"name": "王芳", "phone": phone, "vehicle_plate": f"粤B{phone[-5:]}", "unit_no": "3-1-501"}
    return {"channel": "phone", "content": key, "complainant": complainant}


def _complaint(chance: random.Random, company: Company, key: str) -> Write:
    return Write(key, company.id, "complaint", "POST", "/v1/complaints", complaint_body(chance, key))


def _action(chance: random.Random, company: Company, key: str) -> Write | None:
    case = company.some_case(chance)
    path = f"/v1/complaints/{case}/actions/add_note"
    return Write(key, company.id, "action", "POST", path, {"note": key}) if case else None


def _customer(chance: random.Random, company: Company, key: str) -> Write:
    body = {"name": key, "phone": f"138{chance.randrange(PHONES):08d}"}
    return Write(key, company.id, "customer", "POST", "/v1/customers", body)


def _import(chance: random.Random, company: Company, key: str) -> Write:
    rows = [f"{ROW_OF.format(number=number, key=key)},{chance.randrange(10**9)}" for number in range(ROWS)]
    content = "\n".join(["姓名,客户编号", *rows]).encode()
    path = "/v1/imports?kind=customers&mode=good_rows"
    return Write(key, company.id, "import", "POST", path, file=(f"{key}.csv", content), mark=f"{key}.csv")


def _staff(_chance: random.Random, company: Company, key: str) -> Write:
    return Write(key, company.id, "staff", "PATCH", f"/v1/staff/{company.staff_id}", {"name": key})


def _message(_chance: random.Random, company: Company, key: str) -> Write:
    recipient = {"kind": "staff", "staff_id": str(company.staff_id)}
    body = {"key": "system.channel_test", "recipients": [recipient], "variables": {"company": key}}
    acceptable = "notifications" in company.services
    return Write(key, company.id, "message", "POST", "/v1/messages", body, acceptable=acceptable)


def _read(_chance: random.Random, company: Company, key: str) -> Write | None:
    notice = company.next_notice() if "notifications" in company.services else None
    path = f"/v1/notifications/{notice}/read"
    return Write(key, company.id, "read", "POST", path, {}, by_staff=True, mark=notice) if notice else None


def _bad(chance: random.Random, company: Company, key: str) -> Write:
    body = complaint_body(chance, key) | {"channel": "telepathy"}
    return Write(key, company.id, "complaint", "POST", "/v1/complaints", body, acceptable=False)


# -- finding them again ------------------------------------------------------------------------------------------------

COMPLAINT = Kind("complaint", "complaints", _complaint, _marked("complaints", ComplaintRow, ComplaintRow.content))
ACTION = Kind(
    "action", "complaints", _action,
    _inside("complaints", HistoryRow, HistoryRow.fields, "note", HistoryRow.what == "action"),
)  # fmt: skip
CUSTOMER = Kind(
    "customer", "customers", _customer, _marked("customers", Customer, Customer.name, Customer.name.not_like("row %"))
)
IMPORT = Kind("import", "customers", _import, _marked("customers", Import, Import.filename))
STAFF = Kind(
    "staff", "tenants", _staff,
    _inside("tenants", AuditRow, AuditRow.after, "name", AuditRow.action == "staff.changed"),
)  # fmt: skip
MESSAGE = Kind("message", "notifications", _message,
               _inside("notifications", Message, Message.variables, "company", Message.key == "system.channel_test"),
)  # fmt: skip
READ = Kind("read", "notifications", _read, _marked("notifications", Notice, Notice.id, Notice.read_at.is_not(None)))
BAD = Kind("complaint", "complaints", _bad, COMPLAINT.found)
"""To be refused."""

KINDS = (COMPLAINT, ACTION, CUSTOMER, IMPORT, STAFF, MESSAGE, READ)
Mix = dict[Kind, int]
MIX: Mix = {COMPLAINT: 35, ACTION: 20, CUSTOMER: 12, IMPORT: 5, STAFF: 8, MESSAGE: 8, READ: 6, BAD: 6}
"""How often each kind of write comes."""
