"""Starting processes that do not outlive their starter."""

from __future__ import annotations

import shutil


def dying_with_parent(signal_name: str) -> list[str]:
    """A prefix for a command line: the kernel sends the process that signal when the thread that started it ends,
    however it ends. Empty where util-linux's setpriv is missing. A command that changes the user comes before it."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", signal_name] if setpriv else []
