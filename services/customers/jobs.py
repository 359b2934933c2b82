"""Works imports through, a chunk a transaction, several files by turns so that a large one holds up nobody.

This process begins at once with the files it took in itself; what another process left undone is found by a slower look
at all tenants.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import TypeVar
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from chassis import logs, offload
from chassis.db import DatabaseUnavailable
from chassis.service import Job, TenantQueue
from chassis.work import Transaction, Work
from contracts.context import Context
from services.customers import sheets
from services.customers.domain.rows import CellError, read_header
from services.customers.models import Import, ImportFile
from services.customers.settings import CustomersSettings
from services.customers.usecases import imports
from services.customers.usecases.importing import Importer

log = logs.get(__name__)
Result = TypeVar("Result")
CHUNK = 200
LOOK_EVERY = 60.0
MAX_CONFLICTS = 3
DATABASE_PAUSE = 1.0
MAX_ATTEMPTS = 5
"""Times a file is taken up again after the process that worked on it broke or died."""


@cache
def lease() -> timedelta:
    """How long an import whose process says nothing more is left to it."""
    return timedelta(seconds=CustomersSettings.load().import_lease)


@cache
def import_queue() -> TenantQueue:
    """Which tenants may have imports to do."""
    return TenantQueue(min(LOOK_EVERY, lease().total_seconds()))


def run(job: Job, queue: TenantQueue) -> None:
    """Work through every import there is, by turns."""
    runs = _taken(job, queue)
    while runs:
        runs = [running for running in runs if running.step()]
        time.sleep(0)  # lets calls through between two chunks: a chunk on SQLite never yields by itself
        runs += _taken(job, queue)


def _taken(job: Job, queue: TenantQueue) -> list[ImportRun]:
    return [ImportRun(job.work, row) for tenant_id in queue.take(job) for row in claim(job, tenant_id)]


def claim(job: Job, tenant_id: UUID) -> list[Import]:
    """Take the tenant's free imports; nobody else works on them until the lease ends."""
    with job.begin(tenant_id) as tx:
        free = or_(Import.lease_until.is_(None), Import.lease_until < tx.now)
        waiting = select(Import).where(Import.state.in_(("queued", "running")), free)
        if not tx.session.scalar(select(waiting.exists())) or job.workplace.service not in tx.tenant.services:
            return []
        rows = list(tx.session.scalars(waiting.order_by(Import.id).with_for_update(skip_locked=True)))
        for row in rows:
            row.lease_until, row.attempts = tx.now + lease(), row.attempts + 1
        return rows


class ImportRun:
    """One file on its way; each `step` is one transaction."""

    def __init__(self, work: Work, row: Import) -> None:
        self.work = work
        self.ctx = Context.from_json(row.context)
        self.import_id = row.id
        self.mode = row.mode
        self.attempts = row.attempts
        self._done = row.rows_done if row.mode == "good_rows" else 0
        self._lines: imports.Lines | None = None
        self._importer: Importer | None = None

    def step(self) -> bool:
        """Do the next piece; returns whether there is more. What fails for an unknown cause is left for later."""
        try:
            with logs.bound(self.ctx, import_id=str(self.import_id)):
                return self._step()
        except DatabaseUnavailable as error:
            log.warning("database unavailable, import waits", error=str(error))
            time.sleep(DATABASE_PAUSE)
            return True
        except Exception:
            log.exception("import step failed")
            return False

    def _step(self) -> bool:
        if self.attempts > MAX_ATTEMPTS:
            return self._refuse([CellError(1, "", "broke_off")])
        if self._lines is None:
            return self._open()
        assert self._importer is not None
        if self._done < len(self._lines.rows):
            chunk = imports.Lines(self._lines.header, self._lines.rows[self._done : self._done + CHUNK])
            self._write(lambda tx: self._work_through(tx, chunk))
            self._done += len(chunk.rows)
            return True
        if self.mode == "all_or_nothing":
            self._all_or_nothing()
        else:
            self._write(lambda tx: imports.finish(tx, self.import_id, "done"))
        return False

    def _open(self) -> bool:
        """Read the file beside the event loop, and begin; a file that cannot be read ends here."""
        with self.work.begin(self.ctx, read_only=True) as tx:
            content = tx.session.scalars(select(ImportFile.content).where(ImportFile.import_id == self.import_id)).one()
        limit = imports.MAX_ROWS_AT_ONCE if self.mode == "all_or_nothing" else imports.MAX_ROWS
        try:
            sheet = offload.run(sheets.read, content, limit)
        except sheets.Unreadable as unreadable:
            return self._refuse([CellError(1, "", unreadable.code, unreadable.params)])
        header, errors = read_header(sheet.header)
        if errors:
            return self._refuse(errors)
        self._lines = imports.Lines(header, sheet.rows)
        self._importer = Importer(header, store=self.mode == "good_rows")
        self._write(lambda tx: imports.begin(tx, self.import_id, len(sheet.rows), self._done))
        return True

    def _work_through(self, tx: Transaction, chunk: imports.Lines) -> list[CellError]:
        assert self._importer is not None
        return imports.work_through(tx, self.import_id, chunk, self._done, self._importer)

    def _all_or_nothing(self) -> None:
        """When all rows were found good, store them at once; if anything came between, none."""
        with self.work.begin(self.ctx, read_only=True) as tx:
            bad = tx.get(Import, self.import_id, kind="import").rows_bad
        if bad:
            self._refuse([])
            return
        try:
            self._write(self._store_all)
        except imports.NotAll as refused:
            self._refuse(refused.errors)

    def _store_all(self, tx: Transaction) -> None:
        assert self._lines is not None
        imports.store_all(tx, self.import_id, self._lines, CHUNK)

    def _refuse(self, errors: list[CellError]) -> bool:
        self._write(lambda tx: imports.refuse(tx, self.import_id, errors))
        return False

    def _write(self, body: Callable[[Transaction], Result]) -> Result:
        """One transaction, tried again when somebody else stored the same thing at the same time."""
        for attempt in range(1, MAX_CONFLICTS + 1):
            try:
                with self.work.begin(self.ctx) as tx:
                    self._extend_lease(tx)
                    return body(tx)
            except (IntegrityError, StaleDataError):
                if attempt == MAX_CONFLICTS:
                    raise
        raise AssertionError("unreachable")

    def _extend_lease(self, tx: Transaction) -> None:
        statement = update(Import).where(Import.tenant_id == tx.tenant_id, Import.id == self.import_id)
        tx.session.execute(statement.values(lease_until=tx.now + lease()))
