"""The tables every service's database has beside its own: messages, deadlines, audit, numbering, the tenant replica."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, FetchedValue, Float, Index, Integer, LargeBinary, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from chassis.db import ServiceBase, TenantOwned, TenantRow, service_metadata


class ChassisBase(ServiceBase):
    __abstract__ = True
    metadata = service_metadata()


SYSTEM_TABLES = frozenset(
    {"outbox", "event_retries", "deadlines", "audit_unsealed", "audit_heads", "inbox", "requests", "tenant_settings"}
)
"""What the chassis's own sweeps may see across tenants (`Database.begin(system=True)`). Business tables never."""


class Outbox(TenantRow, ChassisBase):
    """An event that was committed and waits to be published."""

    __tablename__ = "outbox"
    # Order of commit per aggregate: PostgreSQL counts it; SQLite has one writer and its rowid.
    position: Mapped[int | None] = mapped_column(BigInteger, server_default=FetchedValue())
    exchange: Mapped[str] = mapped_column(String(100))
    routing_key: Mapped[str] = mapped_column(String(100))
    aggregate_id: Mapped[UUID] = mapped_column(Uuid)
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    __table_args__ = (Index("ix_outbox_position", "position"), Index("ix_outbox_due_at", "due_at"))


class Inbox(TenantOwned, ChassisBase):
    """A message that one handler has applied: what comes again is acknowledged and nothing more. Kept 14 days."""

    __tablename__ = "inbox"
    handler: Mapped[str] = mapped_column(String(120), primary_key=True)
    message_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    applied_at: Mapped[datetime] = mapped_column(index=True)


class EventRetry(TenantRow, ChassisBase):
    """A message whose handler failed: it waits for its next try, or is dead and waits for a person."""

    __tablename__ = "event_retries"
    handler: Mapped[str] = mapped_column(String(120))
    message_id: Mapped[UUID] = mapped_column(Uuid)
    aggregate_id: Mapped[UUID] = mapped_column(Uuid)
    type: Mapped[str] = mapped_column(String(100))
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10))
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    created_at: Mapped[datetime]
    error: Mapped[str] = mapped_column(Text, default="")
    __table_args__ = (
        Index("ix_event_retries_due", "state", "next_at"),
        Index("ix_event_retries_aggregate", "tenant_id", "aggregate_id"),
    )


class StoredRequest(TenantOwned, ChassisBase):
    """A mutating call that was carried out, with its reply. Kept 72 h at least."""

    __tablename__ = "requests"
    caller: Mapped[str] = mapped_column(String(120), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    operation: Mapped[str] = mapped_column(String(120))
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary(32))
    reply: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(index=True)


class DeadlineRow(TenantRow, ChassisBase):
    """A running clock on a subject (SPEC PL-7). `next_at` is when the sweep looks at it next."""

    __tablename__ = "deadlines"
    subject_id: Mapped[UUID] = mapped_column(Uuid)
    kind: Mapped[str] = mapped_column(String(80))
    state: Mapped[str] = mapped_column(String(10))
    started_at: Mapped[datetime]
    due_at: Mapped[datetime]
    remind_at: Mapped[datetime | None]
    next_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    pauses: Mapped[list[Any]]
    span: Mapped[dict[str, Any]]
    repeat: Mapped[dict[str, Any] | None]
    agreed_at: Mapped[datetime | None]
    remind_share: Mapped[float | None] = mapped_column(Float)
    reminded: Mapped[bool]
    ended_at: Mapped[datetime | None]
    breaches: Mapped[int] = mapped_column(Integer, default=0)
    data: Mapped[dict[str, Any]]
    __table_args__ = (
        Index("ix_deadlines_due", "next_at"),
        Index("ix_deadlines_state", "state", "due_at"),
        Index("ix_deadlines_subject", "tenant_id", "subject_id"),
    )


class AuditRow(TenantRow, ChassisBase):
    """Who did what to which record, from where, before and after (SPEC PL-10). By trigger insert-only, but for one
    change: what it says is erased when a later row of the audit records that (`chassis.erasure`)."""

    __tablename__ = "audit"
    at: Mapped[datetime]
    actor_kind: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[str] = mapped_column(String(64))
    actor_name: Mapped[str] = mapped_column(String(200))
    source: Mapped[str] = mapped_column(String(64))
    request_id: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(80))
    subject_kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[UUID] = mapped_column(Uuid)
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    note: Mapped[str] = mapped_column(Text)
    salt: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    """Keys the digest of what may be erased, and goes with it."""
    erased_by: Mapped[UUID | None] = mapped_column(Uuid)
    """The row that records the erasure."""
    __table_args__ = (Index("ix_audit_subject", "tenant_id", "subject_id", "at"),)


class AuditUnsealed(TenantOwned, ChassisBase):
    """An audit row that waits for its seal. Written by the audit table's trigger, so that finding what is left to seal
    costs the same however long the audit has grown."""

    __tablename__ = "audit_unsealed"
    audit_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)


class AuditSeal(TenantOwned, ChassisBase):
    """One link of the chain over a tenant's audit rows. Insert-only, by trigger."""

    __tablename__ = "audit_seals"
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    audit_id: Mapped[UUID] = mapped_column(Uuid)
    hash: Mapped[str] = mapped_column(String(64))
    sealed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    """How `hash` is made (`chassis.digests`)."""
    digest: Mapped[str | None] = mapped_column(String(64))
    """Keyed digest of what may be erased of the row."""
    __table_args__ = (Index("ix_audit_seals_audit", "tenant_id", "audit_id", unique=True),)


class AuditHead(TenantOwned, ChassisBase):
    """The end of a tenant's chain, so that cutting off the newest links shows too."""

    __tablename__ = "audit_heads"
    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(String(64))


class Counter(TenantOwned, ChassisBase):
    """The last serial given, per document kind and period (SPEC PL-6)."""

    __tablename__ = "counters"
    kind: Mapped[str] = mapped_column(String(60), primary_key=True)
    period: Mapped[str] = mapped_column(String(20), primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)


class TenantSetting(TenantOwned, ChassisBase):
    """This service's copy of what the tenants service publishes about one tenant. `revision` counts every change of
    this copy, policies included, so that a process can tell whether what it holds in memory is still true."""

    __tablename__ = "tenant_settings"
    version: Mapped[int] = mapped_column(BigInteger)
    revision: Mapped[int] = mapped_column(BigInteger)
    document: Mapped[dict[str, Any]]


class TenantPolicy(TenantOwned, ChassisBase):
    """Every version of a policy this service got; a case goes on by the version it began with."""

    __tablename__ = "tenant_policies"
    service: Mapped[str] = mapped_column(String(40), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    document: Mapped[dict[str, Any]]
    digest: Mapped[str | None] = mapped_column(String(64))
    """Tells that it is the document which another tenant has, too. None: kept by a release that did not reckon it."""


class StaffEntry(TenantRow, ChassisBase):
    """Copy of a staff member, for routing, notices and names on records."""

    __tablename__ = "directory_staff"
    version: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(String(200))
    username: Mapped[str] = mapped_column(String(100))
    roles: Mapped[list[str]]
    org_unit_ids: Mapped[list[str]]
    active: Mapped[bool]
    email: Mapped[str | None] = mapped_column(String(254))
    phone: Mapped[str | None] = mapped_column(String(40))
    locale: Mapped[str | None] = mapped_column(String(10))


class UnitEntry(TenantRow, ChassisBase):
    """Copy of an org unit. `path` holds the ids from the root down to itself."""

    __tablename__ = "directory_units"
    version: Mapped[int] = mapped_column(BigInteger)
    code: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(40))
    parent_id: Mapped[UUID | None] = mapped_column(Uuid)
    path: Mapped[list[str]]
    active: Mapped[bool]
