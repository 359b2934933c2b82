"""The customers service on a real database, called through its own doors but without a broker."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID, uuid4

import orjson
from sqlalchemy import select

from chassis import tenancy
from chassis.db import Database
from chassis.delivery import Delivery, Received
from chassis.ids import new_id
from chassis.rpc import Call
from chassis.tables import AuditRow, Outbox
from chassis.timers import Job, TenantQueue
from chassis.work import Work
from chassis.workplace import Workplace
from contracts import customers as contract
from contracts.context import Actor, Context
from contracts.core import Operation
from services.customers import jobs
from services.customers.service import CustomersService


class Bench:
    """Stands where nameko's workplace stands: holds the database and hands calls, events and timers to the service."""

    service = "customers"
    knowing_tenant = Workplace.knowing_tenant

    def __init__(self, database: Database) -> None:
        self.work = Work(database)
        self.database = database
        self.snapshot: Callable[[], None] = lambda: None
        """What the tenants service would tell now."""

    def fetch(self, _tenant_id: UUID) -> None:
        self.snapshot()

    def company(self, *, services: tuple[str, ...] = ("customers", "complaints")) -> Company:
        """A new tenant that this service knows, with two sites."""
        company = Company(self, uuid4())
        document = {
            "tenant_id": str(company.id), "version": 1, "code": f"t{company.id.hex[:8]}", "name": "宏远",
            "status": "active", "locale": "zh-CN", "timezone": "Asia/Shanghai",
            "services": list(services), "calendar": {},
        }  # fmt: skip
        with self.database.begin(company.id) as session:
            tenancy.store_tenant(session, company.id, document)
            for code in ("south", "north"):
                unit_id = company.units[code]
                tenancy.store_unit(
                    session, company.id,
                    {"id": unit_id, "version": 1, "code": code, "name": code, "kind": "site", "parent_id": None,
                     "path": [str(unit_id)], "active": True},
                )  # fmt: skip
        return company


class Company:
    """One tenant, and calls in its name."""

    def __init__(self, bench: Bench, tenant_id: UUID) -> None:
        self.bench = bench
        self.id = tenant_id
        self.units = {"south": new_id(), "north": new_id()}

    def context(self, **changes: Any) -> Context:
        known = Context(
            tenant_id=self.id,
            actor=Actor(kind="staff", id="s-1", name="李顾问"),
            permissions=frozenset({"customers.*"}),
            locale="en",
            source="10.0.0.7",
        )
        return known.with_(**changes)

    def call(self, operation: Operation, ctx: Context | None = None, **payload: Any) -> Any:
        """The reply of the operation, or its problem raised. The payload travels as JSON, as over the broker."""
        sent = orjson.loads(orjson.dumps(payload, default=str))
        door = getattr(CustomersService(), operation.name)
        result, problem = door(Call(operation, self.bench, ctx or self.context(), sent))
        if problem is not None:
            raise problem
        return orjson.loads(orjson.dumps(result, default=str))

    def customer(self, name: str = "王芳", **fields: Any) -> dict[str, Any]:
        found: dict[str, Any] = self.call(contract.CREATE_CUSTOMER, name=name, **fields)
        return found

    def search(self, ctx: Context | None = None, **filters: Any) -> list[str]:
        """Names found."""
        return [item["name"] for item in self.call(contract.LIST_CUSTOMERS, ctx, **filters)["items"]]

    def import_(self, content: str | bytes, mode: str = "good_rows", ctx: Context | None = None) -> dict[str, Any]:
        """Upload a file, let the job work it through, and read the outcome."""
        raw = content.encode() if isinstance(content, str) else content
        taken = self.call(
            contract.CREATE_IMPORT,
            ctx,
            kind="customers",
            mode=mode,
            filename="f.csv",
            content=base64.b64encode(raw).decode(),
        )
        self.run_imports()
        found: dict[str, Any] = self.call(contract.GET_IMPORT, ctx, import_id=taken["id"])
        return found

    def run_imports(self) -> None:
        queue = TenantQueue(60)
        queue.tell(self.id)
        jobs.run(Job(self.bench), queue)

    def claim(self) -> None:
        """Take the company's imports as another process would, and do nothing with them."""
        jobs.claim(Job(self.bench), self.id)

    def tell(self, method: str, type_: str, data: Mapping[str, Any], event_id: UUID | None = None) -> str:
        """Hand an event to the service; returns what became of it."""
        body = orjson.dumps(
            {"id": str(event_id or new_id()), "type": type_, "tenant_id": str(self.id),
             "aggregate_id": data["complaint_id"], "occurred_at": "2026-11-22T01:00:00+00:00", "data": dict(data)},
            default=str,
        )  # fmt: skip
        delivery = Delivery(self.bench, f"customers.{method}", Received.parse(body))
        getattr(CustomersService, method).plain(CustomersService(), delivery)
        return delivery.outcome

    def events(self, type_: str) -> list[dict[str, Any]]:
        """Payloads of the events told so far, oldest first."""
        with self.bench.database.begin(self.id) as session:
            rows = session.scalars(select(Outbox).where(Outbox.routing_key == type_).order_by(Outbox.id))
            return [orjson.loads(row.body)["data"] for row in rows]

    def audited(self, action: str) -> list[AuditRow]:
        with self.bench.database.begin(self.id) as session:
            return list(session.scalars(select(AuditRow).where(AuditRow.action == action).order_by(AuditRow.id)))
