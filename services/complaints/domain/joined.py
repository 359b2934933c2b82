"""What cases merged into another one bring along, counted once (UX-1).

A merged case stands still. What it says about how grave the matter is (people, claim, risks) counts in the surviving
one: different complainants add up, of the same complainant the most stands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from services.complaints.domain.case import Case, Joined, Values


def entry_of(case: Case) -> Joined:
    """What the case itself brings into another one."""
    facts = case.facts
    return Joined(
        case_id=case.id,
        complainant=case.complainant,
        people=facts.get("group_size") or 1,
        claim=_fen(facts.get("claimed_amount")),
        media_risk=bool(facts.get("media_risk")),
        lawsuit_risk=bool(facts.get("lawsuit_risk")),
        attachments=case.attachments,
        papers=set(case.papers),
    )


def facts_of(case: Case) -> Values:
    """The case's facts with what merged cases add to them."""
    if not case.joined:
        return case.facts
    everybody = (entry_of(case), *case.joined)
    return {
        **case.facts,
        "group_size": _together(everybody, lambda one: one.people),
        "claimed_amount": {"amount": _together(everybody, lambda one: one.claim), "currency": "CNY"},
        "media_risk": any(one.media_risk for one in everybody),
        "lawsuit_risk": any(one.lawsuit_risk for one in everybody),
    }


def papers_of(case: Case) -> set[str]:
    """Kinds of the files attached to the case and to those merged into it."""
    return case.papers.union(*(one.papers for one in case.joined))


def attachments_of(case: Case) -> int:
    """How many files are on the case and on those merged into it."""
    return case.attachments + sum(one.attachments for one in case.joined)


def _together(everybody: tuple[Joined, ...], of: Callable[[Joined], int]) -> int:
    most: dict[str, int] = {}
    for one in everybody:
        most[one.complainant] = max(most.get(one.complainant, 0), of(one))
    return sum(most.values())


def _fen(value: Any) -> int:
    return int(value["amount"] if isinstance(value, Mapping) else value or 0)
