"""Acts on many cases, and what became of each."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from chassis.db import TenantRow
from services.complaints.models.base import Base


class BulkRow(TenantRow, Base):
    """One action to be taken on many cases (UX-6)."""

    __tablename__ = "bulk_jobs"
    owner: Mapped[str] = mapped_column(String(120))
    context: Mapped[str] = mapped_column(Text)
    """Who asked, with which rights: in their name each case is acted on."""
    action: Mapped[str] = mapped_column(String(64))
    fields: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(10))
    total: Mapped[int]
    done: Mapped[int]
    refused: Mapped[int]
    made_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    """Until then it is left to the process that works on it."""
    __table_args__ = (
        Index("ix_bulk_jobs_state", "tenant_id", "state", "id"),
        Index("ix_bulk_jobs_owner", "tenant_id", "owner", "id"),
    )


class BulkItemRow(TenantRow, Base):
    """One of the cases."""

    __tablename__ = "bulk_items"
    bulk_id: Mapped[UUID] = mapped_column(Uuid)
    complaint_id: Mapped[UUID] = mapped_column(Uuid)
    number: Mapped[str | None] = mapped_column(String(80))
    expected_version: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime | None]
    problem: Mapped[dict[str, Any] | None]
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "bulk_id"], ["bulk_jobs.tenant_id", "bulk_jobs.id"]),
        Index("ix_bulk_items_bulk", "tenant_id", "bulk_id", "state", "id"),
    )
