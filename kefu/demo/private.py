"""A platform of the demonstration's own: `kefu up` in a temporary folder, with a clock that can be moved."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from kefu.installation import free_addresses
from kefu.spawn import dying_with_parent
from kefu.waiting import wait_until

_START_LIMIT, _STOP_LIMIT = 120.0, 60.0
_TAIL = 40
"""Lines of the platform's output that are shown when something went wrong."""
_READY = "ctrl-C stops everything"
_NOT_INHERITED = ("KEFU_DATABASE_URL", "KEFU_MIGRATION_DATABASE_URL", "KEFU_KEY", "KEFU_URL")


@dataclass(frozen=True, slots=True)
class PrivatePlatform:
    url: str
    operator_key: str
    folder: Path

    @property
    def clock_file(self) -> Path:
        return self.folder / "clock"


@contextmanager
def private_platform() -> Iterator[PrivatePlatform]:
    """Starts the platform with all its processes on SQLite; stops it and removes its folder at the end."""
    with tempfile.TemporaryDirectory(prefix="kefu-demo-") as name:
        folder = Path(name)
        bind, metrics_base = free_addresses()
        output = folder / "output"
        with output.open("wb") as out:
            process = subprocess.Popen(
                [*dying_with_parent("TERM"), sys.executable, "-m", "kefu", "up", "--no-demo"],
                env=_environment(folder, bind, metrics_base), stdin=subprocess.DEVNULL, stdout=out,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        try:
            _await_ready(process, output)
            yield PrivatePlatform(f"http://{bind}", (folder / "operator.key").read_text().strip(), folder)
        except BaseException:
            click.echo("\n".join(output.read_text(errors="replace").splitlines()[-_TAIL:]), err=True)
            raise
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(_STOP_LIMIT)


def _environment(folder: Path, bind: str, metrics_base: int) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name not in _NOT_INHERITED}
    return inherited | {
        "KEFU_VAR": str(folder), "KEFU_GATEWAY_BIND": bind, "KEFU_METRICS_PORT_BASE": str(metrics_base),
        "KEFU_CLOCK_FILE": str(folder / "clock"), "NO_COLOR": "1",
    }  # fmt: skip


def _await_ready(process: subprocess.Popen[bytes], output: Path) -> None:
    def ready_or_dead() -> bool:
        return process.poll() is not None or _READY in output.read_text(errors="replace")

    wait_until(ready_or_dead, limit=_START_LIMIT, what="the demonstration's platform starts", every=0.2)
    if process.poll() is not None:
        raise click.ClickException(f"the platform did not start:\n{output.read_text(errors='replace')}")
