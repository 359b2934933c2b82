"""Arithmetic on amounts of whole fen: no float ever, halves rounded up (away from zero), nothing lost in a division."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction

FEN_PER_YUAN = 100


def portion(fen: int, rate: Decimal | Fraction) -> int:
    """`rate` of an amount, rounded half-up to the fen: `portion(10_05, Decimal("0.5"))` is 503."""
    exact = fen * Fraction(rate)
    size = (2 * abs(exact.numerator) + exact.denominator) // (2 * exact.denominator)
    return size if exact >= 0 else -size


def split(fen: int, weights: Sequence[int]) -> list[int]:
    """An amount divided by `weights`, summing to it exactly: the fen that do not divide go to the largest remainders,
    the earlier first. ValueError when no weight is positive or one is negative."""
    total = sum(weights)
    if total <= 0 or min(weights) < 0:
        raise ValueError(f"weights must not be negative and one must be positive, got {list(weights)}")
    sign, size = (1, fen) if fen >= 0 else (-1, -fen)
    shares = [size * weight // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda n: -(size * weights[n] % total))
    for n in by_remainder[: size - sum(shares)]:
        shares[n] += 1
    return [sign * share for share in shares]


def yuan(fen: int) -> str:
    """An amount as people read it: `1,234.50`."""
    return f"{Decimal(fen) / FEN_PER_YUAN:,.2f}"


def parse_yuan(text: str) -> int:
    """The fen of an amount people wrote: `1,234.5`, `¥12`. ValueError for a fraction of a fen or no number."""
    cleaned = text.strip().removeprefix("¥").removeprefix("\uffe5").removesuffix("元").replace(",", "").strip()
    try:
        fen = Decimal(cleaned) * FEN_PER_YUAN
        whole = fen.to_integral_exact(rounding=ROUND_HALF_UP)
    except InvalidOperation:
        raise ValueError(f"{text!r} is not an amount in yuan; write e.g. 1234.50") from None
    if not fen.is_finite() or whole != fen:
        raise ValueError(f"{text!r} must be a whole number of fen: at most two decimals")
    return int(whole)
