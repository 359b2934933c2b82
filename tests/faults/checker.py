"""What must be true after every fault, read from the databases: nothing lost, nothing done twice, nothing anywhere it
does not belong, nothing in the wrong order."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from chassis import audit, clock, topology
from chassis.db import Database
from chassis.delivery import DEAD, WAITING
from chassis.tables import EventRetry, Inbox, Outbox
from contracts import tenants
from kefu.processes import SERVICES
from kefu.waiting import wait_until
from services.customers.models import Import
from tests.faults import effects
from tests.faults.companies import Company
from tests.faults.history import History, Outcome, Told
from tests.faults.ledger import APPLIED, LEDGER
from tests.faults.site import Site
from tests.faults.verdicts import Verdict
from tests.faults.writes import KINDS

SETTLE_LIMIT = 30.0
SABOTAGED_LIMIT = 5.0
"""Without a guarantee it may never settle, and need not."""
AUDIT_LIMIT = 30.0
PASSED_OVER = {tenants.POLICY_ACTIVATED.type}
"""Events that a subscriber may do nothing about: a service keeps only the policies that are its own."""
AS_WANTED = {"notifications.tell_partners"}
"""Subscribers that take an event only when the company has a webhook for it."""
HONEST = {409, 412, 429}
"""Refusals of a good write that met another one, or its company's rate limit."""


class Checker:
    """Judges one run: its companies and its history."""

    def __init__(self, site: Site, companies: Sequence[Company], history: History) -> None:
        self.site = site
        self.companies = {company.id: company for company in companies}
        self.history = history
        self.subscribers = {service: topology.handlers(service) for service in SERVICES}

    def judge(
        self, verdict: Verdict, *, dead: int, ordered: bool = True, settle_limit: float = SETTLE_LIMIT
    ) -> Verdict:
        """Wait until the platform has settled, then count. `dead` is how many dead letters were meant to be; with
        `ordered` false the fault itself mixed the events up."""
        verdict.settled_in = self._settle(settle_limit)
        self._judge_writes(verdict)
        self._judge_events(verdict)
        if ordered:
            verdict.blame("disordered", self._disordered())
        verdict.blame("unfinished", self._unfinished())
        verdict.blame("untrue", self._wrong_dead_letters(dead))
        verdict.blame("untrue", self._broken_audit())
        return verdict

    def _settle(self, limit: float) -> float:
        began = time.monotonic()
        limit = SABOTAGED_LIMIT if self.site.sabotage else limit
        with suppress(TimeoutError):  # the verdict says what is left
            wait_until(lambda: not self._unfinished(), limit=limit, what="settled", every=0.3)
        return time.monotonic() - began

    # -- writes --------------------------------------------------------------------------------------------------------

    def _judge_writes(self, verdict: Verdict) -> None:
        told, found = self.history.told, self.found()
        verdict.attempt = len(told)
        verdict.acknowledged = sum(t.outcomes[0] is Outcome.OK for t in told)
        verdict.recovered = sum(t.recovered for t in told)
        verdict.ok = sum(t.last is Outcome.OK and found[t.write.place] == 1 for t in told)
        verdict.blame(
            "lost", (f"{_name(t)} is lost" for t in told if t.last is Outcome.OK and not found[t.write.place])
        )
        verdict.blame("duplicated", (f"{place[2]} was done {n} times" for place, n in found.items() if n > 1))
        refused = {t.write.place for t in told if t.last is Outcome.REFUSED}
        verdict.blame("unexpected", (f"{place[2]} was refused and done" for place in found.keys() & refused))
        strange = found.keys() - {t.write.place for t in told}
        verdict.blame("unexpected", (f"{place[0]} {place[2]} is nobody's, or another tenant's" for place in strange))
        verdict.blame("untrue", (f"{_name(t)} is still unclear" for t in told if t.last is Outcome.UNCLEAR))
        verdict.blame("untrue", (f"{_name(t)} was told {t.statuses}" for t in told if _unjust(t)))

    def found(self) -> Counter[tuple[str, UUID, str]]:
        """(operation, tenant, mark) -> how many records there are."""
        return Counter(
            (kind.name, tenant_id, mark)
            for kind in KINDS
            for tenant_id, mark in kind.found(self.site.read, self.companies.keys())
        )

    def _of(self, model: Any, *columns: Any) -> Select[Any]:
        """Those columns of the run's companies' rows."""
        return select(model.tenant_id, *columns).where(model.tenant_id.in_(self.companies))

    # -- events --------------------------------------------------------------------------------------------------------

    def _judge_events(self, verdict: Verdict) -> None:
        committed = self.committed()
        verdict.events = len(committed)
        verdict.blame("lost", (f"event {event} never reached {who}" for who, event in self._missing(committed)))
        verdict.blame("unexpected", self._uninvited())
        on_timeline = effects.timeline_types(self.subscribers["customers"])
        for what, wanted, there in effects.all_of(self.site, self.companies, committed, on_timeline):
            verdict.blame("lost", (f"{what} of {key[1]} is missing: {key[2:]}" for key in wanted - there))
            more = (f"{what} of {key[1]} is there more often than it happened: {key[2:]}" for key in there - wanted)
            verdict.blame("duplicated", more)

    def committed(self) -> list[Any]:
        """(seq, tenant, event, type, aggregate) of every event that the run's companies caused."""
        statement = select(LEDGER).where(
            LEDGER.c.tenant_id.in_(self.companies), LEDGER.c.routing_key.not_in(PASSED_OVER)
        )
        return [row for service in SERVICES for row in self.site.read(service, statement)]

    def _missing(self, committed: list[Any]) -> Iterator[tuple[str, str]]:
        """(handler, event) of what a subscriber that was to apply an event has not."""
        for service, handlers in self.subscribers.items():
            applied = {tuple(row) for row in self.site.read(service, self._of(Inbox, Inbox.handler, Inbox.message_id))}
            for method, handler in handlers:
                who = f"{service}.{method}"
                if who in AS_WANTED:
                    continue
                for row in committed:
                    wanted = handler.always or service in self.companies[row.tenant_id].services
                    subscribed = row.routing_key == handler.event.type and wanted
                    if subscribed and (row.tenant_id, who, row.id) not in applied:
                        yield who, f"{row.routing_key} {row.id}"

    def _uninvited(self) -> Iterator[str]:
        """What a service applied for a company that has not enabled it."""
        for service, handlers in self.subscribers.items():
            for_enabled = [f"{service}.{method}" for method, handler in handlers if not handler.always]
            others = [company.id for company in self.companies.values() if service not in company.services]
            statement = select(Inbox.handler).where(Inbox.tenant_id.in_(others), Inbox.handler.in_(for_enabled))
            yield from (f"{row.handler} worked uninvited" for row in self.site.read(service, statement))

    def _disordered(self) -> Iterator[str]:
        """Events of one aggregate that a subscriber applied in another order than they were committed in."""
        written = {
            (service, row.id): row
            for service in SERVICES
            for row in self.site.read(service, select(LEDGER).where(LEDGER.c.tenant_id.in_(self.companies)))
        }
        source = {id_: (service, row) for (service, id_), row in written.items()}
        for subscriber in SERVICES:
            applied = select(APPLIED).where(APPLIED.c.tenant_id.in_(self.companies)).order_by(APPLIED.c.seq)
            newest: dict[tuple[str, UUID], int] = defaultdict(int)
            for row in self.site.read(subscriber, applied):
                if row.message_id not in source:
                    continue
                service, event = source[row.message_id]
                if event.seq < newest[service, event.aggregate_id]:
                    yield f"{row.handler} applied {event.routing_key} {event.id} after a later one of its aggregate"
                newest[service, event.aggregate_id] = max(event.seq, newest[service, event.aggregate_id])

    # -- what is left over ---------------------------------------------------------------------------------------------

    def _unfinished(self) -> list[str]:
        """What is still on its way."""
        waiting = self._of(EventRetry, EventRetry.handler).where(EventRetry.state == WAITING)
        left = [f"{service}: an event is in the outbox" for service in SERVICES
                for _ in self.site.read(service, self._of(Outbox))]  # fmt: skip
        left += [f"{row.handler}: an event waits to be tried again" for service in SERVICES
                 for row in self.site.read(service, waiting)]  # fmt: skip
        imports = self._of(Import, Import.filename).where(Import.state.in_(("queued", "running")))
        left += [f"import {row.filename} is not through" for row in self.site.read("customers", imports)]
        return left or [f"{who}: {event} is on its way" for who, event in self._missing(self.committed())]

    def _wrong_dead_letters(self, wanted: int) -> list[str]:
        dead = self._of(EventRetry, EventRetry.handler, EventRetry.error).where(EventRetry.state == DEAD)
        rows = [row for service in SERVICES for row in self.site.read(service, dead)]
        if len(rows) == wanted:
            return []
        return [f"{len(rows)} dead letters instead of {wanted}", *(f"{row.handler}: {row.error}" for row in rows)]

    def _broken_audit(self) -> list[str]:
        """What `kefu audit verify` would say of the run's companies."""
        findings: list[str] = []

        def whole() -> bool:  # the sealer may be at work between our reading the links and the end
            findings[:] = [text for service in SERVICES for text in self._audit_of(service)]
            return not findings

        try:
            wait_until(whole, limit=AUDIT_LIMIT, what="the audit's chain is whole", every=0.5)
        except TimeoutError:
            return findings
        return []

    def _audit_of(self, service: str) -> Iterator[str]:
        database = Database(service, self.site.databases.url, pool_size=1)
        try:
            for company in self.companies:
                with database.begin(company, read_only=True) as session:
                    for finding in audit.verify(session, company, clock.now()):
                        yield f"audit of {service}: {finding.what}"
        finally:
            database.close()


def _name(told: Told) -> str:
    return f"{told.write.operation} {told.write.key}"


def _unjust(told: Told) -> bool:
    """A good write refused for no reason of its own, or a bad one taken."""
    if not told.write.acceptable:
        return told.last is Outcome.OK
    return told.last is Outcome.REFUSED and told.statuses[-1] not in HONEST
