"""Cases and sheets as the engine sees them. Ids are text here; times are aware UTC; amounts are fen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

OPEN, WAITING, CLOSED = "open", "waiting", "closed"
DONE, VOID = "done", "void"
URGING = "urging"
"""Sheets of this nature are about the lateness of a case, and no work on the matter itself."""
PENDING, APPROVED, REJECTED, WITHDRAWN = "pending", "approved", "rejected", "withdrawn"

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Now:
    """This moment, and where its day is read."""

    moment: datetime
    zone: tzinfo

    @property
    def today(self) -> date:
        return self.day(self.moment)

    def day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts."""

    id: str
    name: str
    roles: frozenset[str]
    may: Callable[[str], bool]
    """Whether the actor has a permission."""
    locale: str = "zh-CN"
    is_staff: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody in a part or with a role: a certain staff member, or whoever holds the role."""

    role: str | None = None
    staff_id: str | None = None

    def is_(self, actor: Actor) -> bool:
        """Whether `actor` is this person, or holds the role while nobody in particular is meant."""
        if self.staff_id is not None:
            return self.staff_id == actor.id
        return self.role in actor.roles


@dataclass(slots=True, kw_only=True)
class Part:
    """Who has a part in the case; a department alone when no person is named."""

    staff_id: str | None = None
    department: str | None = None


@dataclass(slots=True, kw_only=True)
class Decision:
    """One person's verdict on a proposal."""

    by_id: str
    by: str
    role: str | None
    verdict: str
    note: str
    at: datetime


@dataclass(slots=True, kw_only=True)
class Proposal:
    """What wants approval by authority."""

    kind: str
    amount: int
    text: str
    by_id: str
    by: str
    at: datetime
    chain: list[list[str]]
    """Groups of `who`, deciding one after the other."""
    state: str = PENDING
    decisions: list[Decision] = field(default_factory=list)
    delegated: dict[str, str] = field(default_factory=dict)
    """Position in the chain -> staff member who decides there as well."""

    @property
    def position(self) -> int:
        """Where in the chain it stands."""
        return sum(decision.verdict == APPROVED for decision in self.decisions)


@dataclass(slots=True, kw_only=True)
class Flow:
    """Where a case or sheet is in its process."""

    key: str
    stage: str = ""
    visited: list[str] = field(default_factory=list)
    proposals: list[Proposal] = field(default_factory=list)
    running: set[str] = field(default_factory=set)
    """Deadlines that run."""

    def proposal(self, kind: str) -> Proposal | None:
        """The last proposal of that kind."""
        return next((p for p in reversed(self.proposals) if p.kind == kind), None)


@dataclass(slots=True, kw_only=True)
class Sheet:
    """A numbered paper on a case."""

    id: str
    kind: str
    nature: str
    flow: Flow
    values: Values
    state: str = OPEN


@dataclass(slots=True, kw_only=True)
class Reason:
    """Why a case has its level: a rule of the table, or a person's words."""

    rule: str
    at: datetime
    note: str = ""


@dataclass(slots=True, kw_only=True)
class Ticked:
    """A check that was ticked."""

    by: str
    at: datetime
    evidence: str


@dataclass(slots=True, kw_only=True)
class Late:
    """A term that was missed, and the department that answers for it; empty while none was known."""

    deadline: str
    department: str
    due_at: datetime


@dataclass(slots=True, kw_only=True)
class Joined:
    """What a case that was merged into another one brings along (UX-1). Its facts stand still meanwhile."""

    case_id: str
    complainant: str
    """Tells complainants apart."""
    people: int
    claim: int
    media_risk: bool
    lawsuit_risk: bool
    attachments: int
    papers: set[str]


@dataclass(slots=True, kw_only=True)
class Case:
    """A complaint."""

    id: str
    channel: str
    received_at: datetime
    facts: Values
    """Standard facts and the policy's own; what is not there is not known."""
    flow: Flow
    level: str
    state: str = OPEN
    reasons: list[Reason] = field(default_factory=list)
    overruled: set[str] = field(default_factory=set)
    """Rules a person lowered the level against; they raise it no more."""
    parts: dict[str, Part] = field(default_factory=dict)
    forms: dict[str, Values] = field(default_factory=dict)
    ticks: dict[str, Ticked] = field(default_factory=dict)
    sheets: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Sheet id -> kind and state."""
    late: list[Late] = field(default_factory=list)
    papers: set[str] = field(default_factory=set)
    """Kinds of the files attached."""
    joined: list[Joined] = field(default_factory=list)
    """Cases merged into this one, those merged into them included."""
    complainant: str = ""
    """Tells complainants apart."""
    answer: str = ""
    """What the complainant last said to a decision on the status page: accepted or refused."""
    decision: str = ""
    """Tells the last decision that the complainant could read from others (`disclosure.fingerprint`)."""
    refused: str = ""
    """The decision that the complainant refused, until they accept it after all."""
    reviewed: str = ""
    """The decision whose refusal was answered."""
    rating: str = ""
    """The satisfaction the complainant chose there."""
    has_contact: bool = False
    known_customer: bool = False
    customer_grade: str = ""
    org_unit: str = ""
    follows_case: bool = False
    like_cases: int = 1
    attachments: int = 0
    reopened: int = 0
    waiting_since: datetime | None = None
    waited: timedelta = timedelta()
    closed_at: datetime | None = None

    @property
    def refusal_stands(self) -> bool:
        """Whether the complainant refused the decision as it is and nobody answered that (SPEC IS-7)."""
        return bool(self.refused) and self.refused == self.decision and not self.refusal_answered

    @property
    def refusal_answered(self) -> bool:
        """Whether the refusal of the decision as it is was answered."""
        return bool(self.reviewed) and self.reviewed == self.decision

    def sheet_ids(self, kind: str) -> list[str]:
        """The case's sheets of that kind; their ids are in the order of their making."""
        return sorted(id_ for id_, (its_kind, _) in self.sheets.items() if its_kind == kind)

    def sheet_kinds(self, state: str) -> list[str]:
        return sorted({kind for kind, its_state in self.sheets.values() if its_state == state})


Labels = Mapping[str, str]
