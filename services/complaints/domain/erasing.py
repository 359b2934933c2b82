"""What is left of a case when its file is destroyed (SPEC DC-6, PL-11): what figures count, and nobody in it.

Figures of past periods must not change, and conditions of a policy count cases one by one. So keys of lists, numbers,
amounts, marks and dates stay, a text that was there becomes the same sign for all, and who complained becomes a name of
the case's own. Every condition that asks whether something was said holds as before; none can ask what.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from services.complaints.domain.case import Case, Flow, Joined, Part, Proposal, Reason, Sheet, Ticked, Values
from services.complaints.policy import Policy
from services.complaints.policy.specs import FieldSpec

ERASED = "***"
"""Stands where a text was."""
_KEPT = frozenset({"boolean", "whole", "percent", "money", "date", "moment", "staff", "sheet", "complaint", "files"})
_KEY = re.compile(r"[a-z][a-z0-9_]*")
"""What lists call their options; nobody's words."""


def erased(policy: Policy, case: Case, name: str) -> Case:
    """The case without the people in it. `name`: what its complainant is called from now on."""
    return replace(
        case,
        facts=facts_left(policy, case.facts),
        flow=flow_left(case.flow),
        reasons=[Reason(rule=one.rule, at=one.at, note=_text(one.note)) for one in case.reasons],
        forms={},
        ticks={key: Ticked(by="", at=one.at, evidence=_text(one.evidence)) for key, one in case.ticks.items()},
        parts={key: Part(staff_id=one.staff_id, department=one.department) for key, one in case.parts.items()},
        joined=_joined(case, name),
        complainant=name,
        decision=_text(case.decision),
        refused=_of(case.decision, case.refused),
        reviewed=_of(case.decision, case.reviewed),
    )


def facts_left(policy: Policy, facts: Values) -> Values:
    """Of a case's facts what stays; one that the policy does not know goes whole."""
    left = {}
    for key, value in facts.items():
        spec = policy.facts.get(key)
        if value is not None and key in policy.fact_kinds:
            left[key] = _left(policy.fact_kinds[key], spec.columns if spec else (), value)
    return left


def sheet_left(policy: Policy, sheet: Sheet) -> Sheet:
    """A sheet without the people in it."""
    spec = policy.sheets.get(sheet.kind)
    return replace(sheet, values=_values(spec.holds if spec else {}, sheet.values), flow=flow_left(sheet.flow))


def flow_left(flow: Flow) -> Flow:
    """Where it went and what was decided, without anybody's words and names."""
    return replace(flow, proposals=[_proposal(one) for one in flow.proposals])


def _proposal(one: Proposal) -> Proposal:
    decisions = [replace(decision, by="", note=_text(decision.note)) for decision in one.decisions]
    return replace(one, text=_text(one.text), by="", decisions=decisions)


def _values(fields: Mapping[str, FieldSpec], values: Mapping[str, Any]) -> Values:
    return {
        key: _left(fields[key].kind, fields[key].columns, value)
        for key, value in values.items()
        if value is not None and key in fields
    }


def _left(kind: str, columns: tuple[FieldSpec, ...], value: Any) -> Any:
    if kind in _KEPT:
        return value
    if kind == "choice":
        return _key(value)
    if kind == "choices":
        return [_key(one) for one in value]
    if kind == "table":
        named = {column.key: column for column in columns}
        return [_values(named, row) for row in value]
    return _text(value)


def _key(value: Any) -> str:
    return value if isinstance(value, str) and _KEY.fullmatch(value) else _text(value)


def _text(value: Any) -> str:
    return ERASED if value else ""


def _of(decision: str, other: str) -> str:
    """What told a decision from others is made of its words: that `other` is the same one, or not, is what stays."""
    return _text(decision) if other == decision else _text(other) * 2


def _joined(case: Case, name: str) -> list[Joined]:
    """Those merged into it; who was the same complainant is the same still."""
    known = {case.complainant: name}
    for one in case.joined:
        known.setdefault(one.complainant, f"{name}.{len(known)}")
    return [replace(one, complainant=known[one.complainant]) for one in case.joined]
