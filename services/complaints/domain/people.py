"""Who is meant by a policy's words for people, and what they are called."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from services.complaints.domain.case import PENDING, Actor, Case, Person, Sheet
from services.complaints.domain.scope import department_of
from services.complaints.policy import Policy, text
from services.complaints.policy.specs import StageSpec, Who

RolesOf = Callable[[str], frozenset[str]]
"""The roles of a staff member, by their id."""


class People:
    """Finds people for one case (and sheet), whose parts and departments decide."""

    def __init__(
        self, policy: Policy, case: Case, sheet: Sheet | None = None, roles_of: RolesOf = lambda _: frozenset()
    ) -> None:
        self._policy, self._case, self._sheet, self._roles_of = policy, case, sheet, roles_of

    def find(self, who: Who) -> list[Person]:
        """The people `who` means; never nobody, except for `$complainant`."""
        if who == "$complainant":
            return []
        if who == "$holder":
            return self.find(self.stage().holder or self._first_role())
        if who == "$head":
            return [Person(role=self._head())]
        if who == "$decider":
            return self.all(self._deciders())
        if who.startswith("$"):
            return [self._in_part(who[1:])]
        return [Person(role=who)]

    def all(self, whos: Iterable[Who]) -> list[Person]:
        """Everybody meant, each once."""
        return list(dict.fromkeys(person for who in whos for person in self.find(who)))

    def stage(self) -> StageSpec:
        """The stage the sheet, else the case, is in."""
        if self._sheet is not None:
            return self._policy.sheets[self._sheet.kind].flow.stages[self._sheet.flow.stage]
        return self._policy.processes[self._case.flow.key].stages[self._case.flow.stage]

    def waits_for(self) -> list[Person]:
        """Whom the case or sheet waits for; nobody at the end."""
        stage = self.stage()
        return [] if stage.final else self.find(stage.holder or self._first_role())

    def includes(self, whos: Iterable[Who], actor: Actor) -> bool:
        return any(person.is_(actor) for person in self.all(whos))

    def up(self, ladder: tuple[Who, ...], steps: int) -> Person:
        """Who stands `steps` above the holder on the ladder; the top when it ends there. A certain person stands where
        their own highest role does."""
        rungs = [self.find(who)[0] for who in ladder]
        holders = self.waits_for()
        roles = frozenset[str]().union(*(self._roles_of(p.staff_id) for p in holders if p.staff_id))
        below = max((i for i, rung in enumerate(rungs) if rung in holders or rung.role in roles), default=-1)
        return rungs[min(below + steps, len(rungs) - 1)]

    def name(self, who: Who, locale: str) -> str:
        """What to call them in a message to people."""
        if who == "$holder":
            return self.name(self.stage().holder or self._first_role(), locale)
        if who == "$head":
            return self.role_name(self._head(), locale)
        if who == "$decider":
            return self.names(self._deciders(), locale)
        if who.startswith("$"):
            return text(self._policy.parties[who[1:]]["labels"], locale)
        return self.role_name(who, locale)

    def names(self, whos: Iterable[Who], locale: str) -> str:
        return ("、" if locale != "en" else ", ").join(dict.fromkeys(self.name(who, locale) for who in whos))

    def role_name(self, role: str, locale: str) -> str:
        return self._policy.label("roles", role, locale) or role

    def _deciders(self) -> list[Who]:
        """Whom the newest waiting proposal needs next; whoever is first on the ladder while none waits."""
        flow = self._sheet.flow if self._sheet is not None else self._case.flow
        waiting = next((p for p in reversed(flow.proposals) if p.state == PENDING), None)
        return waiting.chain[waiting.position] if waiting else [self._first_role()]

    def _head(self) -> str:
        """The head of the department the matter lies with; whoever is next on the ladder while none has it."""
        department = self._policy.departments.get(department_of(self._policy, self._case, self._sheet))
        return str(department["head"]) if department else self._first_role()

    def _first_role(self) -> str:
        return next((who for who in self._policy.ladder if not who.startswith("$")), next(iter(self._policy.roles)))

    def _in_part(self, party: str) -> Person:
        part = self._case.parts.get(party)
        if part is not None and part.staff_id is not None:
            return Person(staff_id=part.staff_id)
        return self.find(self._policy.parties[party].get("stands_in") or self._first_role())[0]
