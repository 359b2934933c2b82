"""The toy's one table."""

from __future__ import annotations

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.db import ServiceBase, TenantRow, Versioned, service_metadata


class Base(ServiceBase):
    __abstract__ = True
    metadata = service_metadata()


class Thing(TenantRow, Versioned, Base):
    """Named `unique...`, it may be there once."""

    __tablename__ = "things"
    name: Mapped[str] = mapped_column(String(20))
    unique_name: Mapped[str | None] = mapped_column(String(20))
    number: Mapped[str] = mapped_column(String(20))
    hints: Mapped[int] = mapped_column(default=0)
    __table_args__ = (UniqueConstraint("tenant_id", "unique_name"),)
