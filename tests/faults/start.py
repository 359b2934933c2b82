"""`python -m tests.faults.start serve complaints`: what `kefu` does, and besides

- KEFU_FAULTS: the process looks for its fault points in its own folder below that one;
- KEFU_SABOTAGE=outbox|inbox|reply: one guarantee is switched off;
- KEFU_DEADLY_EVENT: the id of an event that kills the process as soon as its handler begins.

Nothing outside the tests honours the last two."""

from __future__ import annotations

import os
import sys

if "KEFU_FAULTS" in os.environ:
    os.environ["KEFU_FAULTS"] += f"/{sys.argv[-1]}"
if sys.argv[1:2] == ["serve"]:
    from chassis import runner  # noqa: F401  (first: it makes the standard library cooperative)

from kefu.cli import main
from tests.service.chassis import sabotage

sabotage.apply(os.environ.get("KEFU_SABOTAGE", ""))
if "KEFU_DEADLY_EVENT" in os.environ:
    sabotage.die_of(os.environ["KEFU_DEADLY_EVENT"])
main(prog_name="kefu")
