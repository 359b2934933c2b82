"""What of a case is the complainant's to know, by the policy: nothing, unless it says so (SPEC IS-4, IS-6, MF-11)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from contracts.complaints.vocabulary import DISCLOSED
from services.complaints.domain.case import CLOSED, WAITING, Case, Now
from services.complaints.domain.scope import scope_of
from services.complaints.policy import Policy, holds
from services.complaints.policy.specs import FieldSpec

RECEIVED, WORKING, DECIDED = "received", "working", "decided"


@dataclass(frozen=True, slots=True)
class Disclosure:
    """A field the complainant may read, with its value."""

    part: str
    field: FieldSpec
    value: Any


def decision(policy: Policy, case: Case, now: Now) -> list[Disclosure]:
    """The decision, its reasons and recourse, as far as they may be read now; empty until a decision can be."""
    filled = [form for form in policy.forms.values() if form.public and not form.internal and form.key in case.forms]
    if not filled:
        return []
    scope = scope_of(policy, case, now)
    shown = [
        Disclosure(field.public, field, value)
        for form in filled
        if holds(form.public, scope)
        for field in form.fields.values()
        if field.public and (value := case.forms[form.key].get(field.key)) is not None
    ]
    if not any(one.part == DISCLOSED[0] for one in shown):
        return []
    return sorted(shown, key=lambda one: DISCLOSED.index(one.part))


def fingerprint(shown: Sequence[Disclosure]) -> str:
    """Tells one decision from the next."""
    said = [(one.field.key, one.value) for one in shown if one.part == DISCLOSED[0]]
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()


def progress(policy: Policy, case: Case, shown: Sequence[Disclosure]) -> str:
    """Where the case stands, in the words of contracts.complaints.vocabulary.PROGRESS."""
    if case.state in {CLOSED, WAITING}:
        return case.state
    if shown:
        return DECIDED
    return RECEIVED if case.flow.stage == policy.processes[case.flow.key].start else WORKING
