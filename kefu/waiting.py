"""Waiting for a condition with a limit."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_until(condition: Callable[[], object], *, limit: float, what: str, every: float = 0.05) -> None:
    """Return when `condition()` is true; TimeoutError naming `what` after `limit` seconds."""
    end = time.monotonic() + limit
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {limit:g} s")
        time.sleep(every)
