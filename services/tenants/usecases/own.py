"""What a signed-in person does with their own account: the password, the sessions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from chassis.work import Transaction, Work
from contracts.context import Context
from contracts.problems import NOT_FOUND
from contracts.tenants import WRONG_PASSWORD
from services.tenants import passwords
from services.tenants.domain import Failures, LockRule
from services.tenants.models import Staff, StaffSession
from services.tenants.usecases.logins import end, end_others, failures_of, keep_failures, own_login


def change_password(work: Work, ctx: Context, data: dict[str, Any], lock: LockRule) -> None:
    """Put a new password in the place of the present one, which must be told, and end the person's other sessions.

    A wrong one counts as a failed sign-in: a stolen session is no way to guess. Problem: `wrong_password`.
    """
    with work.begin(ctx, read_only=True) as tx:
        login = own_login(tx)
        stored = login.password_hash if login else None
    passed = passwords.matches(stored, data["password"])
    new_hash = passwords.hash_password(data["new_password"])
    with work.begin(ctx) as tx:
        changed = stored is not None and _changed(tx, stored, passed, new_hash, lock)
    if not changed:
        raise WRONG_PASSWORD()


def end_session(tx: Transaction, data: dict[str, Any]) -> None:
    """End one of the caller's sessions. Problem: `not_found`."""
    session = tx.session.get(StaffSession, (tx.tenant_id, data["session_id"]), with_for_update=True)
    if session is None or str(session.staff_id) != tx.ctx.actor.id or session.revoked_at is not None:
        raise NOT_FOUND(kind="session")
    end(tx, session, "session.closed")


def _changed(tx: Transaction, stored: str, passed: bool, new_hash: str, lock: LockRule) -> bool:
    login = own_login(tx, lock=True)
    if login is None or failures_of(login).locked(tx.now):
        return False
    staff_id = UUID(tx.ctx.actor.id)
    if not passed or login.password_hash != stored:
        keep_failures(login, failures_of(login).after_another(lock, tx.now))
        tx.audit("password.refused", "staff", staff_id)
        return False
    keep_failures(login, Failures())
    login.password_hash = new_hash
    end_others(tx, staff_id)
    tx.audit("password.changed", "staff", staff_id)
    return True


def words_of(tx: Transaction, staff_id: UUID | None) -> list[str]:
    """What somebody who knows the person would try first: their names."""
    staff = tx.session.get(Staff, (tx.tenant_id, staff_id)) if staff_id else None
    return [word for word in (staff.username, staff.name, staff.email) if word] if staff else []
