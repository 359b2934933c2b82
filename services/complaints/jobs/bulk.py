"""Works acts on many cases through (SPEC UX-6): claim, then one case after the other, each in a transaction of its own.

The process that took an order begins at once; what another process left undone is found by a slower look at all
companies. A case whose act was committed is done, whatever becomes of the process then; any other still waits.
"""

from __future__ import annotations

import time
from uuid import UUID

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.exc import StaleDataError

from chassis import logs
from chassis.db import DatabaseUnavailable
from chassis.service import Job, TenantQueue
from contracts.context import Context
from contracts.problems import Problem
from services.complaints.models import BulkRow
from services.complaints.usecases import bulk

log = logs.get(__name__)
MAX_CONFLICTS = 3


def work_bulk_through(job: Job, queue: TenantQueue) -> None:
    """Take every act there is, those of several companies by turns."""
    running = [_Run(job, row) for tenant_id in queue.take(job) for row in _claimed(job, tenant_id)]
    while running:
        running = [run for run in running if run.step()]
        time.sleep(0)  # lets calls through between two acts: on SQLite an act never yields by itself


def _claimed(job: Job, tenant_id: UUID) -> list[BulkRow]:
    with job.begin(tenant_id) as tx:
        if not bulk.any_free(tx):
            return []
        return bulk.claim(tx) if job.workplace.service in tx.tenant.services else []


class _Run:
    """One order on its way."""

    def __init__(self, job: Job, row: BulkRow) -> None:
        self._job, self._id, self._ctx = job, row.id, Context.from_json(row.context)

    def step(self) -> bool:
        """Act on the next case; whether there is more. What cannot go on now is taken up again after its lease."""
        try:
            with logs.bound(self._ctx, bulk_id=str(self._id)):
                return self._step()
        except DatabaseUnavailable as error:
            log.warning("database unavailable, the rest waits", error=str(error))
        except Exception:
            log.exception("an act on many cases broke off")
        return False

    def _step(self) -> bool:
        with self._job.work.begin(self._ctx, read_only=True) as tx:
            item_id = bulk.next_item(tx, self._id)
        if item_id is None:
            with self._job.work.begin(self._ctx) as tx:
                bulk.finish(tx, self._id)
            return False
        problem = self._problem_of(item_id)
        if problem is not None:
            with self._job.work.begin(self._ctx) as tx:
                bulk.refuse(tx, self._id, item_id, problem)
        return not self._is_over()

    def _problem_of(self, item_id: UUID) -> Problem | None:
        """Act on the case; why not, when it was refused."""
        for attempt in range(1, MAX_CONFLICTS + 1):
            try:
                self._job.workplace.knowing_tenant(lambda: self._act(item_id))
            except Problem as problem:
                return problem
            except DatabaseUnavailable:
                raise
            except (DBAPIError, StaleDataError):
                if attempt == MAX_CONFLICTS:
                    log.exception("one of many cases could not be acted on")
                    return bulk.broke()
            except Exception:
                log.exception("one of many cases could not be acted on")
                return bulk.broke()
            else:
                return None
        raise AssertionError("unreachable")

    def _act(self, item_id: UUID) -> None:
        with self._job.work.begin(self._ctx) as tx:
            bulk.act(tx, self._id, item_id)

    def _is_over(self) -> bool:
        with self._job.work.begin(self._ctx, read_only=True) as tx:
            return tx.get(BulkRow, self._id, kind="bulk").state != bulk.RUNNING
