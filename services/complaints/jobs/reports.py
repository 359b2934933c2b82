"""Periodic reports make themselves (SPEC PL-13): claim, count, record, each in a transaction of its own.

Any number of processes do it; a row a report says who works on it. Every process remembers when each company is to be
looked at next, so that nothing but one small question goes to the database while no period ends.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from chassis import clock, faultpoints, logs, metrics
from chassis.db import DatabaseUnavailable
from chassis.service import Job
from chassis.work import Transaction
from contracts.complaints.vocabulary import SERVICE
from contracts.context import service_context
from services.complaints.models import KeptReport
from services.complaints.queries.cases import active_policy
from services.complaints.usecases import kept_reports, report_schedule
from services.complaints.usecases.report_schedule import Turn

log = logs.get(__name__)
A_ROUND = 25
"""Companies looked at in a round: a process that starts knows none of them, and the others' calls go before."""
TURN_SECONDS = 3.0
"""What a company gets in a round: who missed many reports does not hold up the others."""


class Timetable:
    """When to look at each company, as far as this process knows."""

    def __init__(self) -> None:
        self._known: dict[UUID, tuple[int, datetime | None, datetime | None]] = {}

    def due(self, revisions: dict[UUID, int], now: datetime) -> list[UUID]:
        """Companies to look at now, a round of them: unknown here, changed since, or with a period that is over."""
        found = [tenant_id for tenant_id, revision in revisions.items() if self._is_due(tenant_id, revision, now)]
        random.shuffle(found)  # several processes begin at different ends
        return found[:A_ROUND]

    def _is_due(self, tenant_id: UUID, revision: int, now: datetime) -> bool:
        known, look, _ = self._known.get(tenant_id, (None, None, None))
        return known != revision or (look is not None and look <= now)

    def remember(self, tenant_id: UUID, revision: int, look: datetime | None, oldest: datetime | None) -> None:
        self._known[tenant_id] = (revision, look, oldest)

    def waiting(self, now: datetime) -> float:
        """For how many seconds the oldest report that is not made yet could have been made."""
        oldest = min((oldest for _, _, oldest in self._known.values() if oldest is not None), default=now)
        return max(0.0, (now - oldest).total_seconds())


def make_reports(job: Job, timetable: Timetable) -> None:
    """Make every report whose period is over."""
    revisions = job.tenant_revisions()
    for tenant_id in timetable.due(revisions, clock.now()):
        try:
            _settle(job, tenant_id)
            turn_ends = time.monotonic() + TURN_SECONDS
            while _make_next(job, tenant_id) and time.monotonic() < turn_ends:
                time.sleep(0)  # lets calls through: on SQLite counting never yields by itself
            with _looking(job, tenant_id) as tx:
                timetable.remember(tenant_id, revisions[tenant_id], *report_schedule.next_look(tx))
        except DatabaseUnavailable:
            raise
        except Exception:
            log.exception("reports of a company could not be looked at", tenant_id=str(tenant_id))
        time.sleep(0)
    metrics.REPORTS_WAITING.labels(SERVICE).set(timetable.waiting(clock.now()))


@contextmanager
def _looking(job: Job, tenant_id: UUID) -> Iterator[Transaction]:
    with job.work.begin(service_context(SERVICE, tenant_id), read_only=True) as tx:
        yield tx


def _settle(job: Job, tenant_id: UUID) -> None:
    with _looking(job, tenant_id) as tx:
        settled = report_schedule.is_settled(tx)
    if not settled:
        with suppress(IntegrityError), job.begin(tenant_id) as tx:  # another process did it at the same time
            report_schedule.settle(tx)


def _make_next(job: Job, tenant_id: UUID) -> bool:
    """Make the next period that is over; whether to go on."""
    with job.begin(tenant_id) as tx:
        turn = report_schedule.claim(tx)
    if turn is None:
        return False
    faultpoints.reach("report_claimed")
    try:
        made = _made(job, tenant_id, turn)
    except DatabaseUnavailable:
        raise
    except Exception:
        log.exception("report could not be made", report=turn.report, period=turn.period.name)
        metrics.REPORTS.labels(SERVICE, "failed").inc()
        with job.begin(tenant_id) as tx:
            report_schedule.put_off(tx, turn)
        return True
    if made is not None:
        metrics.REPORTS.labels(SERVICE, "late" if made.late else "in_time").inc()
        log.info("report made", report=turn.report, period=turn.period.name, late=made.late)
    return True


def _made(job: Job, tenant_id: UUID, turn: Turn) -> KeptReport | None:
    with _looking(job, tenant_id) as tx:
        counted = kept_reports.count(tx, active_policy(tx), turn.report, turn.period)
    with job.begin(tenant_id) as tx:
        return report_schedule.record(tx, turn, counted)
