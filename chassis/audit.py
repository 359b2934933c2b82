"""The audit's chain (SPEC PL-10): sealing what was recorded, and finding what was changed or taken away.

Rows are written plainly on the hot path; a timer seals them within a minute: each link's hash covers the link before
and the row, whose content stands in it as a digest (`chassis.digests`), so that it can be erased lawfully
(`chassis.erasure`). The end of the chain is kept apart, so that cutting off its newest links shows as well. Whoever
could rewrite all three tables and recompute every hash is found out by the head printed earlier: keep those of
`kefu audit verify`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, exists, func, insert, select
from sqlalchemy.orm import Session

from chassis.digests import envelope_holds, envelope_of, holds, is_empty, seal_of
from chassis.ids import NIL
from chassis.tables import AuditHead, AuditRow, AuditSeal, AuditUnsealed, TenantSetting

GENESIS = "0" * 64
SEAL_LAG = timedelta(seconds=2)
"""Rows younger than this wait for the next round: a transaction with an earlier id may still be committing."""
SEAL_LIMIT = timedelta(minutes=1)
PAGE = 1000
ERASED = "audit.erased"
"""The action of the rows that record an erasure. `after["rows"]`: per erased row's id (hex) the digest of its envelope;
beside it what allowed it."""
CHANGED = "a row or its link was changed"
NO_RECORD = "what a row said was erased without a record that allows it"


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
        version, digest, head.hash = seal_of(head.hash, row)
        head.seq += 1
        link = {"seq": head.seq, "audit_id": row.id, "hash": head.hash, "version": version, "digest": digest}
        seals.append({"tenant_id": tenant_id, "sealed_at": now, **link})
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
    """Walk the tenant's chain and yield what is wrong: changed, missing, erased without a record, unsealed for over a
    minute, cut off."""
    previous, seq = GENESIS, 0
    for sealed, row, record in _links(session, tenant_id):
        if sealed.seq != seq + 1:
            yield Finding(tenant_id, f"links {seq + 1} to {sealed.seq - 1} are missing", sealed.seq)
            previous = ""
        if fault := fault_of(previous, sealed, row, record):
            yield Finding(tenant_id, fault, sealed.seq, sealed.audit_id)
        previous, seq = sealed.hash, sealed.seq
    kept = head_of(session, tenant_id)
    if kept != (seq, previous):
        yield Finding(tenant_id, f"the chain ends at {seq} but its kept end is {kept[0]}", seq)
    for audit_id in _overdue(session, tenant_id, now):
        yield Finding(tenant_id, "a row has stood unsealed for over a minute", None, audit_id)


def fault_of(previous: str, sealed: AuditSeal, row: AuditRow | None, record: AuditRow | None) -> str | None:
    """What is wrong with one link; None when nothing is. `previous` is empty after a gap, when only the row's presence
    can be told; `record` is what the row names as the record of its erasure."""
    if row is None:
        return "a sealed row is missing"
    if row.erased_by is not None or (sealed.digest is not None and is_empty(row)):
        if not _allows(record, row):
            return NO_RECORD
        return CHANGED if previous and not envelope_holds(previous, row, sealed) else None
    return CHANGED if previous and not holds(previous, row, sealed) else None


def _allows(record: AuditRow | None, row: AuditRow) -> bool:
    """Whether the record says that this very row was to be erased, and it was."""
    if record is None or record.action != ERASED or not is_empty(row):
        return False
    return erased_rows(record).get(row.id.hex) == envelope_of(row)


def erased_rows(record: AuditRow) -> Mapping[str, str]:
    """Per row (hex of its id) that the record erased, the digest of what stays of it."""
    rows: Mapping[str, str] = (record.after or {}).get("rows", {})
    return rows


def _links(session: Session, tenant_id: UUID) -> Iterator[tuple[AuditSeal, AuditRow | None, AuditRow | None]]:
    """The chain with its rows and the records of their erasure, a page in memory at a time."""
    same = (AuditRow.tenant_id == AuditSeal.tenant_id) & (AuditRow.id == AuditSeal.audit_id)
    statement = select(AuditSeal, AuditRow).outerjoin(AuditRow, same).where(AuditSeal.tenant_id == tenant_id)
    last = 0
    while page := session.execute(statement.where(AuditSeal.seq > last).order_by(AuditSeal.seq).limit(PAGE)).all():
        last = page[-1][0].seq
        rows: list[AuditRow | None] = [row for _, row in page]
        records = _records(session, tenant_id, rows)
        for (sealed, _), row in zip(page, rows, strict=True):
            yield sealed, row, records.get(row.id) if row is not None else None
        session.expunge_all()


def _records(session: Session, tenant_id: UUID, rows: Iterable[AuditRow | None]) -> dict[UUID, AuditRow]:
    """Per erased row among `rows` what it names as its record."""
    erased = {row.id: row.erased_by for row in rows if row is not None and row.erased_by is not None}
    named = select(AuditRow).where(AuditRow.tenant_id == tenant_id, AuditRow.id.in_(set(erased.values())))
    found = {record.id: record for record in session.scalars(named)} if erased else {}
    return {row_id: found[record_id] for row_id, record_id in erased.items() if record_id in found}


def erasures(session: Session, tenant_id: UUID) -> list[AuditRow]:
    """The records of what was erased of the tenant's audit, oldest first."""
    statement = select(AuditRow).where(AuditRow.tenant_id == tenant_id, AuditRow.action == ERASED)
    return list(session.scalars(statement.order_by(AuditRow.at, AuditRow.id)))


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
