"""Watchers of a case hear what happens with it, except of their own acts (SPEC UX-7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from chassis import directory
from chassis.tables import StaffEntry
from chassis.work import NotInCopy, Transaction
from contracts import complaints as contract
from contracts.problems import INVALID, NOT_FOUND
from services.complaints.domain import outcome as done
from services.complaints.domain.values import error
from services.complaints.models import ComplaintRow, RoleRow, WatcherRow
from services.complaints.policy import Policy
from services.complaints.queries.cases import family, load, load_standing, policy_of
from services.complaints.queries.sight import may_see
from services.complaints.usecases import messages
from services.complaints.usecases.intake import localised

TEMPLATE = "complaint.watched"
BREACHED, MERGED = "breached", "merged"
_NEWS: Mapping[type, str] = {
    done.Closed: "closed",
    done.Reopened: "reopened",
    done.LevelChanged: "level",
    done.Moved: "moved",
}
"""Effect -> kind of news; what stands first says most, and is what one act is told as."""
LABELS: Mapping[str, Mapping[str, str]] = {
    "closed": {"zh-CN": "已结案", "en": "it was closed"},
    "reopened": {"zh-CN": "已重新打开", "en": "it was opened again"},
    "level": {"zh-CN": "级别已调整", "en": "its level changed"},
    "moved": {"zh-CN": "已进入新的阶段", "en": "it moved to another stage"},
    BREACHED: {"zh-CN": "已超时", "en": "a deadline was missed"},
    MERGED: {"zh-CN": "已并入其他案件", "en": "it was merged into another case"},
}


def watch(tx: Transaction, data: dict[str, Any]) -> ComplaintRow:
    """The caller watches the case. Problems: `not_found`, `case_merged`, `only_staff`."""
    row = load_standing(tx, data["complaint_id"])
    put(tx, row, [_caller(tx)])
    return row


def unwatch(tx: Transaction, data: dict[str, Any]) -> ComplaintRow:
    """The caller watches it no longer. Problems: `not_found`, `only_staff`."""
    row = load(tx, data["complaint_id"])
    _take_away(tx, row, _caller(tx))
    return row


def add(tx: Transaction, data: dict[str, Any]) -> ComplaintRow:
    """Somebody else watches the case. Problems: `not_found`, `case_merged`, `invalid_request` when they may not."""
    row = load_standing(tx, data["complaint_id"])
    if not may_see(tx, policy_of(tx, row), row, _colleague(tx, data["staff_id"])):
        wrong = error(
            "staff_id", "may_not_see", "must be somebody who may see the case", "应为有权查看本案件的在职员工"
        )
        raise INVALID(localised([wrong], tx.ctx.locale))
    put(tx, row, [data["staff_id"]])
    return row


def remove(tx: Transaction, data: dict[str, Any]) -> ComplaintRow:
    """Somebody else watches it no longer. Problem: `not_found`."""
    row = load(tx, data["complaint_id"])
    _take_away(tx, row, _colleague(tx, data["staff_id"]).id)
    return row


def put(tx: Transaction, row: ComplaintRow, staff_ids: Sequence[UUID]) -> None:
    """Let these people watch the case; who does already goes on."""
    for staff_id in staff_ids:
        if tx.session.get(WatcherRow, (tx.tenant_id, row.id, staff_id)) is None:
            tx.session.add(WatcherRow(complaint_id=row.id, staff_id=staff_id, since=tx.now, by=tx.ctx.actor.name))


def tell_effects(tx: Transaction, policy: Policy, row: ComplaintRow, effects: Iterable[done.Effect]) -> None:
    """Tell the watchers what an act came to, in one message."""
    happened = {type(effect) for effect in effects if getattr(effect, "sheet_id", None) is None}
    news = next((kind for effect, kind in _NEWS.items() if effect in happened), None)
    if news is not None:
        tell(tx, policy, row, news)


def tell(tx: Transaction, policy: Policy, row: ComplaintRow, news: str) -> None:
    """Tell the watchers, unless the policy leaves this kind of news out; those of merged cases as well."""
    if news not in policy.watching:
        return
    watching = select(WatcherRow.staff_id).where(WatcherRow.complaint_id.in_(family(row))).distinct()
    ids = [staff_id for staff_id in tx.session.scalars(watching) if str(staff_id) != tx.ctx.actor.id]
    seeing = [str(id_) for id_ in ids if may_see(tx, policy, row, directory.staff(tx, id_))]
    messages.ask(
        tx, policy, row, TEMPLATE, messages.to_staff(sorted(seeing)), row.due_at, values={"news": LABELS[news]}
    )


def role_changed(tx: Transaction, data: dict[str, Any]) -> None:
    """Keep what a role may do, unless something newer is here."""
    row = tx.session.get(RoleRow, (tx.tenant_id, data["name"]))
    if row is None:
        row = RoleRow(name=data["name"], version=0)
        tx.session.add(row)
    if row.version < data["version"] or not data["active"]:
        row.version = data["version"]
        row.permissions = list(data["permissions"]) if data["active"] else []


def _colleague(tx: Transaction, staff_id: UUID) -> StaffEntry:
    staff = directory.staff(tx, staff_id)
    if staff is None:
        raise NotInCopy(tx.tenant_id, NOT_FOUND(kind="staff"))  # hired a moment ago, perhaps
    return staff


def _take_away(tx: Transaction, row: ComplaintRow, staff_id: UUID) -> None:
    watching = delete(WatcherRow).where(WatcherRow.complaint_id.in_(family(row)), WatcherRow.staff_id == staff_id)
    tx.session.execute(watching)


def _caller(tx: Transaction) -> UUID:
    if tx.ctx.actor.kind != "staff":
        raise contract.ONLY_STAFF()
    return UUID(tx.ctx.actor.id)
