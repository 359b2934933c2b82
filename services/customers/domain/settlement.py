"""What is owed when a contract is terminated before it is carried out (SPEC DC-7 ... DC-13). Pure and exact.

Amounts are whole fen. Each item is rounded half-up to the fen before items are added, so that the parts of a settlement
always add up to its total.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any


class Progress(StrEnum):
    """How far the contract has come."""

    NOT_BEGUN = "not_begun"
    MATERIALS_ON_SITE = "materials_on_site"
    UNDER_WAY = "under_way"


class Fault(StrEnum):
    """Whose fault the termination is."""

    CUSTOMER = "customer"
    COMPANY = "company"
    CREW = "crew"


@dataclass(frozen=True, slots=True)
class Rates:
    """The policy's shares of the contract amount, in per cent."""

    breach: Decimal
    management: Decimal
    crew: Decimal

    @classmethod
    def of(cls, settlement: Mapping[str, Any]) -> Rates:
        return cls(**{name: Decimal(str(settlement[name])) for name in ("breach", "management", "crew")})


@dataclass(frozen=True, slots=True, kw_only=True)
class Works:
    """What was done up to standard, or with nothing done the materials on site."""

    labour: int = 0
    material: int = 0
    management: int = 0

    @property
    def value(self) -> int:
        return self.labour + self.material + self.management


@dataclass(frozen=True, slots=True, kw_only=True)
class Termination:
    """A contract that ends before its time."""

    contract: int
    paid: int
    measuring: int
    progress: Progress
    fault: Fault
    works: Works


@dataclass(frozen=True, slots=True)
class Item:
    """Something the customer owes."""

    key: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """The end of it. Of `refund` and `to_pay` at most one is not 0."""

    clause: str
    items: tuple[Item, ...]
    owed: int
    refund: int
    to_pay: int
    """What the customer pays before the papers are taken back."""
    crew_owes: int
    steps: tuple[str, ...]
    """What is to be done, in this order (DC-10, DC-13)."""


def settle(termination: Termination, rates: Rates) -> Settlement:
    """Who owes whom how much. `works` count as soon as there are materials on site."""
    items = tuple(_items(termination, rates))
    owed = sum(item.amount for item in items)
    balance = termination.paid - owed
    return Settlement(
        clause=_clause(termination),
        items=items,
        owed=owed,
        refund=max(balance, 0),
        to_pay=max(-balance, 0),
        crew_owes=_crew(termination, rates),
        steps=tuple(_steps(termination, balance)),
    )


def share(amount: int, percent: Decimal) -> int:
    """So many per cent of an amount, half-up to the fen."""
    return int((Decimal(amount) * percent / 100).quantize(Decimal(1), ROUND_HALF_UP))


def _begun(termination: Termination) -> bool:
    return termination.progress is not Progress.NOT_BEGUN


def _clause(termination: Termination) -> str:
    """The case the settlement falls under."""
    if termination.fault is Fault.CUSTOMER:
        return "DC-9" if _begun(termination) else "DC-8"
    if not _begun(termination):
        return "DC-10"
    crew = termination.fault is Fault.CREW and termination.progress is Progress.UNDER_WAY
    return "DC-12" if crew else "DC-11"


def _items(termination: Termination, rates: Rates) -> list[Item]:
    items = [Item("works", termination.works.value)] if _begun(termination) else []
    if termination.fault is Fault.CUSTOMER:
        items += [
            Item("breach", share(termination.contract, rates.breach)),
            Item("management", share(termination.contract, rates.management)),
        ]
    if termination.fault is Fault.CUSTOMER or not _begun(termination):
        items.append(Item("measuring", termination.measuring))
    return items


def _crew(termination: Termination, rates: Rates) -> int:
    """The management loss of the company that the crew makes good."""
    return share(termination.contract, rates.crew) if _clause(termination) == "DC-12" else 0


def _steps(termination: Termination, balance: int) -> list[str]:
    ours = termination.fault is not Fault.CUSTOMER
    first = (["mediate"] if _begun(termination) else ["offer_change"]) if ours else []
    money = ["collect_difference"] if balance < 0 else ["refund"] if balance > 0 else []
    before, after = (money, []) if balance < 0 else ([], money)
    return [*first, "sign_agreement", *before, "take_back_papers", *after, "terminate"]
