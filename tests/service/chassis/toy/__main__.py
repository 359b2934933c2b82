"""`python -m tests.service.chassis.toy migrate|serve|relay [service...]`: what `kefu` does for the real services."""

from __future__ import annotations

import os
import sys

COMMAND, NAMES = sys.argv[1], sys.argv[2:]

if COMMAND == "serve":
    from chassis import runner  # first: it makes the standard library cooperative

from tests.service.chassis import sabotage  # noqa: E402
from tests.service.chassis.toy.place import SERVICES, settle  # noqa: E402

settle()
sabotage.apply(os.environ.get("KEFU_SABOTAGE", ""))

if COMMAND == "serve":
    runner.serve(NAMES)
elif COMMAND == "relay":
    from chassis import relay

    relay.main(SERVICES)
else:
    sys.exit(f"no command {COMMAND}")
