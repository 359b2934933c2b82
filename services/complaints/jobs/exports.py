"""Makes exports: claim, read page by page into a file, have the press make a workbook of it, record (SPEC UX-9).

This process begins at once with what was asked of it; what another process left undone is found by a slower look at all
companies. Memory stays the same however long a list is: a page of it is held at a time, here and in the press.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any
from uuid import UUID

from chassis import clock, faultpoints, logs, press
from chassis.db import DatabaseUnavailable
from chassis.service import Job, TenantQueue
from chassis.storage import Storage
from contracts.complaints.exports import loaded
from services.complaints.queries.exports import page_of
from services.complaints.reporting.columns import COLUMNS, TITLES, Writer
from services.complaints.usecases import exports
from services.complaints.usecases.exports import Turn

log = logs.get(__name__)
PAGE = 500
HALF_MADE_SECONDS = 86_400.0
"""Far longer than a lease."""
RENEW_SECONDS = 20.0
"""How often a running export says how far it is, which keeps its lease."""
PRESS_SECONDS = 240.0
"""For a workbook of the most rows; shorter than a lease."""


class Impossible(Exception):
    """The export cannot be made however often it is tried; holds the reason in each language."""

    def __init__(self, reason: dict[str, str]) -> None:
        super().__init__(reason["en"])
        self.reason = reason


class Taken(Exception):
    """Another process took the export over."""


def make_exports(job: Job, queue: TenantQueue, storage: Storage) -> None:
    """Make every export there is."""
    for tenant_id in queue.take(job):
        while True:
            with job.begin(tenant_id) as tx:
                turn = exports.claim(tx)
            if turn is None:
                break
            faultpoints.reach("export_claimed")
            with logs.bound(turn.ctx, export_id=str(turn.id)):
                _make(job, tenant_id, turn, storage)


def _make(job: Job, tenant_id: UUID, turn: Turn, storage: Storage) -> None:
    spooled, target = (storage.workshop / f"{turn.id}.{kind}" for kind in ("rows", "xlsx"))
    try:
        filename = _written(job, tenant_id, turn, spooled, target)
        size, sha256 = target.stat().st_size, storage.take(tenant_id, target)
        with job.begin(tenant_id) as tx:
            finished = exports.finish(tx, turn, filename, sha256, size)
        if not finished:
            log.warning("export was taken over while its workbook was stored")
            storage.delete(tenant_id, sha256)
    except Taken:
        log.warning("export was taken over")
    except Impossible as impossible:
        with job.begin(tenant_id) as tx:
            exports.fail(tx, turn, impossible.reason)
    except DatabaseUnavailable:
        raise
    except (
        Exception
    ):  # also a problem of the list that came up since it was asked for: three times, then it is given up
        log.exception("export broke off; it is tried again when its lease is over")
    finally:
        for file in (spooled, target):
            file.unlink(missing_ok=True)


def _written(job: Job, tenant_id: UUID, turn: Turn, spooled: Path, target: Path) -> str:
    """Make the workbook; its name."""
    if turn.attempt > exports.MAX_ATTEMPTS:
        raise Impossible(exports.BROKE_OFF)
    filename = _read(job, tenant_id, turn, spooled)
    press.workbook_file(spooled, target, seconds=PRESS_SECONDS)
    if target.stat().st_size > exports.MAX_BYTES:
        raise Impossible(exports.TOO_LARGE)
    return filename


def _read(job: Job, tenant_id: UUID, turn: Turn, spooled: Path) -> str:
    """Write the list into a file, each page from a transaction of its own; the name of the workbook."""
    columns, locale = COLUMNS[turn.list], turn.locale
    with job.begin(tenant_id) as tx:
        day = tx.now.astimezone(tx.tenant.timezone).date()
        company = tx.tenant.name
    title = TITLES[turn.list][locale == "en"]
    with press.Spool(
        spooled, title=title, header=[column.header(locale) for column in columns],
        widths=[column.width for column in columns], preface=[f"{company} {title}", f"{day} {turn.ctx.actor.name}"],
    ) as spool:  # fmt: skip
        _spool(job, tenant_id, turn, spool)
    return f"{title} {day}.xlsx"


def _spool(job: Job, tenant_id: UUID, turn: Turn, spool: press.Spool) -> None:
    query = {**loaded(turn.list, turn.filters), "limit": PAGE}
    written, said = 0, time.monotonic()
    while True:
        rows, cursor = _page(job, turn, query)
        spool.add(rows)
        written += len(rows)
        if written > exports.MAX_ROWS:
            raise Impossible(exports.TOO_MANY_ROWS)
        if cursor is None or time.monotonic() - said > RENEW_SECONDS:
            said = time.monotonic()
            with job.begin(tenant_id) as tx:
                if not exports.go_on(tx, turn, written):
                    raise Taken
        if cursor is None:
            return
        query["cursor"] = cursor
        time.sleep(0)  # lets calls through: a page on SQLite never yields by itself


def _page(job: Job, turn: Turn, query: dict[str, Any]) -> tuple[list[list[press.Cell]], str | None]:
    """Rows of the next page as the asker may see them, and where the one after it begins."""
    with job.work.begin(turn.ctx, read_only=True) as tx:
        page, write = page_of(tx, turn.list, query), Writer(tx, turn.locale)
        rows = [[column.value(item, write) for column in COLUMNS[turn.list]] for item in page["items"]]
        return rows, page["next_cursor"]


def forget_exports(job: Job, storage: Storage) -> None:
    """Delete what is past its days, also of companies that no longer use the service, and what was left half made."""
    for file in storage.workshop.iterdir():
        if file.stat().st_mtime < clock.now().timestamp() - HALF_MADE_SECONDS:
            file.unlink(missing_ok=True)
    for tenant_id in job.known_tenants():
        with job.begin(tenant_id) as tx:
            keys = exports.forget(tx)
        for key in keys:
            storage.delete(tenant_id, key)
        time.sleep(0)
