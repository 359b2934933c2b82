"""The CEL engine without the command line that its package brings along: a terminal toolkit, 13 MB in a process."""

from __future__ import annotations

import sys
from types import ModuleType

sys.modules.setdefault("cel.cli", ModuleType("cel.cli"))

import cel  # noqa: E402

__all__ = ["cel"]
