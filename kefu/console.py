"""What a person sees in the terminal: steps with a mark, and the processes' output with a coloured prefix."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass, field
from typing import TextIO

_PALETTE = ("36", "33", "35", "32", "34", "31", "96", "93")


@dataclass(slots=True)
class Console:
    """Writes to `out`; colours when it is a terminal (FORCE_COLOR and NO_COLOR overrule)."""

    out: TextIO = field(default_factory=lambda: sys.stdout)
    width: int = 13
    _names: dict[str, str] = field(default_factory=dict)

    def step(self, text: str) -> None:
        """One thing that is being done."""
        self._write(f"{self._paint('1;36', '▸')} {text}")

    def done(self, text: str) -> None:
        self._write(f"{self._paint('1;32', '✓')} {text}")

    def warn(self, text: str) -> None:
        self._write(f"{self._paint('1;33', '!')} {text}")

    def fail(self, text: str) -> None:
        self._write(f"{self._paint('1;31', '✗')} {text}")

    def plain(self, text: str = "") -> None:
        self._write(text)

    def line(self, name: str, text: str) -> None:
        """One line of a process's output."""
        colour = self._names.setdefault(name, _PALETTE[len(self._names) % len(_PALETTE)])
        prefix = f"{time.strftime('%H:%M:%S')} {name:<{self.width}} │"
        self._write(f"{self._paint(colour, prefix)} {text}")

    def _paint(self, colour: str, text: str) -> str:
        return f"\033[{colour}m{text}\033[0m" if self._colours() else text

    def _colours(self) -> bool:
        if os.environ.get("NO_COLOR"):
            return False
        return bool(os.environ.get("FORCE_COLOR")) or self.out.isatty()

    def _write(self, text: str) -> None:
        print(text, file=self.out, flush=True)
