"""A peer as the bench sees it: where it answers, and its three requests."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.load.wrk import Request

FOLDER = Path("var/bench/peers").absolute()
"""Where peers are installed; kept from run to run."""


class PeerUnavailableError(RuntimeError):
    """The peer cannot be installed or started here; the text says why, in one line."""


@dataclass(frozen=True)
class Site:
    """A running peer with its tickets."""

    url: str
    requests: dict[str, Request]
    """`get`, `list of 20` and `create`, in the order in which they are measured."""


def execute(
    command: Sequence[str | Path], environment: Mapping[str, str] | None = None, folder: Path | None = None
) -> str:
    """What the command prints; PeerUnavailableError with its last line when it fails."""
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment, cwd=folder)
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or ["it said nothing"]
        raise PeerUnavailableError(f"{Path(command[0]).name} failed: {said[-1]}")
    return done.stdout
