"""The audit's chain (SPEC PL-10): sealing what was recorded, and finding what was changed or taken away.

Rows are written plainly on the hot path; a timer seals them within a minute: each link's hash covers the link before and
the whole row. The end of the chain is kept apart, so that cutting off its newest links shows as well. Whoever could rewrite
all three tables and recompute every hash is found out by the head printed earlier: keep those of `kefu audit verify`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import exists, insert, select
from sqlalchemy.orm import Session

from chassis.tables import AuditHead, AuditRow, AuditSeal

GENESIS = "0" * 64
SEAL_LAG = timedelta(seconds=2)
"""Rows younger than this wait for the next round: a transaction with an earlier id may still be committing."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with a tenant's audit."""

    tenant_id: UUID
    what: str
    seq: int | None = None
    audit_id: UUID | None = None


def unsealed_tenants(session: Session, now: datetime) -> list[UUID]:
    """Tenants that have rows to seal; in a system transaction."""
    statement = select(AuditRow.tenant_id).where(_unsealed(), AuditRow.at <= now - SEAL_LAG).distinct()
    return list(session.scalars(statement))


def seal(session: Session, tenant_id: UUID, now: datetime, limit: int = 1000) -> int:
    """Seal the tenant's oldest unsealed rows; returns how many. One sealer at a time per tenant (the head is locked)."""
    head = session.get(AuditHead, tenant_id, with_for_update=True)
    if head is None:
        head = AuditHead(tenant_id=tenant_id, seq=0, hash=GENESIS)
        session.add(head)
        session.flush()
    rows = session.scalars(
        select(AuditRow)
        .where(AuditRow.tenant_id == tenant_id, _unsealed(), AuditRow.at <= now - SEAL_LAG)
        .order_by(AuditRow.at, AuditRow.id)
        .limit(limit)
    ).all()
    seals = []
    for row in rows:
        head.seq, head.hash = head.seq + 1, link(head.hash, row)
        seals.append({"tenant_id": tenant_id, "seq": head.seq, "audit_id": row.id, "hash": head.hash, "sealed_at": now})
    if seals:
        session.execute(insert(AuditSeal), seals)
    return len(seals)


def verify(session: Session, tenant_id: UUID, now: datetime) -> Iterator[Finding]:
    """Walk the tenant's chain and yield what is wrong: changed, missing, unsealed for over a minute, cut off."""
    previous, seq = GENESIS, 0
    statement = select(AuditSeal, AuditRow).outerjoin(
        AuditRow, (AuditRow.tenant_id == AuditSeal.tenant_id) & (AuditRow.id == AuditSeal.audit_id)
    )
    for link_row, row in session.execute(statement.where(AuditSeal.tenant_id == tenant_id).order_by(AuditSeal.seq)):
        if link_row.seq != seq + 1:
            yield Finding(tenant_id, f"links {seq + 1} to {link_row.seq - 1} are missing", link_row.seq)
            previous = ""
        if row is None:
            yield Finding(tenant_id, "a sealed row is missing", link_row.seq, link_row.audit_id)
        elif previous and link(previous, row) != link_row.hash:
            yield Finding(tenant_id, "a row or its link was changed", link_row.seq, link_row.audit_id)
        previous, seq = link_row.hash, link_row.seq
    head = session.get(AuditHead, tenant_id)
    if (head.seq if head else 0) != seq or (head is not None and head.hash != previous):
        yield Finding(tenant_id, f"the chain ends at {seq} but its kept end is {head.seq if head else 0}", seq)
    old = select(AuditRow).where(AuditRow.tenant_id == tenant_id, _unsealed(), AuditRow.at < now - timedelta(minutes=1))
    for row in session.scalars(old):
        yield Finding(tenant_id, "a row has stood unsealed for over a minute", None, row.id)


def head_of(session: Session, tenant_id: UUID) -> tuple[int, str]:
    """(length, hash) of the chain, to be kept elsewhere."""
    head = session.get(AuditHead, tenant_id)
    return (head.seq, head.hash) if head else (0, GENESIS)


def link(previous: str, row: AuditRow) -> str:
    """The hash of a link: SHA-256 over the link before and every column of the row."""
    return hashlib.sha256(previous.encode() + orjson.dumps(_content(row), option=orjson.OPT_SORT_KEYS)).hexdigest()


def _content(row: AuditRow) -> dict[str, Any]:
    return {
        column.key: value.isoformat() if isinstance(value := getattr(row, column.key), datetime) else
        str(value) if isinstance(value, UUID) else value
        for column in AuditRow.__table__.columns
    }  # fmt: skip


def _unsealed() -> Any:
    return ~exists().where(AuditSeal.tenant_id == AuditRow.tenant_id, AuditSeal.audit_id == AuditRow.id)
