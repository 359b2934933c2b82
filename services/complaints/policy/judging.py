"""Which level a case has by the policy's severity table (SPEC RF-3, RF-4, RK-1 ...)."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from services.complaints.policy.expressions import Scope
from services.complaints.policy.specs import RuleSpec


@dataclass(frozen=True, slots=True)
class Judgement:
    """A level and the rules that speak for it or for a graver one."""

    level: str
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SeverityTable:
    """The decision table: `rules` by the hit policy, then `raises`, of which the gravest stands."""

    start: str
    first_hit: bool
    rules: tuple[RuleSpec, ...]
    raises: tuple[RuleSpec, ...]
    ranks: Mapping[str, int]

    def judge(self, scope: Scope, overruled: AbstractSet[str] = frozenset()) -> Judgement:
        """The level by the facts in `scope`. `overruled` rules (a person lowered the case against them) keep silent."""
        table = [rule for rule in self.rules if rule.key not in overruled and rule.when.holds(scope)]
        if self.first_hit:
            table = table[:1]
        hits = [*table, *(rule for rule in self.raises if rule.key not in overruled and rule.when.holds(scope))]
        base = table[0].level if self.first_hit and table else self.start
        level = max((base, *(rule.level for rule in hits)), key=self.ranks.__getitem__)
        return Judgement(level, tuple(rule.key for rule in hits if rule.level == level))

    def hits(self, scope: Scope) -> frozenset[str]:
        """Every rule that holds at the moment."""
        return frozenset(rule.key for rule in (*self.rules, *self.raises) if rule.when.holds(scope))

    def graver(self, one: str, other: str) -> bool:
        """Whether level `one` is graver than `other`."""
        return self.ranks[one] > self.ranks[other]
