"""Exports of lists (SPEC UX-9): asked for in one transaction, made by a job, forgotten when their days are over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, or_, select

from chassis.ids import new_id
from chassis.work import Transaction
from contracts.complaints.exports import TOO_MANY_EXPORTS, loaded
from contracts.complaints.vocabulary import SERVICE
from contracts.context import Context
from contracts.problems import both
from services.complaints.models import ExportRow
from services.complaints.queries import exports
from services.complaints.schemas import UNMASK

MAX_ROWS = 200_000
MAX_BYTES = 60_000_000
"""Of a workbook: a reply that carries it must fit a message of the broker."""
LEASE = timedelta(minutes=5)
MAX_ATTEMPTS = 3
QUEUED, RUNNING, FAILED = "queued", "running", "failed"
TOO_MANY_ROWS = both(
    f"it has more than {MAX_ROWS:,} rows; narrow the filters, for example by received_from and received_to",
    f"超过 {MAX_ROWS:,} 行,请缩小筛选范围,例如按 received_from、received_to 分段导出",
)
TOO_LARGE = both(
    f"the workbook is larger than {MAX_BYTES // 1_000_000} MB; narrow the filters",
    f"文件超过 {MAX_BYTES // 1_000_000} MB,请缩小筛选范围",
)
BROKE_OFF = both(
    f"it broke off {MAX_ATTEMPTS} times; ask again, and tell support when it breaks off again",
    f"已中断 {MAX_ATTEMPTS} 次,请重新导出;如再次失败,请联系支持人员",
)


def ask(tx: Transaction, data: dict[str, Any], at_once: int, days: int) -> ExportRow:
    """Take an export in.

    Problems: `too_many_exports`, and those of the list, which is tried.
    """
    filters, list_ = data["filters"], data["list"]
    exports.page_of(tx, list_, {**loaded(list_, filters), "limit": 1})
    running = tx.session.scalar(
        select(func.count()).select_from(ExportRow).where(ExportRow.state.in_((QUEUED, RUNNING)))
    )
    if (running or 0) >= at_once:
        raise TOO_MANY_EXPORTS(running=running, limit=at_once)
    ctx, clear = tx.ctx, tx.ctx.may(UNMASK)
    row = ExportRow(
        tenant_id=tx.tenant_id, id=new_id(), list=list_, filters=filters, locale=data.get("locale") or ctx.locale,
        state=QUEUED, rows=0, clear=clear, context=ctx.with_(idempotency_key=None, deadline=None).to_json(),
        asked_by=ctx.actor.name or ctx.actor.kind, asked_by_id=ctx.actor.id, created_at=tx.now,
        expires_at=tx.now + timedelta(days=days), lease_until=None, attempts=0, filename=None, size=None, sha256=None,
        reason=None, finished_at=None,
    )  # fmt: skip
    tx.session.add(row)
    tx.audit("list.exported", "export", row.id, after={"list": list_, "clear": clear})
    return row


@dataclass(frozen=True, slots=True)
class Turn:
    """An export that this process is to make."""

    id: UUID
    list: str
    filters: dict[str, Any]
    locale: str
    ctx: Context
    attempt: int


def claim(tx: Transaction) -> Turn | None:
    """The oldest export that nobody works on; it is left to this process until the lease ends."""
    free = or_(ExportRow.lease_until.is_(None), ExportRow.lease_until < tx.now)
    waiting = select(ExportRow).where(ExportRow.state.in_((QUEUED, RUNNING)), free).order_by(ExportRow.id).limit(1)
    row = tx.session.scalars(waiting.with_for_update(skip_locked=True)).first()
    if row is None or SERVICE not in tx.tenant.services:
        return None
    row.state, row.lease_until, row.attempts, row.rows = RUNNING, tx.now + LEASE, row.attempts + 1, 0
    ctx = Context.from_json(row.context).with_(locale=row.locale)
    return Turn(row.id, row.list, row.filters, row.locale, ctx, row.attempts)


def go_on(tx: Transaction, turn: Turn, rows: int) -> bool:
    """Say how far it is; False when it is not this process's any more."""
    row = tx.session.get(ExportRow, (tx.tenant_id, turn.id), with_for_update=True)
    if row is None or row.state != RUNNING or row.attempts != turn.attempt:
        return False
    row.rows, row.lease_until = rows, tx.now + LEASE
    return True


def finish(tx: Transaction, turn: Turn, filename: str, sha256: str, size: int) -> bool:
    """The workbook is there. False when it is not this process's any more: it may have what was erased meanwhile."""
    row = tx.session.get(ExportRow, (tx.tenant_id, turn.id), with_for_update=True)
    if row is None or row.state != RUNNING or row.attempts != turn.attempt:
        return False
    row.state, row.filename, row.sha256, row.size = exports.DONE, filename, sha256, size
    row.finished_at, row.lease_until = tx.now, None
    return True


def fail(tx: Transaction, turn: Turn, reason: dict[str, str]) -> None:
    """It cannot be made; `reason` says in each language what to do."""
    row = tx.session.get(ExportRow, (tx.tenant_id, turn.id), with_for_update=True)
    if row is not None and row.state == RUNNING:
        row.state, row.reason, row.finished_at, row.lease_until = FAILED, reason, tx.now, None


def forget(tx: Transaction) -> list[str]:
    """Drop the exports whose days are over; the keys of files that no other export has."""
    over = ExportRow.expires_at < tx.now
    keys = set(tx.session.scalars(select(ExportRow.sha256).where(over, ExportRow.sha256.is_not(None))))
    tx.session.execute(delete(ExportRow).where(over))
    kept = set(tx.session.scalars(select(ExportRow.sha256).where(ExportRow.sha256.in_(keys))))
    return sorted(key for key in keys - kept if key)
