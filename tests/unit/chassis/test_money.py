"""Amounts of whole fen."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.money import parse_yuan, portion, split, yuan

amounts = st.integers(-(10**15), 10**15)


@pytest.mark.parametrize(
    ("fen", "rate", "expected"),
    [
        (1005, Decimal("0.5"), 503),
        (-1005, Decimal("0.5"), -503),
        (100, Decimal("0.005"), 1),
        (100, Decimal("0.0049"), 0),
        (10**15, Decimal("0.1"), 10**14),
        (100, Fraction(1, 3), 33),
        (100, Fraction(2, 3), 67),
    ],
)
def test_portion_rounds_half_up(fen: int, rate: Decimal | Fraction, expected: int) -> None:
    assert portion(fen, rate) == expected


@pytest.mark.parametrize(
    ("fen", "weights", "expected"),
    [(100, [1, 1, 1], [34, 33, 33]), (100, [70, 30], [70, 30]), (-100, [1, 2], [-33, -67]), (5, [0, 1], [0, 5])],
)
def test_split(fen: int, weights: list[int], expected: list[int]) -> None:
    assert split(fen, weights) == expected


@given(amounts, st.lists(st.integers(0, 100), min_size=1).filter(any))
def test_split_loses_nothing(fen: int, weights: list[int]) -> None:
    shares = split(fen, weights)
    assert sum(shares) == fen
    assert all(abs(share - fen * Fraction(w, sum(weights))) < 1 for share, w in zip(shares, weights, strict=True))


@pytest.mark.parametrize("weights", [[], [0, 0], [2, -1]])
def test_split_needs_weights(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights must not be negative"):
        split(100, weights)


@given(amounts)
def test_yuan_is_read_back(fen: int) -> None:
    assert parse_yuan(yuan(fen)) == fen


@pytest.mark.parametrize(
    ("text", "fen"), [("¥1,234.5", 123450), ("\uffe512", 1200), (" 12元 ", 1200), ("0.01", 1), ("1.50", 150)]
)
def test_parse_yuan(text: str, fen: int) -> None:
    assert parse_yuan(text) == fen


@pytest.mark.parametrize("text", ["", "abc", "1.005", "NaN", "Infinity", "1e-9"])
def test_parse_yuan_refuses(text: str) -> None:
    with pytest.raises(ValueError, match=r"amount in yuan|whole number of fen"):
        parse_yuan(text)
