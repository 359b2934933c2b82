"""Results as Markdown tables: what `make bench` prints is what docs/operations/performance.md shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

TIMES = ("p50", "p95", "p99")
TIME_HEADS = ("p50 ms", "p95 ms", "p99 ms")


def table(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines) + "\n"


def times(figures: Mapping[str, Any]) -> list[Any]:
    """The cells of p50, p95 and p99."""
    return [figures.get(name, "–") for name in TIMES]


def ratio(measured: float, base: float) -> float:
    """How many times the base; 0 of nothing."""
    return round(measured / base, 2) if base else 0.0


def verdict(met: bool) -> str:
    return "met" if met else "**not met**"


def _cell(cell: Any) -> str:
    if isinstance(cell, float):
        return f"{cell:,.0f}" if abs(cell) >= 100 else f"{cell:,.3g}"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)
