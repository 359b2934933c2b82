"""The complainant may read what the policy makes public, when it does: closed by default (IS-4, IS-6, MF-11)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.policies import load_pack, pack_names, resolve
from services.complaints.domain import disclosure
from services.complaints.domain.case import CLOSED, WAITING, Case, Flow, Now, Proposal
from services.complaints.policy import Policy
from tests.unit.complaints.conftest import PACKS

NOW = Now(datetime(2026, 11, 22, 9, 0, tzinfo=UTC), UTC)
WORDS = {
    "solution": "更换刹车片",
    "reasons": "安装不当",
    "cause": "技师疏忽",
    "amount": {"amount": 800, "currency": "CNY"},
}


def policy(pack: str = "dealership", root: Path = PACKS) -> Policy:
    return Policy(resolve("complaints", [load_pack(root, pack)]).document, 1)


def case(state: str, stage: str = "notification") -> Case:
    """One whose solution is in that state."""
    proposal = Proposal(kind="solution", amount=0, text="", by_id="1", by="", at=NOW.moment, chain=[], state=state)
    flow = Flow(key="standard", stage=stage, visited=["intake", stage], proposals=[proposal])
    return Case(
        id="1", channel="phone", received_at=NOW.moment, facts={}, flow=flow, level="ordinary",
        forms={"result": dict(WORDS)},
    )  # fmt: skip


@pytest.mark.parametrize(("state", "shown"), [("pending", []), ("rejected", []), ("approved", ["decision", "reasons"])])
def test_only_the_solution_that_was_approved_is_shown(state: str, shown: list[str]) -> None:
    found = disclosure.decision(policy(), case(state), NOW)
    assert [one.part for one in found] == shown
    assert not {"cause", "amount"} & {one.field.key for one in found}


def test_another_decision_is_another_one_and_its_words_alone_are() -> None:
    first, second, same = case("approved"), case("approved"), case("approved")
    second.forms["result"]["solution"] = "更换总成"
    same.forms["result"]["reasons"] = "换一种说法"
    prints = [disclosure.fingerprint(disclosure.decision(policy(), one, NOW)) for one in (first, second, same)]
    assert prints[0] == prints[2] != prints[1]


@pytest.mark.parametrize(
    ("state", "stage", "progress"),
    [
        ("open", "intake", "received"), ("open", "judging", "working"), (WAITING, "judging", "waiting"),
        (CLOSED, "closed", "closed"),
    ],
)  # fmt: skip
def test_progress_fits_every_policy(state: str, stage: str, progress: str) -> None:
    one = case("pending", stage)
    one.state = state
    assert disclosure.progress(policy(), one, []) == progress
    assert disclosure.progress(policy(), case("approved"), disclosure.decision(policy(), case("approved"), NOW)) == (
        disclosure.DECIDED
    )


@pytest.mark.parametrize("pack", pack_names(PACKS))
@pytest.mark.clause("MF-11")
def test_no_pack_shows_an_internal_form_or_anybodys_name(pack: str) -> None:
    try:
        document = resolve("complaints", [load_pack(PACKS, pack)]).document
    except LookupError:
        pytest.skip("an addition, not a policy of its own")
    for form in document["forms"]:
        assert not (form.get("internal") and "public" in form)
        assert all(field["kind"] not in {"staff", "files", "table"} for field in form["fields"] if "public" in field)
