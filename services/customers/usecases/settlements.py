"""Working out what a terminated contract comes to; nothing is kept or booked."""

from __future__ import annotations

from typing import Any

from chassis.work import Transaction
from contracts.customers import NO_SETTLEMENT_TERMS, SERVICE
from services.customers.domain.settlement import Fault, Progress, Rates, Settlement, Termination, Works, settle


def quote(tx: Transaction, data: dict[str, Any]) -> dict[str, Any]:
    """The settlement by the company's terms (SPEC DC-7 ... DC-13). Problem: `no_settlement_terms`."""
    return _shown(settle(_termination(data), _rates(tx)))


def _rates(tx: Transaction) -> Rates:
    try:
        terms = tx.policy(SERVICE).document.get("settlement")
    except KeyError:
        terms = None
    if terms is None:
        raise NO_SETTLEMENT_TERMS()
    return Rates.of(terms)


def _termination(data: dict[str, Any]) -> Termination:
    return Termination(
        contract=data["contract_amount"].amount,
        paid=data["paid"].amount,
        measuring=data["measuring_fee"].amount,
        progress=Progress(data["progress"]),
        fault=Fault(data["fault"]),
        works=Works(**{name: money.amount for name, money in (data.get("works") or {}).items()}),
    )


def _shown(settlement: Settlement) -> dict[str, Any]:
    amounts = {name: _money(getattr(settlement, name)) for name in ("owed", "refund", "to_pay", "crew_owes")}
    items = [{"key": item.key, "amount": _money(item.amount)} for item in settlement.items]
    return {"clause": settlement.clause, "items": items, "steps": list(settlement.steps), **amounts}


def _money(fen: int) -> dict[str, Any]:
    return {"amount": fen, "currency": "CNY"}
