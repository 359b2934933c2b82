"""Which case was merged into which one, and how to undo it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from chassis.db import TenantRow
from services.complaints.models.base import Base


class MergeRow(TenantRow, Base):
    """A case was merged into another one (UX-1)."""

    __tablename__ = "merges"
    complaint_id: Mapped[UUID] = mapped_column(Uuid)
    into_id: Mapped[UUID] = mapped_column(Uuid)
    reason: Mapped[str] = mapped_column(String(300))
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    before: Mapped[dict[str, Any]]
    """The engine's notes of the surviving case as they were, and which of its clocks ran."""
    after: Mapped[dict[str, Any]]
    """And what the merge made of them: an undo goes back to `before` only from there."""
    undone_at: Mapped[datetime | None]
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "complaint_id"], ["complaints.tenant_id", "complaints.id"]),
        Index("ix_merges_complaint", "tenant_id", "complaint_id", "id"),
    )
