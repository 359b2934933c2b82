"""Who follows a case, and what roles may do, to tell who may see it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from chassis.db import TenantOwned, TenantRow
from services.complaints.models.base import Base


def _of_complaint() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant_id", "complaint_id"], ["complaints.tenant_id", "complaints.id"])


class WatcherRow(TenantOwned, Base):
    """A staff member hears what happens with a case (UX-7)."""

    __tablename__ = "watchers"
    complaint_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    staff_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    since: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(200))
    __table_args__ = (_of_complaint(), Index("ix_watchers_staff", "tenant_id", "staff_id", "complaint_id"))


class MentionRow(TenantRow, Base):
    """A staff member was named in a text on a case (UX-7)."""

    __tablename__ = "mentions"
    complaint_id: Mapped[UUID] = mapped_column(Uuid)
    staff_id: Mapped[UUID] = mapped_column(Uuid)
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    __table_args__ = (_of_complaint(), Index("ix_mentions_staff", "tenant_id", "staff_id", "complaint_id"))


class RoleRow(TenantOwned, Base):
    """Copy of a role, as it is now: a policy knows only how it was when the policy was activated."""

    __tablename__ = "roles"
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[int]
    permissions: Mapped[list[str]]
