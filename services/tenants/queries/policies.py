"""Policies in force, before, and to come (PL-5)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis import paging
from chassis.work import Transaction
from contracts import policies
from contracts.problems import LOCALES, NOT_FOUND
from services.tenants.models import PolicyDraft, PolicyVersion, Role


def policy(tx: Transaction, data: dict[str, Any]) -> PolicyVersion:
    """The policy in force. Problem: `not_found` when the company has none for that service."""
    active = active_policy(tx.session, data["service"])
    if active is None:
        raise NOT_FOUND(kind="policy")
    return active


def versions(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """All versions that were in force, newest first."""
    statement = select(PolicyVersion).where(PolicyVersion.service == data["service"])
    return paging.page(tx, statement, sort=[(PolicyVersion.version, "desc")], data=data)


def draft(tx: Transaction, data: dict[str, Any]) -> PolicyDraft:
    """One draft of that service's policy. Problem: `not_found`."""
    row = tx.get(PolicyDraft, data["draft_id"], kind="draft")
    if row.service != data["service"]:
        raise NOT_FOUND(kind="draft")
    return row


def own_draft(tx: Transaction, data: dict[str, Any]) -> PolicyDraft:
    """A draft of the asking service's policy. Problem: `not_found`."""
    return draft(tx, {**data, "service": tx.ctx.actor.id})


def draft_diff(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """What the draft would change of what is in force now."""
    row = draft(tx, data)
    active = active_policy(tx.session, row.service)
    return {
        "base_version": active.version if active else 0,
        "changes": policies.diff(active.document if active else {}, row.document),
    }


def active_policy(session: Session, service: str) -> PolicyVersion | None:
    """The newest version of this transaction's company."""
    statement = select(PolicyVersion).where(PolicyVersion.service == service).order_by(PolicyVersion.version.desc())
    return session.scalars(statement.limit(1)).first()


def own_roles(session: Session) -> dict[str, dict[str, Any]]:
    """The company's roles as a policy document names them: in every language, though the company named them in one."""
    rows = session.scalars(select(Role).order_by(Role.name))
    return {role.name: {"labels": _in_all(role), "permissions": role.permissions} for role in rows}


def _in_all(role: Role) -> dict[str, str]:
    said = next(filter(None, role.labels.values()), role.name)
    return {locale: role.labels.get(locale) or said for locale in LOCALES}
