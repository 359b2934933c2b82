"""All a service needs of the runtime: the base class, the doors and what they hand over.

    class ComplaintsService(Service):
        name = "complaints"

        @operation(contract.CREATE_COMPLAINT)
        def create_complaint(self, call: Call) -> Any:
            return call.run(usecases.register)

The base class brings what every service does anyway: it follows its tenants, tries failed events again, seals its
audit, measures its backlog and forgets what nobody will ask for again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from chassis import audit, clock, deadlines, logs, metrics, retries, tenancy
from chassis.config import ServiceSettings
from chassis.delivery import Delivery
from chassis.events import EventDoor, on
from chassis.rpc import Call, operation
from chassis.settings import Settings
from chassis.tables import Inbox, StoredRequest
from chassis.timers import Job, TenantQueue, every
from chassis.work import Transaction
from contracts import tenants

__all__ = ["Call", "Delivery", "Job", "Service", "TenantQueue", "every", "on", "operation"]

log = logs.get(__name__)
INBOX_KEPT = timedelta(days=14)
REPLIES_KEPT = timedelta(hours=96)
SEAL_BATCH = 1000


class Service:
    """Base of every service class. `name` is the service's name on the broker and its database's."""

    name: str
    settings: type[Settings] = ServiceSettings
    """What the service's process is told; loaded whole at start."""

    # -- following the tenants -----------------------------------------------------------------------------------------

    @on(tenants.TENANT_CHANGED, always=True)
    def follow_tenant(self, delivery: Delivery) -> None:
        delivery.apply(_store_tenant)

    @on(tenants.POLICY_ACTIVATED, always=True)
    def follow_policy(self, delivery: Delivery) -> None:
        if delivery.event.data["service"] == self.name:  # the others' are long and of no use here
            delivery.apply(lambda tx, data: tenancy.store_policy(tx.session, tx.tenant_id, data))

    @on(tenants.ORG_UNIT_CHANGED, always=True)
    def follow_org_unit(self, delivery: Delivery) -> None:
        delivery.apply(lambda tx, data: tenancy.store_unit(tx.session, tx.tenant_id, data))

    @on(tenants.STAFF_CHANGED, always=True)
    def follow_staff(self, delivery: Delivery) -> None:
        delivery.apply(lambda tx, data: tenancy.store_staff(tx.session, tx.tenant_id, data))

    # -- what runs by itself -------------------------------------------------------------------------------------------

    @every(seconds=1)
    def retry_events(self, job: Job) -> None:
        door = next(e for e in job.workplace.container.subextensions if isinstance(e, EventDoor))
        retries.sweep(job.workplace, door.handlers, self)

    @every(seconds=10)
    def seal_audit(self, job: Job) -> None:
        now = clock.now()
        with job.work.database.begin(None, read_only=True, system=True) as session:
            tenant_ids = audit.unsealed_tenants(session, now)
        for tenant_id in tenant_ids:
            sealed = SEAL_BATCH
            while sealed == SEAL_BATCH:
                with job.work.database.begin(tenant_id) as session:
                    sealed = audit.seal(session, tenant_id, now, SEAL_BATCH)

    @every(seconds=5)
    def measure(self, job: Job) -> None:
        with job.work.database.begin(None, read_only=True, system=True) as session:
            open_, late = deadlines.backlog(session, clock.now())
            dead = retries.dead_count(session)
            unsealed = audit.unsealed_count(session)
        metrics.DEADLINES_OPEN.labels(self.name).set(open_)
        metrics.DEADLINES_OVERDUE.labels(self.name).set(late)
        metrics.DEAD_LETTERS.labels(self.name).set(dead)
        metrics.AUDIT_UNSEALED.labels(self.name).set(unsealed)

    @every(seconds=3600)
    def forget_old(self, job: Job) -> None:
        with job.work.database.begin(None, system=True) as session:
            forget(session, clock.now())


def forget(session: Session, now: datetime) -> None:
    """Drop what is past its time; in a system transaction."""
    session.execute(delete(Inbox).where(Inbox.applied_at < now - INBOX_KEPT))
    session.execute(delete(StoredRequest).where(StoredRequest.created_at < now - REPLIES_KEPT))


def _store_tenant(tx: Transaction, data: dict[str, Any]) -> None:
    before = tenancy.calendar_of(tx.session, tx.tenant_id)
    tenancy.store_tenant(tx.session, tx.tenant_id, data)
    tx.session.flush()
    if before is not None and before != tenancy.calendar_of(tx.session, tx.tenant_id):
        tx.deadlines.recompute_all()
