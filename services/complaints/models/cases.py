"""Cases, their sheets, history and files; the case library; the search indexes."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, String, Text, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.db import TenantOwned, TenantRow, Versioned
from services.complaints.models.base import Base


def _linked(name: str, column: str) -> Index:
    """Finds the few cases that point to another one by `column`."""
    there = text(f"{column} IS NOT NULL")
    return Index(f"ix_complaints_{name}", "tenant_id", column, postgresql_where=there, sqlite_where=there)


def _of_complaint() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant_id", "complaint_id"], ["complaints.tenant_id", "complaints.id"])


class ComplaintRow(TenantRow, Versioned, Base):
    """A case."""

    __tablename__ = "complaints"
    number: Mapped[str] = mapped_column(String(80))
    policy_version: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(10))
    process: Mapped[str] = mapped_column(String(40))
    stage: Mapped[str] = mapped_column(String(40))
    level: Mapped[str] = mapped_column(String(40))
    level_rank: Mapped[int]
    priority: Mapped[int] = mapped_column(default=0)
    category: Mapped[str | None] = mapped_column(String(40))
    department: Mapped[str | None] = mapped_column(String(40))
    validity: Mapped[str | None] = mapped_column(String(40))
    channel: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str | None] = mapped_column(String(200))
    subject_key: Mapped[str | None] = mapped_column(String(200))
    """The subject without case, width and blanks: like cases have the same (RF-4)."""
    content: Mapped[str] = mapped_column(Text)
    remedy_sought: Mapped[str | None] = mapped_column(Text)
    org_unit_id: Mapped[UUID | None] = mapped_column(Uuid)
    handler_id: Mapped[UUID | None] = mapped_column(Uuid)
    external_ref: Mapped[str | None] = mapped_column(String(200))
    follows_id: Mapped[UUID | None] = mapped_column(Uuid)
    merged_into_id: Mapped[UUID | None] = mapped_column(Uuid)
    """Set: the case stands still, and counts nowhere (UX-1)."""
    split_from_id: Mapped[UUID | None] = mapped_column(Uuid)

    complainant_name: Mapped[str | None] = mapped_column(String(100))
    complainant_phone: Mapped[str | None] = mapped_column(String(40))
    complainant_email: Mapped[str | None] = mapped_column(String(254))
    complainant_kind: Mapped[str | None] = mapped_column(String(40))
    complainant_address: Mapped[str | None] = mapped_column(String(300))
    complainant_key: Mapped[str] = mapped_column(String(120))
    """Tells complainants apart: the customer, else the phone, else the name, else the case itself."""
    customer_id: Mapped[UUID | None] = mapped_column(Uuid)
    asset_id: Mapped[UUID | None] = mapped_column(Uuid)
    vehicle_plate: Mapped[str | None] = mapped_column(String(20))
    unit_no: Mapped[str | None] = mapped_column(String(100))

    group_size: Mapped[int] = mapped_column(default=1)
    claimed_amount: Mapped[int] = mapped_column(BigInteger, default=0)
    media_risk: Mapped[bool] = mapped_column(default=False)
    lawsuit_risk: Mapped[bool] = mapped_column(default=False)
    like_cases: Mapped[int] = mapped_column(default=1)
    facts: Mapped[dict[str, Any]]
    engine_case: ClassVar[Any] = None
    """The engine's view of it, held for the transaction's time (`usecases.store.case_of`)."""
    work: Mapped[dict[str, Any]]
    """What the engine keeps of the case: parties, ticks, proposals, forms, reasons of the level."""

    refused: Mapped[bool | None]
    """Whether a refusal of the decision waits for its answer (IS-7); None: no, so that few rows are indexed."""
    outcome: Mapped[str | None] = mapped_column(String(40))
    satisfaction: Mapped[str | None] = mapped_column(String(40))
    reopened: Mapped[int] = mapped_column(default=0)
    attachments: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None]
    occurred_at: Mapped[datetime | None]
    received_at: Mapped[datetime]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    first_response_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]
    """Set: its file was destroyed, and figures are what is left (DC-6)."""
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        Index("ix_complaints_received", "tenant_id", "received_at", "id"),
        Index("ix_complaints_updated", "tenant_id", "updated_at", "id"),
        Index("ix_complaints_state", "tenant_id", "state", "received_at"),
        Index("ix_complaints_like", "tenant_id", "category", "subject_key", "received_at"),
        Index("ix_complaints_customer", "tenant_id", "customer_id", "received_at"),
        Index("ix_complaints_closed", "tenant_id", "closed_at"),
        Index("ix_complaints_due", "tenant_id", "due_at"),
        Index("ix_complaints_category", "tenant_id", "category", "received_at", "id"),
        Index("ix_complaints_priority", "tenant_id", text("priority DESC"), "received_at", "id"),
        Index("ix_complaints_level", "tenant_id", text("level_rank DESC"), "received_at", "id"),
        _linked("follows", "follows_id"),
        _linked("merged", "merged_into_id"),
        _linked("split", "split_from_id"),
        _linked("refused", "refused"),
    )  # fmt: skip


class SheetRow(TenantRow, Versioned, Base):
    """A numbered paper on a case, with a small process of its own: urging notice, corrective action, compensation."""

    __tablename__ = "sheets"
    complaint_id: Mapped[UUID] = mapped_column(Uuid)
    complaint_number: Mapped[str] = mapped_column(String(80))
    number: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(40))
    nature: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(10))
    stage: Mapped[str] = mapped_column(String(40))
    org_unit_id: Mapped[UUID | None] = mapped_column(Uuid)
    values: Mapped[dict[str, Any]]
    work: Mapped[dict[str, Any]]
    due_at: Mapped[datetime | None]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    __table_args__ = (
        _of_complaint(),
        UniqueConstraint("tenant_id", "number"),
        Index("ix_sheets_complaint", "tenant_id", "complaint_id", "id"),
        Index("ix_sheets_nature", "tenant_id", "nature", "opened_at"),
    )


class HistoryRow(TenantRow, Base):
    """One thing that happened with a case. Never changed."""

    __tablename__ = "history"
    complaint_id: Mapped[UUID] = mapped_column(Uuid)
    sheet_id: Mapped[UUID | None] = mapped_column(Uuid)
    at: Mapped[datetime]
    what: Mapped[str] = mapped_column(String(20))
    action: Mapped[str | None] = mapped_column(String(40))
    by: Mapped[str] = mapped_column(String(200))
    by_id: Mapped[str] = mapped_column(String(64))
    from_stage: Mapped[str | None] = mapped_column(String(40))
    to_stage: Mapped[str | None] = mapped_column(String(40))
    fields: Mapped[dict[str, Any]]
    note: Mapped[str | None] = mapped_column(Text)
    audience: Mapped[str | None] = mapped_column(String(12))
    """`complainant`: a note meant for them. Else, and when there is none, only for the company's own people."""
    __table_args__ = (_of_complaint(), Index("ix_history_complaint", "tenant_id", "complaint_id", "id"))


class AttachmentRow(TenantRow, Base):
    """A file on a case; its content is in the storage under `sha256`."""

    __tablename__ = "attachments"
    complaint_id: Mapped[UUID] = mapped_column(Uuid)
    filename: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str | None] = mapped_column(String(40))
    sheet_id: Mapped[UUID | None] = mapped_column(Uuid)
    by: Mapped[str] = mapped_column(String(200))
    by_id: Mapped[str | None] = mapped_column(String(64))
    at: Mapped[datetime]
    struck_at: Mapped[datetime | None]
    """Struck out then: on the record, but no paper of the case any more."""
    struck_by: Mapped[str | None] = mapped_column(String(200))
    struck_reason: Mapped[str | None] = mapped_column(String(300))
    __table_args__ = (_of_complaint(), Index("ix_attachments_complaint", "tenant_id", "complaint_id", "id"))


class PrecedentRow(TenantRow, Base):
    """A closed case worth learning from, without the people in it (SPEC PD-3, NX-12)."""

    __tablename__ = "precedents"
    complaint_id: Mapped[UUID] = mapped_column(Uuid)
    category: Mapped[str | None] = mapped_column(String(40))
    level: Mapped[str] = mapped_column(String(40))
    outcome: Mapped[str | None] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(200))
    account: Mapped[str] = mapped_column(Text)
    analysis: Mapped[str] = mapped_column(Text)
    award: Mapped[int | None] = mapped_column(BigInteger)
    """What was paid on the case, in fen; None when nothing was."""
    kept_at: Mapped[datetime]
    __table_args__ = (
        _of_complaint(),
        UniqueConstraint("tenant_id", "complaint_id"),
        Index("ix_precedents_category", "tenant_id", "category", "award"),
    )


class PrecedentToken(TenantOwned, Base):
    """Search index: a piece of a precedent's text. Derived, so without foreign key."""

    __tablename__ = "precedent_tokens"
    token: Mapped[str] = mapped_column(String(64), primary_key=True)
    precedent_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    __table_args__ = (Index("ix_precedent_tokens_precedent", "tenant_id", "precedent_id"),)


class CaseToken(TenantOwned, Base):
    """Search index: a piece of a case's text (UX-10). A table of ours, because row level security switches PostgreSQL's
    text indexes off, and they miss words of two Chinese characters. Derived, so without foreign key."""

    __tablename__ = "case_tokens"
    token: Mapped[str] = mapped_column(String(64), primary_key=True)
    complaint_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    __table_args__ = (Index("ix_case_tokens_complaint", "tenant_id", "complaint_id"),)
