"""Which actions many cases can take at once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.complaints.conftest import INDUSTRIES, policy_of


@pytest.mark.parametrize("pack", INDUSTRIES)
def test_decisions_are_taken_case_by_case_unless_the_policy_says_otherwise(pack: str) -> None:
    flows = policy_of(pack).processes.values()
    actions = [a for flow in flows for stage in flow.stages for a in flow.actions_in(stage).values()]
    deciding = [action for action in actions if action.decides is not None]
    assert deciding
    assert not any(action.in_bulk for action in deciding)
    assert all(action.in_bulk for action in actions if action.decides is None)
    assert replace(deciding[0], bulk=True).in_bulk
