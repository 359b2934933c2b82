"""Which customer a complaint belongs to, from who holds what it names (AD-2). In doubt none: a person links it then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Candidate:
    """A customer that fits, with the asset it was found by; `by` is vehicle, unit, phone or customer (was named)."""

    customer_id: UUID
    asset_id: UUID | None
    by: str


def choose(holders: Sequence[Candidate], callers: Sequence[UUID]) -> Candidate | None:
    """The customer meant.

    `holders` hold the vehicle or unit told, `callers` have the phone told. Who is both is meant; else the only holder;
    else, when nobody holds what was told, the only one with the phone.
    """
    both = [candidate for candidate in holders if candidate.customer_id in callers]
    for group in (both, holders):
        if group:
            return group[0] if len({c.customer_id for c in group}) == 1 else None
    if len(set(callers)) == 1:
        return Candidate(callers[0], None, "phone")
    return None
