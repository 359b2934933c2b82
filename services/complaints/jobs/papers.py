"""Papers of closed cases make themselves (SPEC PL-9): claim, render, record, each by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from chassis import clock, faultpoints, logs, metrics, press
from chassis.db import DatabaseUnavailable
from chassis.service import Job
from chassis.storage import Storage
from contracts.complaints.vocabulary import SERVICE
from services.complaints.models import PapersDue
from services.complaints.printing import rendering
from services.complaints.usecases import papers, remains

log = logs.get(__name__)
SECONDS = 120.0
"""What a paper may take: nobody waits for it."""
ROUND = 20
"""Closings worked on between two looks at which are due."""


def make_papers(job: Job, storage: Storage) -> int:
    """Make the papers of the closings that are due, one after another; how many were made."""
    made = sum(_make(job, storage, *due) for due in _due(job))
    with job.work.database.begin(None, read_only=True, system=True) as session:
        oldest: datetime | None = session.scalar(select(func.min(PapersDue.closed_at)))
    metrics.PAPERS_WAITING.labels(SERVICE).set((clock.now() - oldest).total_seconds() if oldest else 0)
    return made


def _due(job: Job) -> list[tuple[UUID, UUID, int]]:
    columns = (PapersDue.tenant_id, PapersDue.complaint_id, PapersDue.closing)
    statement = select(*columns).where(PapersDue.next_at <= clock.now()).order_by(PapersDue.next_at).limit(ROUND)
    with job.work.database.begin(None, read_only=True, system=True) as session:
        return [(tenant_id, complaint_id, closing) for tenant_id, complaint_id, closing in session.execute(statement)]


def _make(job: Job, storage: Storage, tenant_id: UUID, complaint_id: UUID, closing: int) -> bool:
    try:
        made = _made(job, storage, tenant_id, complaint_id, closing)
    except DatabaseUnavailable:
        raise
    except Exception:
        # The claim has put it off already.
        log.exception("papers could not be made", complaint_id=str(complaint_id), closing=closing)
        metrics.PAPERS.labels(SERVICE, "failed").inc()
        return False
    if made:
        metrics.PAPERS.labels(SERVICE, "made").inc()
    return made


def _made(job: Job, storage: Storage, tenant_id: UUID, complaint_id: UUID, closing: int) -> bool:
    with job.begin(tenant_id) as tx:
        turn = papers.claim(tx, complaint_id, closing)
    if turn is None:
        return False
    pdf = rendering.pdf(turn.file, seconds=SECONDS)
    made = papers.made_of(turn, pdf, press.workbook(turn.forms, seconds=SECONDS))
    keys = [storage.put(tenant_id, one.content) for one in made]
    faultpoints.reach("papers_stored")
    with job.begin(tenant_id) as tx:
        recorded = papers.record(tx, turn, made, keys)
    if not recorded:
        _take_back(job, storage, tenant_id, keys)
    return recorded


def _take_back(job: Job, storage: Storage, tenant_id: UUID, keys: Sequence[str]) -> None:
    """Somebody else kept them, or the case's file was destroyed meanwhile: nothing of it may lie about."""
    with job.begin(tenant_id) as tx:
        named = remains.named(tx, keys)
    for key in set(keys) - named:
        storage.delete(tenant_id, key)
