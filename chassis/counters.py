"""The gap-free serials behind document numbers (SPEC PL-6)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

_NEXT = text(
    "INSERT INTO counters (tenant_id, kind, period, value) VALUES (:tenant, :kind, :period, 1) "
    "ON CONFLICT (tenant_id, kind, period) DO UPDATE SET value = counters.value + 1 RETURNING value"
)


def next_serial(session: Session, tenant_id: UUID, kind: str, period: str) -> int:
    """One more than the last committed serial of that kind and period, from 1. Locks the counter until the end of the
    transaction; that is what keeps the row of numbers without gaps."""
    tenant = str(tenant_id) if session.get_bind().dialect.name == "postgresql" else tenant_id.hex
    return int(session.execute(_NEXT, {"tenant": tenant, "kind": kind, "period": period}).scalar_one())
