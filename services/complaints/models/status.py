"""The complainant's side of a case: links to the status page, and what was said there."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, LargeBinary, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from chassis.db import TenantRow
from services.complaints.models.base import Base


def _of_complaint() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant_id", "complaint_id"], ["complaints.tenant_id", "complaints.id"])


class StatusLinkRow(TenantRow, Base):
    """What opens the status page of one case. Of token and code only digests are kept; both find the company too, so
    they are unique among all of them."""

    __tablename__ = "status_links"
    complaint_id: Mapped[UUID] = mapped_column(Uuid)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    code_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)
    issued_at: Mapped[datetime]
    issued_by: Mapped[str] = mapped_column(String(200))
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    __table_args__ = (_of_complaint(), Index("ix_status_links_complaint", "tenant_id", "complaint_id", "id"))

    def is_good(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.expires_at


class StatementRow(TenantRow, Base):
    """Something the complainant said on the status page. Never changed."""

    __tablename__ = "statements"
    complaint_id: Mapped[UUID] = mapped_column(Uuid)
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)
    files: Mapped[list[str]]
    satisfaction: Mapped[str | None] = mapped_column(String(40))
    about: Mapped[str | None] = mapped_column(String(64))
    """Digest of the decision that was answered: another decision wants another answer."""
    __table_args__ = (_of_complaint(), Index("ix_statements_complaint", "tenant_id", "complaint_id", "id"))
