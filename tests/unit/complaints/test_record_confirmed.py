"""In every pack the record is confirmed with the complainant before it is handed over (SPEC SC-2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from contracts.policies.complaints.vocabulary import actions_of, keyed
from tests.unit.complaints.conftest import document_of
from tests.unit.complaints.test_scripts import WHOLE

TICK = "record_confirmed"


def beginnings(process: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Where a case of the process can come to rest first."""
    stages = keyed(process["stages"])
    first = stages[process["start"]]
    yield first
    yield from (stages[skip["to"]] for skip in first.get("skip", ()))


@pytest.mark.clause("SC-2")
@pytest.mark.parametrize("pack", WHOLE)
def test_no_case_leaves_its_first_stage_unconfirmed(pack: str) -> None:
    document = document_of(pack)
    counted = [process for process in document["processes"] if process.get("counts", True)]
    assert counted
    for process in counted:
        for stage in beginnings(process):
            assert TICK in stage["ticks"], stage["key"]
            own = keyed(stage["actions"])
            possible = {**keyed(actions_of(document, process)), **own}
            ticked = [e["tick"]["key"] for a in possible.values() for e in a.get("effects", ()) if "tick" in e]
            assert f"'{TICK}'" in ticked or "fields.check" in ticked
