"""A notifications service without a broker: its real doors, use cases, database and senders."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import select

from chassis import clock, tenancy
from chassis.delivery import Delivery as EventDelivery
from chassis.delivery import Received
from chassis.ids import new_id
from chassis.rpc import Call
from chassis.tables import Outbox
from chassis.work import Transaction, Work
from chassis.workplace import Workplace
from contracts.context import Actor, Context, service_context
from contracts.core import Event, Operation
from contracts.notifications import PUT_CHANNEL
from contracts.policies.shapes import in_order, schema_for
from contracts.problems import Problem
from services.notifications.sending import webhooks
from services.notifications.sending.attempts import attempt_next
from services.notifications.sending.lines import due_lines
from services.notifications.sending.webhooks import due_endpoints
from services.notifications.service import NotificationsService

_serial = itertools.count(1)
SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


class Company:
    """A tenant of the service under test, with the calls its people make."""

    def __init__(self, work: Work, services: tuple[str, ...] = ("notifications",)) -> None:
        self.work = work
        self.tenant_id = new_id()
        self.place = Workplace()
        self.place.work, self.place.service = work, "notifications"
        self._version = itertools.count(1)
        self.settings(services=list(services))

    # -- what the tenants service would tell ---------------------------------------------------------------------------

    def settings(self, **changes: Any) -> None:
        document = {
            "tenant_id": str(self.tenant_id), "code": f"c{next(_serial)}", "name": "长安汽车", "status": "active",
            "locale": "zh-CN", "timezone": "Asia/Shanghai", "services": ["notifications"],
            "calendar": {"country": "CN"},
        } | changes  # fmt: skip
        with self.work.database.begin(self.tenant_id) as session:
            tenancy.store_tenant(session, self.tenant_id, document | {"version": next(self._version)})

    def policy(self, **parts: Any) -> None:
        schema = schema_for("notifications")
        assert schema is not None
        data = {
            "service": "notifications", "version": next(self._version), "document": in_order(parts, schema, schema)
        }  # fmt: skip
        with self.work.database.begin(self.tenant_id) as session:
            tenancy.store_policy(session, self.tenant_id, data)

    def unit(self, parent: UUID | None = None) -> UUID:
        unit_id = new_id()
        path = [str(unit_id)] if parent is None else [str(parent), str(unit_id)]
        entry = {
            "id": str(unit_id), "version": 1, "code": "u", "name": "店", "kind": "store", "path": path, "active": True,
            "parent_id": str(parent) if parent else None,
        }  # fmt: skip
        with self.work.database.begin(self.tenant_id) as session:
            tenancy.store_unit(session, self.tenant_id, entry)
        return unit_id

    def staff(self, role: str = "manager", unit: UUID | None = None, **facts: Any) -> UUID:
        staff_id = new_id()
        entry = {
            "id": str(staff_id), "version": 1, "name": "王经理", "username": f"u{next(_serial)}", "roles": [role],
            "org_unit_ids": [str(unit)] if unit else [], "active": True, "email": None, "phone": None, "locale": None,
        } | facts  # fmt: skip
        with self.work.database.begin(self.tenant_id) as session:
            tenancy.store_staff(session, self.tenant_id, entry)
        return staff_id

    # -- calls and events ----------------------------------------------------------------------------------------------

    def call(
        self,
        operation: Operation,
        /,
        as_staff: UUID | None = None,
        may: Iterable[str] = ("*",),
        units: Iterable[UUID] | None = None,
        **payload: Any,
    ) -> Any:
        """The reply of the service's door; raises its Problem. `units`: where the caller may act; None: everywhere."""
        actor = Actor(kind="staff", id=str(as_staff)) if as_staff else Actor(kind="key", id="till")
        ctx = Context(
            tenant_id=self.tenant_id, actor=actor, permissions=frozenset(may), idempotency_key=str(new_id()),
            org_unit_ids=None if units is None else frozenset(units),
        )  # fmt: skip
        reply, problem = getattr(NotificationsService(), operation.name)(Call(operation, self.place, ctx, payload))
        if problem is not None:
            raise problem
        return reply

    def refused(self, operation: Operation, /, **payload: Any) -> Problem:
        with pytest.raises(Problem) as caught:
            self.call(operation, **payload)
        return caught.value

    def event(self, event: Event, data: dict[str, Any], method: str) -> EventDelivery:
        """Deliver one event of another service to the door `method`."""
        now = clock.now()
        received = Received(new_id(), event.type, self.tenant_id, new_id(), now, data, {}, "", "", "{}")
        return self.redeliver(EventDelivery(self.place, f"notifications.{method}", received), method)

    def happened(self, event: Event, aggregate_id: UUID | None = None, **data: Any) -> Received:
        """An event as it is published, given to the door that tells partners."""
        envelope = {
            "id": str(new_id()), "type": event.type, "version": event.version, "tenant_id": str(self.tenant_id),
            "aggregate_id": str(aggregate_id or new_id()), "occurred_at": clock.now().isoformat(), "data": data,
        }  # fmt: skip
        received = Received.parse(orjson.dumps(envelope))
        self.redeliver(EventDelivery(self.place, "notifications.tell_partners", received), "tell_partners")
        return received

    def redeliver(self, delivery: EventDelivery, method: str) -> EventDelivery:
        getattr(NotificationsService, method).plain(NotificationsService(), delivery)
        return delivery

    # -- sending -------------------------------------------------------------------------------------------------------

    @contextmanager
    def begin(self, tenant_id: UUID | None = None) -> Iterator[Transaction]:
        with self.work.begin(service_context("notifications", tenant_id or self.tenant_id)) as tx:
            yield tx

    def send_due(self) -> None:
        """What the senders do until nothing is due at this moment."""
        with self.begin() as tx:
            lines, _ = due_lines(tx)
        for line in lines:
            while attempt_next(self.begin, line):
                pass

    def send_webhooks(self) -> None:
        """What the senders do to webhooks until nothing is due at this moment."""
        with self.begin() as tx:
            endpoints = due_endpoints(tx)
        for endpoint in endpoints:
            while webhooks.attempt_next(self.begin, endpoint):
                pass

    def told(self) -> list[str]:
        """Types of the events the service emitted for this tenant, in order."""
        with self.begin() as tx:
            return list(tx.session.scalars(select(Outbox.routing_key).order_by(Outbox.created_at, Outbox.id)))

    def channel(self, channel: str, **settings: Any) -> Any:
        return self.call(PUT_CHANNEL, channel=channel, **({"provider": "file"} | settings))
