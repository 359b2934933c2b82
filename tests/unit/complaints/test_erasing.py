"""A case without the people in it: every condition that figures ask holds as before (SPEC DC-6)."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.problems import Problem
from services.complaints import domain
from services.complaints.domain import erasing
from services.complaints.domain.case import Decision, Joined, Proposal, Reason, Sheet, Ticked
from services.complaints.domain.scope import scope_of
from services.complaints.policy import Expression, Policy
from services.complaints.policy.specs import SheetSpec
from tests.unit.complaints.conftest import INDUSTRIES, VARIANTS, Story, policy_of
from tests.unit.complaints.test_walks import WORKS, fill, possible

WORDS = "金丝雀 13777770001"
NAME = "erased:1"


def counted(policy: Policy, story: Story) -> dict[str, bool]:
    """For each count of each report whether it counts the case."""
    scope = scope_of(policy, story.case, story.now)
    counts = [count for report in policy.reports.values() for count in report.get("counts", ())]
    return {count["key"]: Expression(count["when"]).holds(scope) for count in counts}


@pytest.mark.clause("DC-6", "PL-13")
@pytest.mark.parametrize("pack", [*INDUSTRIES, *VARIANTS, *WORKS])
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_figures_count_it_as_before(pack: str, data: st.DataObject) -> None:
    story = Story(pack, subject=WORDS, remedy_sought=WORDS)
    for _ in range(12):
        choices = possible(story)
        if not choices:
            break
        _try(story, *data.draw(st.sampled_from(choices)), data.draw)
    policy, whole, before = story.policy, scope_of(story.policy, story.case, story.now), counted(story.policy, story)
    kept = deepcopy(story.case)
    story.case = erasing.erased(policy, story.case, NAME)
    assert counted(policy, story) == before
    left = scope_of(policy, story.case, story.now)
    for name, value in whole.variables.items():
        found = left.variables[name]
        assert found == value or bool(found) == bool(value), f"{name}: {value!r} became {found!r}"
    assert kept.closed_at == story.case.closed_at


def _try(story: Story, who: Any, place: str | None, action: Any, draw: Any) -> None:
    sheet = story.sheets[place] if place else None
    values = fill(action, draw)
    try:
        story._keep(domain.act(story.policy, story.case, sheet, action.key, values, who, story.now, story.new_id))
    except Problem:
        return


def test_nobodys_words_are_left() -> None:
    story = Story("dealership", subject=WORDS, remedy_sought=WORDS)
    case, at = story.case, story.moment
    case.facts |= {"never heard of": WORDS, "category": WORDS}
    case.reasons = [Reason(rule="by_hand", at=at, note=WORDS)]
    case.forms = {"record": {"content": WORDS}}
    case.ticks = {"heard": Ticked(by=WORDS, at=at, evidence=WORDS)}
    case.complainant = WORDS
    case.flow.proposals = [_proposal(case.received_at)]
    case.joined = [_joined("2", WORDS), _joined("3", "other"), _joined("4", "other")]
    left = erasing.erased(story.policy, case, NAME)
    assert WORDS not in str(left)
    assert "other" not in str(left)
    assert [one.complainant for one in left.joined] == [NAME, f"{NAME}.1", f"{NAME}.1"]
    (proposal,) = left.flow.proposals
    assert (proposal.amount, proposal.state, proposal.by_id) == (500, "approved", "s1")
    assert (left.facts["subject"], left.facts["category"]) == (erasing.ERASED, erasing.ERASED)


def _proposal(at: Any) -> Proposal:
    verdict = Decision(by_id="s2", by=WORDS, role="boss", verdict="approved", note=WORDS, at=at)
    return Proposal(
        kind="solution", amount=500, text=WORDS, by_id="s1", by=WORDS, at=at, chain=[["boss"]], state="approved",
        decisions=[verdict],
    )  # fmt: skip


def _joined(case_id: str, complainant: str) -> Joined:
    more = {"people": 1, "claim": 0, "media_risk": False, "lawsuit_risk": False, "attachments": 0}
    return Joined(case_id=case_id, complainant=complainant, papers=set(), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("spec", policy_of("decoration").sheets.values(), ids=lambda spec: str(spec.key))
def test_a_sheet_keeps_keys_amounts_and_dates(spec: SheetSpec) -> None:
    policy = policy_of("decoration")
    given_ = {key: _some(field.kind) for key, field in spec.holds.items()}
    sheet = Sheet(id="1", kind=spec.key, nature=spec.nature, flow=domain.Flow(key=spec.key), values=given_)
    left = erasing.sheet_left(policy, sheet)
    assert WORDS not in str(left)
    for key, field in spec.holds.items():
        if field.kind in {"money", "date", "whole", "boolean"}:
            assert left.values[key] == given_[key]
        elif field.kind in {"text", "line"}:
            assert left.values[key] == erasing.ERASED


def _some(kind: str) -> Any:
    values = {
        "money": {"amount": 5, "currency": "CNY"}, "date": "2026-11-22", "whole": 3, "percent": 40, "boolean": True,
        "choices": ["one"], "files": [], "table": [], "moment": "2026-11-22T00:00:00Z", "staff": "s1",
    }  # fmt: skip
    return values.get(kind, WORDS)
