"""Files that nobody names are discarded: who stored one and died, or was refused, before its row was committed left it
behind (SPEC PL-11)."""

from __future__ import annotations

import time
from datetime import timedelta
from itertools import islice
from uuid import UUID

from chassis import clock
from chassis.service import Job
from chassis.storage import Storage
from services.complaints.usecases import remains

AGE = timedelta(days=1)
"""Younger ones may still get their row."""
AT_ONCE = 500


def discard_orphans(job: Job, storage: Storage) -> int:
    """Look through the storage of attachments, papers and reports; how many files were discarded."""
    return sum(_discard(job, storage, tenant_id) for tenant_id in job.known_tenants())


def _discard(job: Job, storage: Storage, tenant_id: UUID) -> int:
    stale, discarded = storage.stale(tenant_id, clock.now() - AGE), 0
    while keys := list(islice(stale, AT_ONCE)):
        with job.begin(tenant_id) as tx:
            orphans = set(keys) - remains.named(tx, keys)
        discarded += sum(storage.discard(tenant_id, key) for key in orphans)
        time.sleep(0)  # lets calls through: looking at files never yields by itself
    return discarded
