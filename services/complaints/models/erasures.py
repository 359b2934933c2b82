"""Records of destroyed files, and what is still to be done about them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from chassis.db import TenantOwned
from services.complaints.models.base import Base


class ErasureRow(TenantOwned, Base):
    """The record of a destroyed file (DC-6); the cases merged into that one went with it. Never erased itself."""

    __tablename__ = "erasures"
    complaint_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    paper: Mapped[str] = mapped_column(String(80))
    """Number of the paper under which it was approved."""
    proposed_by: Mapped[str] = mapped_column(String(200))
    proposed_at: Mapped[datetime]
    approvals: Mapped[list[Any]]
    recorded_by: Mapped[str] = mapped_column(String(200))
    recorded_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]
    """When the case's rows were erased. None: it is still to be done."""
    files: Mapped[dict[str, Any]]
    """Per storage the keys of files that are still to be deleted."""
    __table_args__ = (ForeignKeyConstraint(["tenant_id", "complaint_id"], ["complaints.tenant_id", "complaints.id"]),)


class ErasureDue(TenantOwned, Base):
    """A case that is still to be erased, or its files: written with the record, gone when nothing is left."""

    __tablename__ = "erasures_due"
    complaint_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    next_at: Mapped[datetime]
    """When somebody may take it up: also the lease of who works on it."""
    attempts: Mapped[int]
    __table_args__ = (Index("ix_erasures_due_next", "next_at"),)
