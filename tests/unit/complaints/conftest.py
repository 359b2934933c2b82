"""A small stage on which a case is played by the rules alone: packs, people, a clock that the test moves."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from contracts.policies import load_pack, resolve
from services.complaints import domain
from services.complaints.domain.outcome import Effect, Notify, Outcome, StartDeadline, StopDeadline
from services.complaints.policy import Policy

PACKS = Path(__file__).parents[3] / "packs"
INDUSTRIES = ("dealership", "property", "developer")
VARIANTS = (
    "property/frontline", "property/appeals", "property/coordination", "property/dispatching", "property/centre",
    "developer/risk", "developer/classes", "group", "group/oversight",
)  # fmt: skip
ZONE = ZoneInfo("Asia/Shanghai")


@cache
def document_of(pack: str) -> dict[str, Any]:
    return resolve("complaints", [load_pack(PACKS, pack)]).require()


@cache
def policy_of(pack: str) -> Policy:
    return Policy(document_of(pack), 1)


def actor(policy: Policy, role: str, staff_id: str | None = None) -> domain.Actor:
    """A staff member with one role of the pack and its permissions."""
    granted = set(policy.roles[role]["permissions"])
    return domain.Actor(
        id=staff_id or f"staff-{role}",
        name=role,
        roles=frozenset({role}),
        may=lambda wanted: bool(granted & {wanted, "*", f"{wanted.split('.')[0]}.*"}),
        locale="en",
    )


class Story:
    """One case from intake on. Every step keeps the engine's outcome, so that a test can look at its effects."""

    def __init__(self, pack: str, *, channel: str = "phone", opened_by: str | None = None, **facts: Any) -> None:
        self.policy = policy_of(pack)
        self.moment = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # Monday 09:00 in Shanghai
        self.sheets: dict[str, domain.Sheet] = {}
        self.effects: list[Effect] = []
        self._ids = (f"00000000-0000-0000-0000-{n:012d}" for n in itertools.count(1))
        case = domain.new_case(self.policy, "case-1", channel, self.moment, facts)
        case.has_contact = True
        opener = opened_by or next(iter(self.policy.processes.values())).stages[self.start].holder or ""
        if opener.startswith("$"):
            opener = self.policy.parties[opener[1:]]["stands_in"]
        self.case = case
        self._keep(domain.open_case(self.policy, case, self.who(opener), self.now, self.new_id))

    @property
    def start(self) -> str:
        return next(iter(self.policy.processes.values())).start

    @property
    def now(self) -> domain.Now:
        return domain.Now(self.moment, ZONE)

    @property
    def stage(self) -> str:
        return self.case.flow.stage

    def new_id(self) -> str:
        return next(self._ids)

    def later(self, **span: float) -> None:
        self.moment += timedelta(**span)

    def who(self, role: str, staff_id: str | None = None) -> domain.Actor:
        return actor(self.policy, role, staff_id)

    def sheet(self, kind: str) -> domain.Sheet:
        """The last sheet of that kind."""
        return next(s for s in reversed(self.sheets.values()) if s.kind == kind)

    def do(self, name: str, by: str | domain.Actor, on: str | None = None, **fields: Any) -> Outcome:
        """`by` does `name` on the case, or on the last sheet of kind `on`."""
        doer = self.who(by) if isinstance(by, str) else by
        sheet = self.sheet(on) if on else None
        return self._keep(domain.act(self.policy, self.case, sheet, name, fields, doer, self.now, self.new_id))

    def can(self, by: str | domain.Actor, on: str | None = None) -> set[str]:
        doer = self.who(by) if isinstance(by, str) else by
        sheet = self.sheet(on) if on else None
        return {a.key for a in domain.available(self.policy, self.case, sheet, doer, self.now)}

    def amend(self, **facts: Any) -> Outcome:
        who = self.who(next(iter(self.policy.roles)))
        return self._keep(domain.amend(self.policy, self.case, facts, who, self.now, self.new_id))

    def rejudge(self, clock: str | None = None) -> Outcome:
        return self._keep(domain.rejudge(self.policy, self.case, self.now, self.new_id, clock))

    def breach(self, kind: str, period: int = 1) -> Outcome:
        outcome = domain.breach(self.policy, self.case, None, kind, self.moment, period, self.now, self.new_id)
        return self._keep(outcome)

    def told(self, template: str) -> list[Notify]:
        return [e for e in self.effects if isinstance(e, Notify) and e.template == template]

    def started(self, kind: str) -> StartDeadline:
        return next(e for e in reversed(self.effects) if isinstance(e, StartDeadline) and e.kind == kind)

    def stopped(self, kind: str) -> bool:
        return any(isinstance(e, StopDeadline) and e.kind == kind for e in self.effects)

    def _keep(self, outcome: Outcome) -> Outcome:
        self.case = outcome.case
        self.sheets.update(outcome.sheets)
        self.effects += outcome.effects
        return outcome


ASSESSMENT = {"severity": "low", "safety": False, "complexity": "low", "impact": "low", "immediate": False}
STAFF = "11111111-1111-1111-1111-111111111111"


@pytest.fixture
def story() -> type[Story]:
    return Story
