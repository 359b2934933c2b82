"""What long-running processes do without. Imported first by those that are started many times on one machine.

structlog draws tracebacks with `rich`, and httpx its command line with it and `pygments`, wherever they are installed
(another package of ours depends on them): up to 10 MB in every process, for colours that nobody sees in a log file.
"""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress
from typing import Any, cast

for _name in ("rich", "pygments"):
    cast("dict[str, Any]", sys.modules).setdefault(_name, None)

_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8
with suppress(OSError, AttributeError):  # another C library than glibc has neither the habits nor the switch
    _libc = ctypes.CDLL(None)
    # By itself glibc keeps, for each thread, the largest block it ever gave back: the 19 MB of a password's hash.
    _libc.mallopt(_M_MMAP_THRESHOLD, 1 << 20)
    _libc.mallopt(_M_ARENA_MAX, 1)
