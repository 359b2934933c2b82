"""API keys, without their secrets."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from chassis import paging
from chassis.work import Transaction
from services.tenants.models import ApiKey


def api_keys(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """The company's keys, newest first."""
    return paging.page(tx, select(ApiKey), sort=[(ApiKey.created_at, "desc"), (ApiKey.id, "desc")], data=data)
