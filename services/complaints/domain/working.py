"""A case being worked on: the state that effects change, and the variables that follow it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from services.complaints.domain.case import CLOSED, Actor, Case, Flow, Now, Sheet
from services.complaints.domain.outcome import Effect, LevelChanged, Outcome
from services.complaints.domain.people import People, RolesOf
from services.complaints.domain.scope import scope_of
from services.complaints.policy import Policy, Scope
from services.complaints.policy.specs import FieldSpec, FlowSpec, SheetSpec

Event = tuple[str, str | None]
"""opened, raised, sheet_closed, amended or breached; and of which deadline or kind of sheet."""
NewId = Callable[[], str]


class Working:
    """Copies of a case and one of its sheets, changed step by step; the originals stay as they are."""

    def __init__(  # noqa: PLR0917  (made in few places; the order is that of the sentence)
        self,
        policy: Policy,
        case: Case,
        sheet: Sheet | None,
        actor: Actor | None,
        now: Now,
        new_id: NewId,
        *,
        view: bool = False,
        roles_of: RolesOf = lambda _: frozenset(),
    ) -> None:
        """`view`: only looked at, so the originals serve. `roles_of` finds who stands above a certain person."""
        self._roles_of = roles_of
        self.policy, self.actor, self.now, self.new_id = policy, actor, now, new_id
        self.case = case if view else copy.deepcopy(case)
        self.sheet = sheet if view else copy.deepcopy(sheet)
        self.action: str | None = None
        self.fields: tuple[FieldSpec, ...] = ()
        self.values: Mapping[str, Any] = {}
        self.effects: list[Effect] = []
        self.sheets: dict[str, Sheet] = {self.sheet.id: self.sheet} if self.sheet else {}
        self.events: list[Event] = []
        """What happened that hooks listen to."""
        self._scope: Scope | None = None

    @property
    def flow(self) -> Flow:
        return self.sheet.flow if self.sheet else self.case.flow

    @property
    def spec(self) -> FlowSpec:
        """The process the sheet, else the case, is in."""
        if self.sheet:
            return self.policy.sheets[self.sheet.kind].flow
        return self.policy.processes[self.case.flow.key]

    @property
    def sheet_id(self) -> str | None:
        return self.sheet.id if self.sheet else None

    @property
    def people(self) -> People:
        return People(self.policy, self.case, self.sheet, self._roles_of)

    @property
    def scope(self) -> Scope:
        """The variables as they are now; made anew after `changed`."""
        if self._scope is None:
            self._scope = scope_of(
                self.policy, self.case, self.now, sheet=self.sheet, fields=self.fields, values=self.values
            )
        return self._scope

    def changed(self) -> None:
        """Something that conditions may read is different now."""
        self._scope = None

    def emit(self, effect: Effect) -> None:
        self.effects.append(effect)

    def given(self, fields: tuple[FieldSpec, ...], values: Mapping[str, Any]) -> None:
        """What the action was given; readable as `fields` from now on."""
        self.fields, self.values = fields, values
        self.changed()

    def on_case(self) -> Working:
        """The same work, looking at the case and not at the sheet."""
        return self._turned(None)

    def on_sheet(self, sheet: Sheet) -> Working:
        """The same work, looking at one of its sheets."""
        self.sheets[sheet.id] = sheet
        return self._turned(sheet)

    def _turned(self, sheet: Sheet | None) -> Working:
        other = copy.copy(self)
        other.sheet, other.fields, other.values, other._scope = sheet, (), {}, None
        return other

    def outcome(self) -> Outcome:
        return Outcome(case=self.case, sheets=self.sheets, effects=_merged(self.effects), fields=dict(self.values))

    def sheet_spec(self, kind: str) -> SheetSpec:
        return self.policy.sheets[kind]

    @property
    def closed(self) -> bool:
        return self.case.state == CLOSED


def _merged(effects: list[Effect]) -> list[Effect]:
    """Several changes of the level in one act are told as one."""
    changes = [e for e in effects if isinstance(e, LevelChanged)]
    if len(changes) < 2:
        return effects
    first, last = changes[0], changes[-1]
    rest: list[Effect] = [e for e in effects if not isinstance(e, LevelChanged)]
    return [*rest, replace(last, before=first.before)] if first.before != last.after else rest
