"""Lists on their way to a workbook."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.db import TenantRow
from services.complaints.models.base import Base


class ExportRow(TenantRow, Base):
    """An export and how far it is. `context`: on whose behalf it is made; the file is in the storage under `sha256`."""

    __tablename__ = "exports"
    list: Mapped[str] = mapped_column(String(24))
    filters: Mapped[dict[str, Any]]
    locale: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10))
    rows: Mapped[int] = mapped_column(default=0)
    clear: Mapped[bool]
    context: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[str] = mapped_column(String(200))
    asked_by_id: Mapped[str] = mapped_column(String(64))
    filename: Mapped[str | None] = mapped_column(String(200))
    size: Mapped[int | None]
    sha256: Mapped[str | None] = mapped_column(String(64))
    reason: Mapped[dict[str, Any] | None]
    """Why it failed, in each language."""
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    __table_args__ = (
        Index("ix_exports_asked", "tenant_id", "asked_by_id", "id"),
        Index("ix_exports_state", "tenant_id", "state"),
        Index("ix_exports_expires", "tenant_id", "expires_at"),
    )
