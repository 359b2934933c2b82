"""What long-running processes do without. Imported first by those that are started many times on one machine.

structlog draws tracebacks with `rich`, and httpx its command line with it and `pygments`, wherever they are installed
(another package of ours depends on them): up to 10 MB in every process, for colours that nobody sees in a log file.
"""

from __future__ import annotations

import sys
from typing import Any, cast

for _name in ("rich", "pygments"):
    cast("dict[str, Any]", sys.modules).setdefault(_name, None)
