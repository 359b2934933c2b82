"""How reports round: one decimal, half up."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

_TENTH = Decimal("0.1")
_THOUSAND = 1000


def rounded(value: Decimal) -> float:
    return float(value.quantize(_TENTH, ROUND_HALF_UP))


def share_of(part: int, whole: int) -> float | None:
    """Per cent; None of nothing."""
    return rounded(Decimal(part) * 100 / whole) if whole else None


def per_thousand(part: int, whole: int) -> float | None:
    """How many of a thousand; None of nothing."""
    return rounded(Decimal(part) * _THOUSAND / whole) if whole else None
