"""The handling script, step by step, in every pack and both languages (SPEC SC-1)."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.policies import pack_names
from services.complaints.domain import scripts
from tests.unit.complaints.conftest import PACKS, Story, document_of, policy_of

STEPS = {"listen", "ask", "calm", "confirm", "judge", "analyse", "explain", "ours", "theirs"}
ADDITIONS = {"developer/risk", "group/oversight"}
WHOLE = [name for name in pack_names(PACKS) if not name.startswith("_") and name not in ADDITIONS]


@pytest.mark.clause("SC-1")
@pytest.mark.parametrize("pack", WHOLE)
def test_every_pack_shows_every_step_somewhere_and_each_in_both_languages(pack: str) -> None:
    document = document_of(pack)
    shown = [set(stage.get("scripts", ())) for process in document["processes"] for stage in process["stages"]]
    assert set().union(*shown) >= STEPS
    assert document["intake"]["scripts"] == ["listen", "ask", "calm", "confirm"]
    for lines in _texts(document):
        assert len(lines["zh-CN"]) == len(lines["en"]) > 0, lines


def _texts(document: dict[str, Any]) -> list[dict[str, list[str]]]:
    stages = [stage for process in document["processes"] for stage in process["stages"]]
    own = [place["script"] for place in [document["intake"], *stages] if "script" in place]
    return [*own, *(part["lines"] for part in document["scripts"])]


@pytest.mark.clause("SC-1")
def test_ours_is_apologised_for_theirs_is_explained_without_blame() -> None:
    policy, story = policy_of("dealership"), Story("dealership")
    story.case.flow.stage = "notification"

    def told(validity: str | None) -> list[str]:
        story.case.facts["validity"] = validity
        lines = scripts.for_case(policy, story.case, story.now, "en")
        return [word for word in ("apologise", "without blame") if any(word in line for line in lines)]

    assert told(None) == ["apologise", "without blame"]
    assert told("valid") == ["apologise"]
    assert told("unfounded") == ["without blame"]
