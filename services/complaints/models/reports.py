"""Reports as they were made, their files, and when the next ones are made."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from chassis.db import TenantOwned, TenantRow
from services.complaints.models.base import Base


class KeptReport(TenantRow, Base):
    """One revision of a periodic report (SPEC PL-13). Insert-only, by trigger."""

    __tablename__ = "kept_reports"
    report: Mapped[str] = mapped_column(String(40))
    """Its key in the policy."""
    period: Mapped[str] = mapped_column(String(10))
    """`2026-11-22`, `2026-W47`, `2026-11`, `2026-H2` or `2026`."""
    revision: Mapped[int]
    label: Mapped[dict[str, Any]]
    begins_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    due_at: Mapped[datetime]
    late: Mapped[bool]
    """Its first revision was made after that."""
    policy_version: Mapped[int] = mapped_column(BigInteger)
    content: Mapped[dict[str, Any]]
    """Figures and tables with their names and units: it reads the same when policy and software have changed."""
    changes: Mapped[list[Any]]
    """What differs from the revision before."""
    reason: Mapped[str | None] = mapped_column(Text)
    made_at: Mapped[datetime]
    made_by: Mapped[str | None] = mapped_column(String(200))
    """None: it was made by itself."""
    made_by_id: Mapped[str | None] = mapped_column(String(64))
    __table_args__ = (UniqueConstraint("tenant_id", "report", "period", "revision"),)


class ReportFile(TenantOwned, Base):
    """A kept report as a file, written once; the content is in the storage under `sha256`. Insert-only, by trigger."""

    __tablename__ = "report_files"
    report_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    format: Mapped[str] = mapped_column(String(4), primary_key=True)
    locale: Mapped[str] = mapped_column(String(10), primary_key=True)
    filename: Mapped[str] = mapped_column(String(200))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime]
    __table_args__ = (ForeignKeyConstraint(["tenant_id", "report_id"], ["kept_reports.tenant_id", "kept_reports.id"]),)


class ReportSchedule(TenantOwned, Base):
    """The next period of a report of the active policy. `lease_until`: a process works on it, or it is tried again."""

    __tablename__ = "report_schedule"
    report: Mapped[str] = mapped_column(String(40), primary_key=True)
    next_day: Mapped[date]
    """The first day of that period, or of the part of it in which the company had the report."""
    ready_at: Mapped[datetime]
    """When the period is over."""
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
