"""Whom a message goes to: roles become their holders, everybody is told once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from chassis import directory, logs
from chassis.tables import StaffEntry
from chassis.work import Transaction
from contracts.problems import NOT_FOUND

log = logs.get(__name__)


def staff_of(tx: Transaction, recipients: Iterable[Mapping[str, Any]]) -> list[StaffEntry]:
    """The active staff members among the recipients, each once.

    Problem: `not_found`, for one this service does not know yet: the directory may lag behind, and an event is tried
    again.
    """
    found: dict[Any, StaffEntry] = {}
    for recipient in recipients:
        for entry in _holders(tx, recipient):
            if entry.active:
                found[entry.id] = entry
    return list(found.values())


def persons_of(recipients: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The recipients outside the company."""
    return [recipient for recipient in recipients if recipient["kind"] == "person"]


def _holders(tx: Transaction, recipient: Mapping[str, Any]) -> list[StaffEntry]:
    if recipient["kind"] == "staff":
        entry = directory.staff(tx, recipient["staff_id"])
        if entry is None:
            raise NOT_FOUND(kind="staff member")
        return [entry]
    if recipient["kind"] == "role":
        holders = directory.staff_with_role(tx, recipient["role"], recipient.get("org_unit_id"))
        if not holders:
            log.warning("nobody holds the role that is to be told", role=recipient["role"])
        return holders
    return []
