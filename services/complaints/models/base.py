"""What all tables of this service stand on."""

from __future__ import annotations

from chassis.db import ServiceBase, service_metadata


class Base(ServiceBase):
    __abstract__ = True
    metadata = service_metadata()
