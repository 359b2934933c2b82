"""Asking the notifications service to tell people something about a case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chassis.work import Transaction
from contracts import complaints as contract
from services.complaints.models import ComplaintRow
from services.complaints.policy import Policy

MAX_TEXT = 2000
"""Characters a message's variable may have."""


def ask(  # noqa: PLR0917  (tell these people this about the case)
    tx: Transaction,
    policy: Policy,
    row: ComplaintRow,
    template: str,
    recipients: list[dict[str, Any]],
    due_at: datetime | None,
    *,
    urgent: bool = False,
    values: Mapping[str, Any] | None = None,
) -> None:
    """Have the recipients told by the template; nothing without any. `due_at`: the case's next deadline."""
    if not recipients:
        return
    message = {
        "key": template, "urgent": urgent, "recipients": recipients,
        "variables": {**_variables(policy, row, due_at), **_clipped(values or {})},
        "subject": {"kind": "complaint", "id": row.id, "number": row.number}, "org_unit_id": row.org_unit_id,
    }  # fmt: skip
    tx.emit(contract.MESSAGE_REQUESTED, row.id, message)


def to_staff(staff_ids: list[str]) -> list[dict[str, Any]]:
    """Staff members as recipients."""
    return [{"kind": "staff", "staff_id": staff_id} for staff_id in staff_ids]


def _variables(policy: Policy, row: ComplaintRow, due_at: datetime | None) -> dict[str, Any]:
    stage = policy.processes[row.process].stages[row.stage]
    return {
        "number": row.number, "level": policy.levels[row.level]["labels"], "stage": stage.labels,
        "category": policy.categories[row.category]["labels"] if row.category else "",
        "channel": policy.channels[row.channel]["labels"], "due_at": due_at.isoformat() if due_at else None,
        "content": row.content[:200],
    }  # fmt: skip


def _clipped(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value[:MAX_TEXT] if isinstance(value, str) else value for key, value in values.items()}
