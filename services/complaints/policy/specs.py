"""The parts of a compiled policy: what a resolved document says, its conditions compiled and its names looked up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.complaints.policy.expressions import Expression

Labels = Mapping[str, str]
Who = str
"""A role, `$<party>`, `$head`, `$holder`, and where people are told also `$complainant` and `$up`."""


Script = Mapping[str, tuple[str, ...]]
"""Language -> what to say and do, line by line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptSpec:
    """A part of the handling script."""

    key: str
    when: Expression | None
    lines: Script


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSpec:
    """One input of an action, a form or a sheet."""

    key: str
    labels: Labels
    kind: str
    required: bool = False
    required_when: Expression | None = None
    allowed_when: Expression | None = None
    choices: Mapping[str, Labels] | None = None
    minimum: int | None = None
    maximum: int | None = None
    help: Labels | None = None
    columns: tuple[FieldSpec, ...] = ()
    sums: Mapping[str, int]
    public: str | None = None
    """What it is to the complainant, once its form is public; None: not theirs to read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormSpec:
    """A form: what makes it complete."""

    key: str
    labels: Labels
    fields: Mapping[str, FieldSpec]
    internal: bool
    """Never for the complainant's eyes."""
    signatures: tuple[Labels, ...]
    """Lines left on its print for those who sign by hand."""
    public: Expression | None
    """When the complainant may read its public fields; None: never."""


@dataclass(frozen=True, slots=True)
class EffectSpec:
    """One effect: its name and its arguments, expressions compiled."""

    name: str
    args: Any


@dataclass(frozen=True, slots=True)
class Step:
    """Where an action leads when its condition holds."""

    to: str
    when: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionSpec:
    """Something that can be done in a stage."""

    key: str
    labels: Labels
    permission: str
    by: tuple[Who, ...]
    """Empty: anybody with the permission."""
    when: Expression | None
    because: Labels | None
    form: str | None
    fields: tuple[FieldSpec, ...]
    within: tuple[str, Expression] | None
    """Authority kind and amount the actor alone must be good for."""
    effects: tuple[EffectSpec, ...]
    steps: tuple[Step, ...]
    back: bool
    bulk: bool | None = None

    @property
    def in_bulk(self) -> bool:
        """Whether many cases can take it at once: unless it decides a proposal, or as the policy says."""
        return self.decides is None if self.bulk is None else self.bulk

    @property
    def decides(self) -> str | None:
        """The kind of proposal this action approves, rejects or delegates; None when it does not."""
        return next((e.args["kind"] for e in self.effects if e.name in {"approve", "reject", "delegate"}), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperSpec:
    """A paper of a dossier. `required` None: optional."""

    key: str
    labels: Labels
    sheet: str | None
    required: Expression | None
    not_applicable: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierSpec:
    """What a case's file is made of."""

    key: str
    labels: Labels
    papers: tuple[PaperSpec, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedSpec:
    """What must hold before a stage is passed, or a case closed."""

    labels: Labels
    that: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class StageSpec:
    """A station of a process."""

    key: str
    labels: Labels
    holder: Who | None
    script: Script
    scripts: tuple[str, ...]
    enter: tuple[EffectSpec, ...]
    skips: tuple[Step, ...]
    deadlines: tuple[str, ...]
    forms: tuple[str, ...]
    ticks: tuple[str, ...]
    dossier: str | None
    needs: tuple[NeedSpec, ...]
    actions: Mapping[str, ActionSpec]
    public: Labels | None
    """What the complainant reads while the case is here."""
    final: bool
    void: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HookSpec:
    """What happens by itself when something happens to a case."""

    key: str
    on: str
    of: str | None
    """Of which deadline or kind of sheet; None: of any."""
    when: Expression | None
    effects: tuple[EffectSpec, ...]
    to: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowSpec:
    """A process of cases, or of a kind of sheet."""

    key: str
    labels: Labels
    when: Expression | None
    start: str
    stages: Mapping[str, StageSpec]
    actions: Mapping[str, ActionSpec]
    """Possible in every stage that is not final."""
    hooks: tuple[HookSpec, ...]

    def action(self, stage: str, name: str) -> ActionSpec | None:
        """The action `name` as it is in `stage`; None when there is none."""
        return self.actions_in(stage).get(name)

    def actions_in(self, stage: str) -> dict[str, ActionSpec]:
        """All actions of a stage, the stage's own first."""
        spec = self.stages[stage]
        common = {} if spec.final else {k: a for k, a in self.actions.items() if k not in spec.actions}
        return {**spec.actions, **common}


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetSpec:
    """A kind of sheet."""

    key: str
    labels: Labels
    nature: str
    number: str
    fields: tuple[FieldSpec, ...]
    flow: FlowSpec
    holds: Mapping[str, FieldSpec]
    """Everything such a sheet can hold."""
    signatures: tuple[Labels, ...]
    """Lines left on its print for those who sign by hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanSpec:
    """A length of time in a unit of the calendar; the arithmetic is the calendar's."""

    amount: int
    unit: str
    when: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """What happens near and after the end of a deadline."""

    remind_at: float | None
    remind: tuple[Who, ...]
    reminder: str | None
    urge: str | None
    department: str | None
    """Which one is urged; None: the one the matter lies with."""
    tell: tuple[Who, ...]
    notice: str | None
    ladder: tuple[Who, ...]
    again_every: SpanSpec | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineSpec:
    """A named term."""

    key: str
    labels: Labels
    spans: tuple[SpanSpec, ...]
    since_receipt: bool
    until: str
    pausable: bool
    public: bool
    """Its end is the time of the next reply that the complainant is told."""
    silent: bool
    """Nobody is reminded, urged or told."""
    escalation: Escalation


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityStep:
    """Who decides amounts up to `up_to` (None: any), one group after the other."""

    when: Expression | None
    up_to: int | None
    chain: tuple[tuple[Who, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSpec:
    """A rule of the severity table."""

    key: str
    labels: Labels
    when: Expression
    level: str
