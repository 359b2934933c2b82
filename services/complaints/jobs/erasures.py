"""Destroyed files are erased (SPEC DC-6): claim, erase the rows, delete the files, each by itself."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import func, select

from chassis import clock, faultpoints, logs, metrics
from chassis.db import DatabaseUnavailable
from chassis.erasure import Unsealed
from chassis.service import Job
from chassis.storage import Storage
from contracts.complaints.vocabulary import SERVICE
from services.complaints.models import ErasureDue
from services.complaints.usecases import erasing

log = logs.get(__name__)
ROUND = 20
"""Cases worked on between two looks at which are due."""
STUCK = 3
"""Tries after which somebody is told."""


def erase_cases(job: Job, storages: Mapping[str, Storage]) -> int:
    """Erase the cases that are due, one after another; how many are done. Also those of companies that no longer use
    the service: what was destroyed is destroyed."""
    done = sum(_erase(job, storages, *due) for due in _due(job))
    stuck = select(func.count(ErasureDue.complaint_id)).where(ErasureDue.attempts >= STUCK)
    with job.work.database.begin(None, read_only=True, system=True) as session:
        metrics.ERASURES_STUCK.labels(SERVICE).set(session.scalar(stuck) or 0)
    return done


def _due(job: Job) -> list[tuple[UUID, UUID]]:
    columns = select(ErasureDue.tenant_id, ErasureDue.complaint_id)
    statement = columns.where(ErasureDue.next_at <= clock.now()).order_by(ErasureDue.next_at).limit(ROUND)
    with job.work.database.begin(None, read_only=True, system=True) as session:
        return [(tenant_id, complaint_id) for tenant_id, complaint_id in session.execute(statement)]


def _erase(job: Job, storages: Mapping[str, Storage], tenant_id: UUID, complaint_id: UUID) -> bool:
    done = False
    try:
        with job.begin(tenant_id) as tx:
            turn = erasing.claim(tx, complaint_id)
        if turn is None:
            return False
        if not turn.erased:
            with job.begin(tenant_id) as tx:
                erasing.erase(tx, complaint_id)
            faultpoints.reach("case_erased")
        done = _delete_files(job, storages, tenant_id, complaint_id)
        metrics.ERASURES.labels(SERVICE, "done").inc(done)
    except Unsealed:
        with job.begin(tenant_id) as tx:
            erasing.put_off(tx, complaint_id)
    except DatabaseUnavailable:
        raise
    except Exception:
        # The claim has put it off already.
        log.exception("a destroyed file could not be erased", complaint_id=str(complaint_id))
        metrics.ERASURES.labels(SERVICE, "failed").inc()
    return done


def _delete_files(job: Job, storages: Mapping[str, Storage], tenant_id: UUID, complaint_id: UUID) -> bool:
    with job.begin(tenant_id) as tx:
        files = erasing.files_left(tx, complaint_id)
    left = {name: [key for key in keys if not storages[name].discard(tenant_id, key)] for name, keys in files.items()}
    faultpoints.reach("case_files_deleted")
    with job.begin(tenant_id) as tx:
        erasing.finish(tx, complaint_id, left)
    return not any(left.values())
