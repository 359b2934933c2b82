"""Saved filters: whose they are, whether they still make sense (SPEC UX-6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from chassis import directory
from chassis.paging import page
from chassis.requests import caller
from chassis.work import Transaction
from contracts.complaints.inputs import CaseFilter
from contracts.core import schema_of
from contracts.problems import NOT_FOUND
from services.complaints.models import DefaultFilterRow, FilterRow
from services.complaints.policy import Policy
from services.complaints.queries.cases import active_policy

_LISTS = {"level": "levels", "category": "categories", "channel": "channels", "validity": "validities"}


def listed(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """The caller's filters and those shared with them, oldest first."""
    found = page(tx, select(FilterRow).where(_visible(tx)), sort=[(FilterRow.id, "asc")], data=data)
    default = default_of(tx)
    return {**found, "items": [shown(tx, row, default) for row in found["items"]]}


def one(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """The filter `filter_id`."""
    return shown(tx, usable(tx, data["filter_id"]))


def usable(tx: Transaction, filter_id: UUID) -> FilterRow:
    """The filter, when it is the caller's own or shared with them; `not_found` otherwise."""
    row = tx.session.scalar(select(FilterRow).where(FilterRow.id == filter_id, _visible(tx)))
    if row is None:
        raise NOT_FOUND(kind="filter")
    return row


def query_of(row: FilterRow) -> Mapping[str, Any]:
    """What it filters by, as the list takes it."""
    schema = schema_of(CaseFilter)
    assert schema is not None
    loaded: dict[str, Any] = schema.load(row.query)
    return loaded


def default_of(tx: Transaction) -> UUID | None:
    """The caller's first choice."""
    row = tx.session.get(DefaultFilterRow, (tx.tenant_id, caller(tx)))
    return row.filter_id if row else None


def shown(tx: Transaction, row: FilterRow, default: UUID | None = None) -> dict[str, Any]:
    """A filter as its reader sees it."""
    facts = {name: getattr(row, name) for name in ("id", "name", "query", "sort", "role", "org_unit_id", "version")}
    is_default = (default or default_of(tx)) == row.id
    return {**facts, "mine": row.owner == caller(tx), "default": is_default, "broken": broken(tx, row)}


def broken(tx: Transaction, row: FilterRow) -> list[dict[str, str]]:
    """What the filter names and the policy in force, or the company, no longer has."""
    return list(_broken(tx, active_policy(tx), row.query))


def _broken(tx: Transaction, policy: Policy, query: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    stages = {stage for process in policy.processes.values() for stage in process.stages}
    known = {**{name: getattr(policy, part) for name, part in _LISTS.items()}, "stage": stages}
    for name, names in known.items():
        if query.get(name) and query[name] not in names:
            yield {"field": name, "value": query[name]}
    unit, handler = query.get("org_unit_id"), query.get("handler_id")
    if unit and directory.unit(tx, UUID(unit)) is None:
        yield {"field": "org_unit_id", "value": unit}
    if handler and handler != "me" and directory.staff(tx, UUID(handler)) is None:
        yield {"field": "handler_id", "value": handler}


def _visible(tx: Transaction) -> ColumnElement[bool]:
    units = tx.ctx.org_unit_ids
    shared = FilterRow.org_unit_id.is_not(None) if units is None else FilterRow.org_unit_id.in_(units)
    return or_(FilterRow.owner == caller(tx), FilterRow.role.in_(tx.ctx.roles), shared)
