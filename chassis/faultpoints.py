"""Places where a test may kill the process, to prove what happens to the work in hand.

`KEFU_FAULT=after_commit:/path/of/a/file` makes the process that reaches `after_commit` SIGKILL itself while that file
exists; it removes the file first, so that it happens once. Without the variable a point costs one comparison.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

_SPEC = os.environ.get("KEFU_FAULT", "")
_POINT, _, _FILE = _SPEC.partition(":")

POINTS = ("before_commit", "after_commit", "after_reply", "after_publish", "after_event_commit")


def reach(point: str) -> None:
    """Die here when a test asked for it."""
    if point != _POINT:
        return
    try:
        Path(_FILE).unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
