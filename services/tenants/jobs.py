"""What the tenants service does by itself."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select

from chassis import clock
from chassis.service import Job
from services.tenants.models import StaffSession, Tenant

SESSIONS_KEPT = timedelta(days=30)


def forget_sessions(job: Job) -> None:
    """Drop sessions that ended a month ago: nobody can use them, and the audit has them."""
    before = clock.now() - SESSIONS_KEPT
    with job.work.database.begin(None, read_only=True, system=True) as session:
        tenant_ids = session.scalars(select(Tenant.tenant_id)).all()
    for tenant_id in tenant_ids:
        with job.begin(tenant_id) as tx:
            tx.session.execute(delete(StaffSession).where(StaffSession.expires_at < before))
