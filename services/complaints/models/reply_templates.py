"""Wordings of replies that a company has beside its policy's."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from chassis.db import TenantRow
from services.complaints.models.base import Base


class ReplyTemplateRow(TenantRow, Base):
    """A company's own wording (UX-8). Its id follows from its key: the policy's template of the key has the same."""

    __tablename__ = "reply_templates"
    key: Mapped[str] = mapped_column(String(64))
    labels: Mapped[dict[str, Any]]
    texts: Mapped[dict[str, Any]]
    categories: Mapped[list[str]]
    stages: Mapped[list[str]]
    version: Mapped[int]
    __table_args__ = (UniqueConstraint("tenant_id", "key"),)


class ReplyTemplateVersionRow(TenantRow, Base):
    """How it was worded from a moment on. Never changed, and kept when the template goes."""

    __tablename__ = "reply_template_versions"
    template_id: Mapped[UUID] = mapped_column(Uuid)
    version: Mapped[int]
    texts: Mapped[dict[str, Any]]
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("tenant_id", "template_id", "version"),)
