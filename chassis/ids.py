"""Identifiers: UUIDv7, so that keys made later sort later and indexes stay dense."""

from __future__ import annotations

from uuid import UUID

from uuid_utils import uuid7

NIL = UUID(int=0)
"""Stands where a row belongs to the platform and to no tenant (the operator's own requests, for example)."""


def new_id() -> UUID:
    """A new UUIDv7."""
    return UUID(int=uuid7().int)


def made_at(id_: UUID) -> float:
    """When `new_id` made it: seconds since the epoch, to the millisecond, by the machine's own clock."""
    return (id_.int >> 80) / 1000
