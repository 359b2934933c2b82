"""The load under which everything is broken: threads that write for several companies, and remember what they were
told."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import httpx

from kefu.waiting import wait_until
from tests.faults.companies import Company
from tests.faults.history import History, Outcome, Write
from tests.faults.writes import COMPLAINT, MIX, Mix

THREADS = 4
PACE = 0.05
"""Seconds between two writes of a thread: enough to keep everything busy and to leave the machine to others too."""
AFTER_FAILURE = 0.3
SETTLE_LIMIT = 60.0
FLOW_LIMIT = 60.0
RATE_LIMITED = 429


class Load:
    """Writes until stopped; the same seed makes the same writes (not the same interleaving)."""

    def __init__(
        self, companies: Sequence[Company], history: History, seed: int, mix: Mix = MIX, pace: float = PACE
    ) -> None:
        self.companies = {company.id: company for company in companies}
        self.history = history
        self.seed = seed
        self.mix = mix
        self.pace = pace
        self._stopping = threading.Event()
        self._broken: list[Exception] = []

    @contextmanager
    def running(self, threads: int = THREADS) -> Iterator[None]:
        """Write in the background as long as this lasts; nothing is in flight afterwards."""
        workers = [threading.Thread(target=self._work, args=(number,), daemon=True) for number in range(threads)]
        for worker in workers:
            worker.start()
        try:
            yield
        finally:
            self._stopping.set()
            for worker in workers:
                worker.join()
        if self._broken:
            raise self._broken[0]

    def flow(self, count: int = 15) -> None:
        """Wait until that many more writes were acknowledged; TimeoutError after a minute without one."""
        wanted = self.history.acknowledged() + count
        while (before := self.history.acknowledged()) < wanted:
            wait_until(lambda: self.history.acknowledged() > before, limit=FLOW_LIMIT, what="a write is acknowledged")

    def settle(self) -> None:
        """Send every unclear write again with its key until it is settled; what is still unclear after a minute the
        checker will find."""
        end = time.monotonic() + SETTLE_LIMIT

        def settled(write: Write) -> None:
            while self.send(write) is Outcome.UNCLEAR and time.monotonic() < end:
                time.sleep(AFTER_FAILURE)

        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(settled, self.history.unclear()))

    def send(self, write: Write) -> Outcome:
        """Make the call and record it."""
        began, status = time.monotonic(), None
        try:
            answer = self._call(write)
        except httpx.TransportError:
            outcome = Outcome.UNCLEAR
        else:
            status, outcome = answer.status_code, outcome_of(answer)
            if outcome is Outcome.OK and write.operation == COMPLAINT.name:
                self.companies[write.tenant_id].cases.append(answer.json()["id"])
        self.history.add(write, outcome, status, time.monotonic() - began)
        return outcome

    def _call(self, write: Write) -> httpx.Response:
        company = self.companies[write.tenant_id]
        client = company.staff if write.by_staff else company.client
        content: Any = {"files": {"file": write.file}} if write.file else {"json": write.body}
        return client.request(write.verb, write.path, headers={"Idempotency-Key": write.key}, **content)

    def _work(self, number: int) -> None:
        chance = random.Random(f"{self.seed}/{number}")
        try:
            for count in itertools.count():
                failed = self.send(self._next(chance, f"{self.seed}-{number}-{count}-{uuid4().hex[:8]}"))
                if self._stopping.wait(AFTER_FAILURE if failed is Outcome.UNCLEAR else self.pace):
                    return
        except Exception as error:  # noqa: BLE001  (the run must not go on with fewer writers than it says)
            self._broken.append(error)

    def _next(self, chance: random.Random, key: str) -> Write:
        company = chance.choice(list(self.companies.values()))
        kind = chance.choices(list(self.mix), list(self.mix.values()))[0]
        write = kind.make(chance, company, key) or COMPLAINT.make(chance, company, key)
        assert write is not None
        return write


def outcome_of(answer: httpx.Response) -> Outcome:
    """A key that is being handled is as unclear as an answer that did not come."""
    if answer.is_success:
        return Outcome.OK
    if answer.is_server_error or answer.json().get("code") == "idempotency_key_in_use":
        return Outcome.UNCLEAR
    return Outcome.REFUSED
