"""Saving, changing and deleting filters of the list of cases (SPEC UX-6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select

from chassis.ids import new_id
from chassis.requests import caller
from chassis.work import Transaction
from contracts import complaints as contract
from contracts.complaints.inputs import CaseFilter
from contracts.core import schema_of
from contracts.problems import CONFLICT, INVALID, both
from services.complaints.domain.values import error
from services.complaints.models import DefaultFilterRow, FilterRow, RoleRow
from services.complaints.queries.cases import active_policy
from services.complaints.queries.filters import shown, usable
from services.complaints.usecases.intake import check_unit, localised

MAX_FILTERS = 100
_SIMPLE = ("name", "sort", "role", "org_unit_id")


def create(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """Save a filter. Problems: `conflict` for a name one has already, `invalid_request`, `org_unit_out_of_scope`."""
    _check_number(tx)
    row = FilterRow(id=new_id(), owner=caller(tx), created_at=tx.now)
    _fill(tx, row, data)
    tx.session.add(row)
    tx.session.flush()
    return shown(tx, row)


def change(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """Change one's own filter. Problems as for `create`, and `not_found`, `filter_not_yours`, `stale_version`."""
    row = _own(tx, data["filter_id"])
    tx.check_version(row, data.get("expected_version"))
    _fill(tx, row, data)
    tx.session.flush()
    return shown(tx, row)


def drop(tx: Transaction, data: dict[str, Any]) -> None:
    """Delete one's own filter; it is nobody's first choice any more."""
    row = _own(tx, data["filter_id"])
    tx.session.execute(delete(DefaultFilterRow).where(DefaultFilterRow.filter_id == row.id))
    tx.session.delete(row)


def set_default(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """Make a filter one's first choice."""
    row = usable(tx, data["filter_id"])
    kept = tx.session.get(DefaultFilterRow, (tx.tenant_id, caller(tx)))
    if kept is None:
        kept = DefaultFilterRow(owner=caller(tx))
        tx.session.add(kept)
    kept.filter_id = row.id
    tx.session.flush()
    return shown(tx, row)


def unset_default(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """Have this filter as one's first choice no longer."""
    row = usable(tx, data["filter_id"])
    mine = delete(DefaultFilterRow).where(DefaultFilterRow.owner == caller(tx), DefaultFilterRow.filter_id == row.id)
    tx.session.execute(mine)
    return shown(tx, row)


def _own(tx: Transaction, filter_id: UUID) -> FilterRow:
    row = usable(tx, filter_id)
    if row.owner != caller(tx):
        raise contract.FILTER_NOT_YOURS(name=row.name)
    return row


def _fill(tx: Transaction, row: FilterRow, data: Mapping[str, Any]) -> None:
    for name in _SIMPLE:
        if name in data:
            setattr(row, name, data[name])
    if "query" in data:
        schema = schema_of(CaseFilter)
        assert schema is not None
        row.query = schema.dump(data["query"])
    _check_name(tx, row)
    _check_sharing(tx, row)


def _check_number(tx: Transaction) -> None:
    own = select(func.count(FilterRow.id)).where(FilterRow.owner == caller(tx))
    if (tx.session.scalar(own) or 0) >= MAX_FILTERS:
        reason = both(f"you have {MAX_FILTERS} filters; delete one", f"您已有 {MAX_FILTERS} 个筛选,请先删除")
        raise CONFLICT(reason=reason)


def _check_name(tx: Transaction, row: FilterRow) -> None:
    same = select(FilterRow.id).where(FilterRow.owner == row.owner, FilterRow.name == row.name, FilterRow.id != row.id)
    with tx.session.no_autoflush:
        if tx.session.scalar(same) is not None:
            raise CONFLICT(reason=both(f"you have a filter named {row.name}", f"您已有名为“{row.name}”的筛选"))


def _check_sharing(tx: Transaction, row: FilterRow) -> None:
    check_unit(tx, row.org_unit_id)
    if row.role is None or row.role in active_policy(tx).roles:
        return
    if tx.session.get(RoleRow, (tx.tenant_id, row.role)) is None:
        wrong = error("role", "unknown", "is not a role of your company; see /v1/roles", "不是贵公司的角色")
        raise INVALID(localised([wrong], tx.ctx.locale))
