"""The audit's chain (SPEC PL-10): sealing what was recorded, and finding what was changed or taken away.

Rows are written plainly on the hot path; a timer seals them within a minute: each link's hash covers the link before
and the whole row. The end of the chain is kept apart, so that cutting off its newest links shows as well. Whoever could
rewrite all three tables and recompute every hash is found out by the head printed earlier: keep those of
`kefu audit verify`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import delete, exists, func, insert, select
from sqlalchemy.orm import Session

from chassis.ids import NIL
from chassis.tables import AuditHead, AuditRow, AuditSeal, AuditUnsealed, TenantSetting

GENESIS = "0" * 64
SEAL_LAG = timedelta(seconds=2)
"""Rows younger than this wait for the next round: a transaction with an earlier id may still be committing."""
SEAL_LIMIT = timedelta(minutes=1)
PAGE = 1000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with a tenant's audit."""

    tenant_id: UUID
    what: str
    seq: int | None = None
    audit_id: UUID | None = None


def unsealed_tenants(session: Session, now: datetime) -> list[UUID]:
    """Tenants that have rows to seal; in a system transaction."""
    statement = select(AuditUnsealed.tenant_id).where(AuditUnsealed.at <= now - SEAL_LAG).distinct()
    return list(session.scalars(statement))


def unsealed_count(session: Session) -> int:
    """Rows not sealed yet over all tenants; in a system transaction."""
    return session.scalar(select(func.count()).select_from(AuditUnsealed)) or 0


def seal(session: Session, tenant_id: UUID, now: datetime, limit: int = 1000) -> int:
    """Seal the tenant's oldest unsealed rows; returns how many. One sealer a tenant at a time (the head is locked)."""
    head = _locked_head(session, tenant_id)
    rows = _unsealed_rows(session, tenant_id, now, limit)
    seals = []
    for row in rows:
        head.seq, head.hash = head.seq + 1, link(head.hash, row)
        seals.append({"tenant_id": tenant_id, "seq": head.seq, "audit_id": row.id, "hash": head.hash, "sealed_at": now})
    if seals:
        session.execute(insert(AuditSeal), seals)
        session.execute(delete(AuditUnsealed).where(AuditUnsealed.audit_id.in_([row.id for row in rows])))
    return len(seals)


def _locked_head(session: Session, tenant_id: UUID) -> AuditHead:
    head = session.get(AuditHead, tenant_id, with_for_update=True)
    if head is None:
        head = AuditHead(tenant_id=tenant_id, seq=0, hash=GENESIS)
        session.add(head)
        session.flush()
    return head


def _unsealed_rows(session: Session, tenant_id: UUID, now: datetime, limit: int) -> list[AuditRow]:
    same = (AuditRow.tenant_id == AuditUnsealed.tenant_id) & (AuditRow.id == AuditUnsealed.audit_id)
    waiting = (AuditUnsealed.tenant_id == tenant_id, AuditUnsealed.at <= now - SEAL_LAG)
    statement = select(AuditRow).join(AuditUnsealed, same).where(*waiting)
    return list(session.scalars(statement.order_by(AuditRow.at, AuditRow.id).limit(limit)))


def verify(session: Session, tenant_id: UUID, now: datetime) -> Iterator[Finding]:
    """Walk the tenant's chain and yield what is wrong: changed, missing, unsealed for over a minute, cut off."""
    previous, seq = GENESIS, 0
    for sealed, row in _links(session, tenant_id):
        if sealed.seq != seq + 1:
            yield Finding(tenant_id, f"links {seq + 1} to {sealed.seq - 1} are missing", sealed.seq)
            previous = ""
        if row is None:
            yield Finding(tenant_id, "a sealed row is missing", sealed.seq, sealed.audit_id)
        elif previous and link(previous, row) != sealed.hash:
            yield Finding(tenant_id, "a row or its link was changed", sealed.seq, sealed.audit_id)
        previous, seq = sealed.hash, sealed.seq
    kept = head_of(session, tenant_id)
    if kept != (seq, previous):
        yield Finding(tenant_id, f"the chain ends at {seq} but its kept end is {kept[0]}", seq)
    for audit_id in _overdue(session, tenant_id, now):
        yield Finding(tenant_id, "a row has stood unsealed for over a minute", None, audit_id)


def _links(session: Session, tenant_id: UUID) -> Iterator[tuple[AuditSeal, AuditRow | None]]:
    """The chain with its rows, a page in memory at a time."""
    same = (AuditRow.tenant_id == AuditSeal.tenant_id) & (AuditRow.id == AuditSeal.audit_id)
    statement = select(AuditSeal, AuditRow).outerjoin(AuditRow, same).where(AuditSeal.tenant_id == tenant_id)
    last = 0
    while page := session.execute(statement.where(AuditSeal.seq > last).order_by(AuditSeal.seq).limit(PAGE)).all():
        last = page[-1][0].seq
        yield from ((sealed, row) for sealed, row in page)
        session.expunge_all()


def _overdue(session: Session, tenant_id: UUID, now: datetime) -> Iterator[UUID]:
    sealed = exists().where(AuditSeal.tenant_id == AuditRow.tenant_id, AuditSeal.audit_id == AuditRow.id)
    old = select(AuditRow.id).where(AuditRow.tenant_id == tenant_id, AuditRow.at < now - SEAL_LIMIT, ~sealed)
    yield from session.scalars(old)


def audited_tenants(session: Session) -> list[tuple[UUID, str]]:
    """(id, code) of the tenants with audit rows, sealed or not; in a system transaction. A tenant that this service
    holds no copy of shows by its id."""
    ids = {*session.scalars(select(AuditHead.tenant_id)), *session.scalars(select(AuditUnsealed.tenant_id).distinct())}
    codes = {row.tenant_id: str(row.document["code"]) for row in session.scalars(select(TenantSetting))}
    return sorted((id_, "operator" if id_ == NIL else codes.get(id_, str(id_))) for id_ in ids)


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
