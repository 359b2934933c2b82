"""A tenant's own wordings (NT-2)."""

from __future__ import annotations

from typing import Any

from chassis.work import Transaction
from contracts.problems import NOT_FOUND, STALE
from services.notifications.models import OwnWording
from services.notifications.queries.templates import shown, wording_in_force
from services.notifications.wordings import policy_of, require_sound

_PARTS = ("title", "body")


def put_template(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """Set the tenant's own wording.

    Problems: `not_found` (no such key), `invalid_request` (a variable the template does not declare, a stray brace),
    `stale_version`.
    """
    before = wording_in_force(tx, data)
    require_sound(tx, before, data)
    row = _own(tx, data)
    _check_version(tx, row, data.get("expected_version"))
    if row is None:
        row = OwnWording(tenant_id=tx.tenant_id, key=data["key"], language=data["language"], channel=data["channel"])
        tx.session.add(row)
    row.title, row.body = data["title"], data["body"]
    tx.audit(
        "template.changed", "template", tx.tenant_id, note=_name(data),
        before={part: getattr(before, part) for part in _PARTS}, after={part: data[part] for part in _PARTS},
    )  # fmt: skip
    tx.session.flush()
    return shown(policy_of(tx, data["key"]), data, row.version)


def delete_template(tx: Transaction, data: dict[str, Any]) -> None:
    """Drop the tenant's own wording. Problem: `not_found`, when it has none."""
    row = _own(tx, data)
    if row is None:
        raise NOT_FOUND(kind="template")
    before = {part: getattr(row, part) for part in _PARTS}
    tx.audit("template.dropped", "template", tx.tenant_id, note=_name(data), before=before)
    tx.session.delete(row)


def _own(tx: Transaction, data: dict[str, Any]) -> OwnWording | None:
    key = (tx.tenant_id, data["key"], data["language"], data["channel"])
    return tx.session.get(OwnWording, key, with_for_update=True)


def _check_version(tx: Transaction, row: OwnWording | None, expected: int | None) -> None:
    if row is not None:
        tx.check_version(row, expected)
    elif expected:
        raise STALE(version=0)


def _name(data: dict[str, Any]) -> str:
    return f"{data['key']} {data['language']} {data['channel']}"
