"""The load under which everything is broken: threads that write for two companies, and remember what they were told."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import httpx

from kefu.waiting import wait_until
from tests.faults.history import History, Outcome, Write

THREADS = 4
PACE = 0.05
"""Seconds between two writes of a thread: enough to keep everything busy and to leave the machine to others too."""
AFTER_FAILURE = 0.3
SETTLE_LIMIT = 30.0
FLOW_LIMIT = 40.0
COMPLAINT, ACTION, CUSTOMER, BAD = "complaint", "action", "customer", "bad"
MIX = {COMPLAINT: 45, ACTION: 30, CUSTOMER: 15, BAD: 10}
"""How often each kind of write comes."""
_PHONES = 40


@dataclass(frozen=True)
class Company:
    """A tenant of one run's own."""

    id: UUID
    services: frozenset[str]
    client: httpx.Client = field(repr=False)


class Load:
    """Writes until stopped; the same seed makes the same writes (not the same interleaving)."""

    def __init__(self, companies: Sequence[Company], history: History, seed: int, mix: Mapping[str, int] = MIX) -> None:
        self.companies = {company.id: company for company in companies}
        self.history = history
        self.seed = seed
        self.mix = mix
        self._stopping = threading.Event()
        self._cases: dict[UUID, list[str]] = {company.id: [] for company in companies}

    @contextmanager
    def running(self) -> Iterator[None]:
        """Write in the background as long as this lasts; nothing is in flight afterwards."""
        threads = [threading.Thread(target=self._work, args=(number,), daemon=True) for number in range(THREADS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            for thread in threads:
                thread.join()

    def flow(self, count: int = 15) -> None:
        """Wait until that many more writes were acknowledged; TimeoutError after forty seconds."""
        wanted = self.history.acknowledged() + count
        wait_until(
            lambda: self.history.acknowledged() >= wanted, limit=FLOW_LIMIT, what=f"{count} more writes acknowledged"
        )

    def settle(self) -> None:
        """Send every unclear write again with its key until it is settled; what is still unclear after thirty seconds
        the checker will find."""
        end = time.monotonic() + SETTLE_LIMIT
        for write in self.history.unclear():
            while self.send(write) is Outcome.UNCLEAR and time.monotonic() < end:
                time.sleep(AFTER_FAILURE)

    def send(self, write: Write) -> Outcome:
        """Make the call and record it."""
        began, status = time.monotonic(), None
        try:
            answer = self.companies[write.tenant_id].client.post(
                write.path, json=write.body, headers={"Idempotency-Key": write.key}
            )
        except httpx.TransportError:
            outcome = Outcome.UNCLEAR
        else:
            status, outcome = answer.status_code, outcome_of(answer)
            if outcome is Outcome.OK and write.operation == COMPLAINT:
                self._cases[write.tenant_id].append(answer.json()["id"])
        self.history.add(write, outcome, status, time.monotonic() - began)
        return outcome

    def _work(self, number: int) -> None:
        chance = random.Random(f"{self.seed}/{number}")
        for count in itertools.count():
            failed = self.send(self._next(chance, f"{self.seed}-{number}-{count}-{uuid4().hex[:8]}")) is Outcome.UNCLEAR
            if self._stopping.wait(AFTER_FAILURE if failed else PACE):
                return

    def _next(self, chance: random.Random, key: str) -> Write:
        tenant_id = chance.choice(list(self.companies))
        operation = chance.choices(list(self.mix), list(self.mix.values()))[0]
        cases, phone = self._cases[tenant_id], f"138{chance.randrange(_PHONES):08d}"
        if operation == ACTION and cases:
            path = f"/v1/complaints/{chance.choice(cases[-20:])}/actions/add_note"
            return Write(key, tenant_id, ACTION, path, {"note": key})
        if operation == CUSTOMER:
            return Write(key, tenant_id, CUSTOMER, "/v1/customers", {"name": key, "phone": phone})
        complaint = {
            "channel": "phone", "content": key,
            "complainant": {"name": "王芳", "phone": phone, "vehicle_plate": f"粤B{phone[-5:]}", "unit_no": "3-1-501"},
        }  # fmt: skip
        if operation == BAD:
            bad = {**complaint, "channel": "telepathy"}
            return Write(key, tenant_id, COMPLAINT, "/v1/complaints", bad, acceptable=False)
        return Write(key, tenant_id, COMPLAINT, "/v1/complaints", complaint)


def outcome_of(answer: httpx.Response) -> Outcome:
    """A key that is being handled is as unclear as an answer that did not come."""
    if answer.is_success:
        return Outcome.OK
    if answer.is_server_error or answer.json().get("code") == "idempotency_key_in_use":
        return Outcome.UNCLEAR
    return Outcome.REFUSED
