"""Filters of the list of cases that people saved."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from chassis.db import TenantOwned, TenantRow, Versioned
from services.complaints.models.base import Base


class FilterRow(TenantRow, Versioned, Base):
    """A saved filter (UX-6). `query` is what `contracts.complaints.inputs.CaseFilter` takes."""

    __tablename__ = "filters"
    owner: Mapped[str] = mapped_column(String(120))
    name: Mapped[str] = mapped_column(String(80))
    query: Mapped[dict[str, Any]]
    sort: Mapped[str | None] = mapped_column(String(20))
    role: Mapped[str | None] = mapped_column(String(64))
    org_unit_id: Mapped[UUID | None] = mapped_column(Uuid)
    created_at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("tenant_id", "owner", "name"),)


class DefaultFilterRow(TenantOwned, Base):
    """Somebody's first choice among the filters."""

    __tablename__ = "default_filters"
    owner: Mapped[str] = mapped_column(String(120), primary_key=True)
    filter_id: Mapped[UUID] = mapped_column(Uuid)
