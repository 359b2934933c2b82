"""What is kept of a case at its closing, and what is still to be made."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from chassis.db import TenantOwned, TenantRow
from services.complaints.models.base import Base


class PaperRow(TenantRow, Base):
    """A paper as of a closing; its content is in the storage under `sha256`. Never changed, by trigger."""

    __tablename__ = "papers"
    complaint_id: Mapped[UUID] = mapped_column(Uuid)
    closing: Mapped[int]
    """Of which closing: 1, and one more for each reopening before."""
    kind: Mapped[str] = mapped_column(String(20))
    """`case_file` or `forms`."""
    locale: Mapped[str] = mapped_column(String(10))
    filename: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime]
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "complaint_id"], ["complaints.tenant_id", "complaints.id"]),
        UniqueConstraint("tenant_id", "complaint_id", "closing", "kind"),
    )


class PapersDue(TenantOwned, Base):
    """A closing whose papers are not made yet: written in the transaction that closes, gone in the one that keeps."""

    __tablename__ = "papers_due"
    complaint_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    closing: Mapped[int] = mapped_column(primary_key=True)
    closed_at: Mapped[datetime]
    next_at: Mapped[datetime]
    """When somebody may take it up: also the lease of who works on it."""
    attempts: Mapped[int]
    __table_args__ = (Index("ix_papers_due_next", "next_at"),)
