"""Signing in, staying signed in, signing out.

Signing in needs two transactions with slow hashing between them, and a refused attempt must be counted, so these use
cases open their own. Neither goes through stored replies: those would keep tokens readable in the database.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select

from chassis import crossing
from chassis.ids import new_id
from chassis.vault import Vault
from chassis.work import Transaction, Work
from contracts.context import Actor, Context
from contracts.problems import UNAUTHENTICATED
from contracts.tenants import CODE_NEEDED, SIGN_IN_REFUSED
from services.tenants import domain, passwords, tokens
from services.tenants.keyring import Keyring
from services.tenants.models import Staff, StaffLogin, StaffSession, Tenant
from services.tenants.tokens import RefreshToken
from services.tenants.usecases import second_factor
from services.tenants.usecases.logins import end, failures_of, keep_failures


@dataclass(frozen=True, slots=True)
class SessionRules:
    """How long tokens are good, and when an account is locked."""

    access: timedelta
    refresh: timedelta
    longest: timedelta
    lock: domain.LockRule


class Account(NamedTuple):
    """What a sign-in is checked against."""

    tenant_id: UUID
    staff_id: UUID
    password_hash: str | None


class Secrets(NamedTuple):
    """What tokens are signed with, and what seals the secrets of second factors."""

    keyring: Keyring
    vault: Vault


class Given(NamedTuple):
    """What somebody who signs in has shown."""

    password: bool
    """Whether the password is right."""
    code: str | None


def sign_in(work: Work, ctx: Context, data: dict[str, Any], secrets: Secrets, rules: SessionRules) -> dict[str, Any]:
    """New tokens for company, user name and password, and the code where there is a second factor.

    Problems: `sign_in_refused`, the same whatever was wrong; `second_factor_needed` when only the code is missing.
    """
    with work.begin(ctx, read_only=True) as tx:
        account = _account(tx, data["tenant"], data["username"])
    passed = passwords.matches(account.password_hash if account else None, data["password"])
    answer = None
    if account is not None:
        with work.begin(ctx.with_(tenant_id=account.tenant_id)) as tx:
            opened = _signed_in(tx, account, Given(passed, data["code"]), secrets.vault, rules)
            answer = _tokens(tx, opened, secrets.keyring, rules) if opened else None
    if answer is None:
        raise SIGN_IN_REFUSED(minutes=round(rules.lock.window / timedelta(minutes=1)))
    return answer


def refresh(work: Work, ctx: Context, data: dict[str, Any], keyring: Keyring, rules: SessionRules) -> dict[str, Any]:
    """The next tokens for the last refresh token. An older one that comes again was stolen or copied: the session ends.
    The same request again (same Idempotency-Key) gets the same refresh token. Problem: `unauthenticated`."""
    token = tokens.read_refresh_token(keyring, data["refresh_token"])
    answer = None
    if token is not None:
        with work.begin(ctx.with_(tenant_id=token.tenant_id)) as tx:
            answer = _refreshed(tx, token, keyring, rules)
    if answer is None:
        raise UNAUTHENTICATED()
    return answer


def sign_out(tx: Transaction, _data: dict[str, Any]) -> None:
    """End the caller's session. A key has none: nothing happens."""
    if tx.ctx.actor.kind != "staff":
        return
    session = tx.session.get(StaffSession, (tx.tenant_id, UUID(tx.ctx.credential_id)), with_for_update=True)
    if session is not None and session.revoked_at is None:
        end(tx, session, "session.closed")


def _account(tx: Transaction, code: str, username: str) -> Account | None:
    with crossing.everywhere(tx):
        tenant_id = tx.session.scalar(select(Tenant.tenant_id).where(Tenant.code == code, Tenant.status == "active"))
    if tenant_id is None:
        return None
    with crossing.within(tx, tenant_id):
        staff = tx.session.scalars(select(Staff).where(Staff.username == username, Staff.active)).one_or_none()
        return Account(tenant_id, staff.id, staff.login.password_hash) if staff else None


def _signed_in(
    tx: Transaction, account: Account, given: Given, vault: Vault, rules: SessionRules
) -> StaffSession | None:
    """Count a failure, or open a session; None: refused. The row lock lets attempts at once count one by one."""
    login = tx.session.get_one(StaffLogin, (tx.tenant_id, account.staff_id), with_for_update=True)
    staff = tx.session.get_one(Staff, (tx.tenant_id, account.staff_id))
    failures = failures_of(login)
    if failures.locked(tx.now):
        return None
    good = given.password and staff.active and login.password_hash == account.password_hash
    if good and login.factor_sealed is not None:
        if given.code is None:
            raise CODE_NEEDED()  # neither a failure nor a success: who has the password gets no new tries at the code
        good = second_factor.is_proof(tx, login, given.code, vault)
    keep_failures(login, domain.Failures() if good else failures.after_another(rules.lock, tx.now))
    if not good:
        tx.audit("session.refused", "staff", staff.id, note="locked" if login.locked_until else "")
        return None
    return _opened(tx, staff, rules)


def _opened(tx: Transaction, staff: Staff, rules: SessionRules) -> StaffSession:
    session = StaffSession(
        tenant_id=tx.tenant_id,
        id=new_id(),
        staff_id=staff.id,
        generation=1,
        created_at=tx.now,
        expires_at=tx.now + rules.refresh,
        ends_at=tx.now + rules.longest,
        enrolling=staff.needs_second_factor and not staff.has_second_factor,
    )
    tx.session.add(session)
    tx.ctx = tx.ctx.with_(actor=Actor(kind="staff", id=str(staff.id), name=staff.name))
    tx.audit("session.opened", "staff", staff.id)
    return session


def _refreshed(tx: Transaction, token: RefreshToken, keyring: Keyring, rules: SessionRules) -> dict[str, Any] | None:
    session = tx.session.get(StaffSession, (tx.tenant_id, token.session_id), with_for_update=True)
    if session is None or session.revoked_at is not None or session.expires_at <= tx.now or not _welcome(tx, session):
        return None
    request = _digest(tx.ctx.idempotency_key)
    if token.generation == session.generation:
        session.generation += 1
        session.rotated_by = request
        session.expires_at = min(tx.now + rules.refresh, session.ends_at)
    elif not (token.generation == session.generation - 1 and request and request == session.rotated_by):
        end(tx, session, "session.reused")
        return None
    return _tokens(tx, session, keyring, rules)


def _welcome(tx: Transaction, session: StaffSession) -> bool:
    staff = tx.session.get_one(Staff, (tx.tenant_id, session.staff_id))
    return staff.active and tx.session.get_one(Tenant, tx.tenant_id).status == "active"


def _digest(idempotency_key: str | None) -> bytes | None:
    return hashlib.sha256(idempotency_key.encode()).digest() if idempotency_key else None


def _tokens(tx: Transaction, session: StaffSession, keyring: Keyring, rules: SessionRules) -> dict[str, Any]:
    expires_at = min(tx.now + rules.access, session.ends_at)
    return {
        "access_token": tokens.access_token(keyring, tx.tenant_id, session.id, tx.now, expires_at),
        "expires_at": expires_at,
        "refresh_token": tokens.refresh_token(keyring, RefreshToken(tx.tenant_id, session.id, session.generation)),
        "refresh_expires_at": session.expires_at,
        "must_enrol": session.enrolling
        and not tx.session.get_one(Staff, (tx.tenant_id, session.staff_id)).has_second_factor,
    }
