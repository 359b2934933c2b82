"""`python -m tests.faults.start serve complaints`: what `kefu` does; with KEFU_SABOTAGE=outbox|inbox|reply in the
environment one guarantee is switched off before. Nothing outside the tests honours that variable."""

from __future__ import annotations

import os
import sys

if sys.argv[1:2] == ["serve"]:
    from chassis import runner  # noqa: F401  (first: it makes the standard library cooperative)

from kefu.cli import main
from tests.service.chassis import sabotage

sabotage.apply(os.environ.get("KEFU_SABOTAGE", ""))
main(prog_name="kefu")
