"""What echo saw: a row each time it applied an event, so that a second time shows."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from chassis.db import ServiceBase, TenantRow, service_metadata


class Base(ServiceBase):
    __abstract__ = True
    metadata = service_metadata()


class Seen(TenantRow, Base):
    __tablename__ = "seen"
    thing_id: Mapped[UUID] = mapped_column(Uuid)
    name: Mapped[str] = mapped_column(String(20))
    event: Mapped[str] = mapped_column(String(40))
