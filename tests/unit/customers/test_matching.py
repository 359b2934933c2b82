"""Whose complaint it is: in doubt nobody's (AD-2)."""

from __future__ import annotations

from uuid import UUID

import pytest

from services.customers.domain.matching import Candidate, choose

ANN, BOB = UUID(int=1), UUID(int=2)
ANNS_CAR, ANNS_OTHER_CAR, BOBS_HOME = Candidate(ANN, UUID(int=11), "vehicle"), Candidate(ANN, UUID(int=12), "vehicle"), Candidate(BOB, UUID(int=13), "unit")  # fmt: skip  # noqa: E501


@pytest.mark.parametrize(
    ("holders", "callers", "meant"),
    [
        ([], [], None),
        ([ANNS_CAR], [], ANNS_CAR),
        ([ANNS_CAR, ANNS_OTHER_CAR], [], ANNS_CAR),
        ([ANNS_CAR, BOBS_HOME], [], None),
        ([ANNS_CAR, BOBS_HOME], [BOB], BOBS_HOME),
        ([ANNS_CAR, BOBS_HOME], [ANN, BOB], None),
        ([ANNS_CAR], [BOB], ANNS_CAR),
        ([], [BOB], Candidate(BOB, None, "phone")),
        ([], [ANN, BOB], None),
    ],
)
def test_choose(holders: list[Candidate], callers: list[UUID], meant: Candidate | None) -> None:
    assert choose(holders, callers) == meant
