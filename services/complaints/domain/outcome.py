"""What an act comes to: the changed case and sheets, and what is to be carried out in the world, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services.complaints.domain.case import Case, Person, Proposal, Sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class StartDeadline:
    """Start a clock, or start it anew when it runs. `at` (RFC 3339) sets its end; else the span does."""

    kind: str
    sheet_id: str | None
    amount: int
    unit: str
    since_receipt: bool
    at: str | None
    remind_at: float | None
    again_every: tuple[int, str] | None
    pausable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StopDeadline:
    kind: str
    sheet_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseClocks:
    """The pausable clocks stand from now on."""

    kinds: frozenset[str]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeClocks:
    kinds: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """Tell people by a template; `complainant` as well when set."""

    people: tuple[Person, ...]
    complainant: bool
    template: str
    urgent: bool
    values: Mapping[str, Any]
    sheet_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A case, or with `sheet_id` a sheet, went on. `action` None: by itself."""

    from_stage: str
    to_stage: str
    action: str | None
    sheet_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelChanged:
    before: str
    after: str
    rules: tuple[str, ...]
    by_system: bool
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalDecided:
    kind: str
    amount: int
    verdict: str
    sheet_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetOpened:
    sheet_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetClosed:
    sheet_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopened:
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseErased:
    """The case's file was destroyed under that sheet, by that proposal."""

    sheet_id: str
    proposal: Proposal


@dataclass(frozen=True, slots=True, kw_only=True)
class Successor:
    """A new case, linked to this one."""

    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingMade:
    """Who answers for what; one per case, kind and part, or with no part per case, kind, sheet and culprit."""

    kind: str
    party: str
    sheet_id: str | None
    staff_id: str | None
    department: str | None
    amount: int | None
    share: int | None
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PrecedentKept:
    """The case goes into the library, told without the people in it."""

    title: str
    account: str
    analysis: str


Effect = (
    StartDeadline
    | StopDeadline
    | PauseClocks
    | ResumeClocks
    | Notify
    | Moved
    | LevelChanged
    | ProposalDecided
    | SheetOpened
    | SheetClosed
    | Closed
    | Reopened
    | CaseErased
    | Successor
    | FindingMade
    | PrecedentKept
)


@dataclass(slots=True, kw_only=True)
class Outcome:
    """The case as it is now, the sheets that changed or are new, and the effects in their order."""

    case: Case
    sheets: dict[str, Sheet] = field(default_factory=dict)
    effects: list[Effect] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)
    """What the action was given, as kept."""
