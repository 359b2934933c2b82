"""What must be true after every fault, read from the databases: nothing lost, nothing done twice, nothing anywhere it
does not belong."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from chassis import audit, clock, topology
from chassis.db import Database
from chassis.delivery import DEAD, WAITING
from chassis.tables import AuditRow, EventRetry, Inbox, Outbox
from contracts import complaints, tenants
from kefu.processes import SERVICES
from kefu.waiting import wait_until
from services.complaints.models import ComplaintRow, HistoryRow
from services.customers.models import Customer, TimelineEntry
from services.notifications.models import Message
from tests.faults.history import History, Outcome, Told
from tests.faults.ledger import LEDGER
from tests.faults.site import Site
from tests.faults.workload import ACTION, COMPLAINT, CUSTOMER, Company

SETTLE_LIMIT = 30.0
SABOTAGED_LIMIT = 5.0
"""Without a guarantee it may never settle, and need not."""
SHOWN = 8
"""Violations of a kind that are told one by one."""
PASSED_OVER = {tenants.POLICY_ACTIVATED.type}
"""Events that a subscriber may do nothing about: a service keeps only the policies that are its own."""
AS_WANTED = {"notifications.tell_partners"}
"""Subscribers that take an event only when the company has a webhook for it."""
RACES_LOST = {409, 412}
"""Honest answers to a good write that met another one."""
Found = Counter[tuple[str, UUID, str]]
"""(operation, tenant, key) -> how many records there are."""


class Violation(AssertionError):
    """Something was lost, doubled or misplaced."""


@dataclass(slots=True)
class Verdict:
    """The figures of one fault, and what was found wrong."""

    fault: str
    database: str
    seed: int
    attempt: int = 0
    acknowledged: int = 0
    ok: int = 0
    lost: int = 0
    unexpected: int = 0
    duplicated: int = 0
    recovered: int = 0
    events: int = 0
    findings: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """By figure; "unfinished" and "untrue" have none."""

    def blame(self, kind: str, texts: Iterable[str]) -> None:
        """Add these violations, and count them when their kind is one of the figures."""
        found = list(texts)
        self.findings[kind] += found
        if hasattr(self, kind):
            setattr(self, kind, getattr(self, kind) + len(found))

    @property
    def violations(self) -> int:
        return sum(map(len, self.findings.values()))

    def raise_if_bad(self) -> None:
        if self.violations:
            shown = [f"  {kind}: {text}" for kind, texts in self.findings.items() for text in texts[:SHOWN]]
            raise Violation("\n".join([f"{self.fault} on {self.database}: {self.violations} violations", *shown]))


class Checker:
    """Judges one run: its companies, its history, and how many dead letters were meant to be."""

    def __init__(self, site: Site, companies: list[Company], history: History) -> None:
        self.site = site
        self.companies = {company.id: company for company in companies}
        self.history = history
        self.subscribers = {service: topology.handlers(service) for service in SERVICES}

    def judge(self, fault: str, seed: int, dead: int) -> Verdict:
        """Wait until the platform has settled, then count."""
        self._settle()
        verdict = Verdict(fault, self.site.databases.kind, seed)
        self._judge_writes(verdict)
        self._judge_events(verdict)
        verdict.blame("unfinished", self._unfinished())
        verdict.blame("untrue", self._wrong_dead_letters(dead))
        verdict.blame("untrue", self._broken_audit())
        return verdict

    def _settle(self) -> None:
        limit = SABOTAGED_LIMIT if self.site.sabotage else SETTLE_LIMIT
        try:
            wait_until(lambda: not self._unfinished(), limit=limit, what="settled", every=0.3)
        except TimeoutError:
            return  # the verdict says what is left

    # -- writes --------------------------------------------------------------------------------------------------------

    def _judge_writes(self, verdict: Verdict) -> None:
        told, found = self.history.told, self._found()
        verdict.attempt = len(told)
        verdict.acknowledged = sum(t.outcomes[0] is Outcome.OK for t in told)
        verdict.recovered = sum(t.recovered for t in told)
        verdict.ok = sum(t.last is Outcome.OK and found[_place(t)] == 1 for t in told)
        verdict.blame("lost", (f"{_name(t)} is lost" for t in told if t.last is Outcome.OK and not found[_place(t)]))
        verdict.blame("duplicated", (f"{key} was done {n} times" for (_, _, key), n in found.items() if n > 1))
        refused = {_place(t) for t in told if t.last is Outcome.REFUSED}
        verdict.blame("unexpected", (f"{key} was refused and done" for _, _, key in found.keys() & refused))
        strange = found.keys() - {_place(t) for t in told}
        verdict.blame("unexpected", (f"{key} is nobody's, or another tenant's" for _, _, key in strange))
        verdict.blame("untrue", (f"{_name(t)} is still unclear" for t in told if t.last is Outcome.UNCLEAR))
        verdict.blame("untrue", (f"{_name(t)} was told {t.statuses}" for t in told if _unjust(t)))

    def _found(self) -> Found:
        found: Found = Counter()
        for row in self.site.read("complaints", self._of(ComplaintRow, ComplaintRow.content)):
            found[COMPLAINT, row.tenant_id, row.content] += 1
        for row in self.site.read("customers", self._of(Customer, Customer.name)):
            found[CUSTOMER, row.tenant_id, row.name] += 1
        actions = self._of(HistoryRow, HistoryRow.fields).where(HistoryRow.what == "action")
        for row in self.site.read("complaints", actions):
            found[ACTION, row.tenant_id, row.fields["note"]] += 1
        return found

    def _of(self, model: Any, *columns: Any) -> Select[Any]:
        """Those columns of the run's companies' rows."""
        return select(model.tenant_id, *columns).where(model.tenant_id.in_(self.companies))

    # -- events --------------------------------------------------------------------------------------------------------

    def _judge_events(self, verdict: Verdict) -> None:
        committed = self._committed()
        verdict.events = len(committed)
        verdict.blame("lost", (f"event {event} never reached {who}" for who, event in self._missing(committed)))
        verdict.blame("unexpected", self._uninvited())
        for what, wanted, there in self._effects(committed):
            verdict.blame("lost", (f"{what} of {key[1]} is missing: {key[2:]}" for key in wanted - there))
            verdict.blame(
                "duplicated",
                (f"{what} of {key[1]} is there more often than it happened: {key[2:]}" for key in there - wanted),
            )

    def _committed(self) -> list[Any]:
        """(tenant, event, type, aggregate) of every event that the run's companies caused."""
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

    def _effects(self, committed: list[Any]) -> Iterator[tuple[str, Counter[Any], Counter[Any]]]:
        """(name, how often each effect must be there, how often it is): keys begin with tenant and complaint."""
        opened = complaints.COMPLAINT_OPENED.type
        cases = self.site.count("complaints", self._of(ComplaintRow, ComplaintRow.id))
        timeline = self.site.count("customers", self._of(TimelineEntry, TimelineEntry.subject_id, TimelineEntry.event))
        on_timeline = {h.event.type for _, h in self.subscribers["customers"] if h.event.service == complaints.SERVICE}
        on_timeline -= {complaints.COMPLAINANT_NAMED.type}
        # by the cases themselves: an event that was never written down is in no ledger
        yield (
            "complaint.opened on the timeline",
            cases,
            Counter({k[:2]: n for k, n in timeline.items() if k[2] == opened}),
        )
        yield "timeline entry", _per_case(committed, on_timeline), timeline
        registered = self._of(AuditRow, AuditRow.subject_id).where(AuditRow.action == "complaint.registered")
        yield "audit row", cases, self.site.count("complaints", registered)
        enabled = [row for row in committed if "notifications" in self.companies[row.tenant_id].services]
        asked = _per_case(enabled, {complaints.MESSAGE_REQUESTED.type})
        messages = self.site.count("notifications", self._of(Message, Message.subject_id))
        yield "message", Counter({key[:2]: n for key, n in asked.items()}), messages

    # -- what is left over ---------------------------------------------------------------------------------------------

    def _unfinished(self) -> list[str]:
        """What is still on its way."""
        committed = self._committed()
        waiting = self._of(EventRetry, EventRetry.handler).where(EventRetry.state == WAITING)
        left = [f"{service}: an event is in the outbox" for service in SERVICES
                for _ in self.site.read(service, self._of(Outbox))]  # fmt: skip
        left += [f"{row.handler}: an event waits to be tried again" for service in SERVICES
                 for row in self.site.read(service, waiting)]  # fmt: skip
        return left + [f"{who}: {event} is on its way" for who, event in self._missing(committed)]

    def _wrong_dead_letters(self, wanted: int) -> list[str]:
        dead = self._of(EventRetry, EventRetry.handler, EventRetry.error).where(EventRetry.state == DEAD)
        rows = [row for service in SERVICES for row in self.site.read(service, dead)]
        if len(rows) == wanted:
            return []
        return [f"{len(rows)} dead letters instead of {wanted}", *(f"{row.handler}: {row.error}" for row in rows)]

    def _broken_audit(self) -> list[str]:
        """Over every company the site ever had: those of earlier runs are sealed by now."""
        findings: list[str] = []

        def whole() -> bool:  # the sealer may be at work between our reading the links and the end
            findings[:] = [text for service in ("complaints", "customers") for text in self._audit_of(service)]
            return not findings

        try:
            wait_until(whole, limit=5, what="the audit's chain is whole", every=0.5)
        except TimeoutError:
            return findings
        return []

    def _audit_of(self, service: str) -> Iterator[str]:
        database = Database(service, self.site.databases.url, pool_size=1)
        try:
            for company in self.site.companies:
                with database.begin(company.id, read_only=True) as session:
                    for finding in audit.verify(session, company.id, clock.now()):
                        yield f"audit of {service}: {finding.what}"
        finally:
            database.close()


def _place(told: Told) -> tuple[str, UUID, str]:
    return told.write.operation, told.write.tenant_id, told.write.key


def _name(told: Told) -> str:
    return f"{told.write.operation} {told.write.key}"


def _unjust(told: Told) -> bool:
    """A good write refused for no reason of its own, or a bad one taken."""
    if not told.write.acceptable:
        return told.last is Outcome.OK
    return told.last is Outcome.REFUSED and told.statuses[-1] not in RACES_LOST


def _per_case(committed: list[Any], types: set[str]) -> Counter[Any]:
    return Counter((row.tenant_id, row.aggregate_id, row.routing_key) for row in committed if row.routing_key in types)
