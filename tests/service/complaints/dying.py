"""A process that works acts on many cases through and is killed in the middle:

python -m tests.service.complaints.dying <database url> <tenant id> <which act> <inside|after>

`inside`: within the transaction of that act; `after`: when it is committed.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any
from uuid import UUID

from chassis.db import Database
from chassis.timers import Job, TenantQueue
from services.complaints import jobs
from services.complaints.usecases import bulk
from tests.service.complaints.bench import Bench


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(url: str, tenant_id: str, which: str, when: str) -> None:
    number = 0
    act, next_item = bulk.act, bulk.next_item

    def counted(*args: Any) -> None:
        nonlocal number
        act(*args)
        number += 1
        if number == int(which) and when == "inside":
            _die()

    def looked(*args: Any) -> Any:
        if number == int(which) and when == "after":
            _die()
        return next_item(*args)

    bulk.act, bulk.next_item = counted, looked
    queue = TenantQueue(60)
    queue.tell(UUID(tenant_id))
    jobs.work_bulk_through(Job(Bench(Database("complaints", url))), queue)


if __name__ == "__main__":
    main(*sys.argv[1:])
