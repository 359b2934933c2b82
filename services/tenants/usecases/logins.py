"""What signing in, changing the password and the second factor have in common: the login's row, its failures, and the
sessions that rest on it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from chassis.work import Transaction
from services.tenants import domain, events
from services.tenants.models import StaffLogin, StaffSession


def own_login(tx: Transaction, *, lock: bool = False) -> StaffLogin | None:
    """The caller's; None for a key, which has none."""
    if tx.ctx.actor.kind != "staff":
        return None
    return tx.session.get(StaffLogin, (tx.tenant_id, UUID(tx.ctx.actor.id)), with_for_update=lock or None)


def failures_of(login: StaffLogin) -> domain.Failures:
    return domain.Failures(login.failures, login.failing_since, login.locked_until)


def keep_failures(login: StaffLogin, failures: domain.Failures) -> None:
    login.failures, login.failing_since, login.locked_until = failures.count, failures.since, failures.locked_until


def end(tx: Transaction, session: StaffSession, action: str) -> None:
    """Nothing can be done in that session any more; `action` says in the audit why."""
    session.revoked_at = tx.now
    tx.audit(action, "staff", session.staff_id)
    events.credential_revoked(tx, session.id)


def end_others(tx: Transaction, staff_id: UUID) -> None:
    """End the person's sessions but the one this call is made in."""
    others = select(StaffSession).where(
        StaffSession.staff_id == staff_id, StaffSession.revoked_at.is_(None), StaffSession.expires_at > tx.now
    )
    for session in tx.session.scalars(others):
        if str(session.id) != tx.ctx.credential_id:
            end(tx, session, "session.closed")
