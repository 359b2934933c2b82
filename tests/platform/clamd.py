"""A real clamd with signatures of its own: none of a real virus's, so nothing has to be fetched."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chassis.scanning import Scanner, ScannerUnavailable
from kefu.ports import free_block
from kefu.waiting import wait_until

PROGRAM = os.environ.get("KEFU_TEST_CLAMD") or shutil.which("clamd", path=f"{os.environ['PATH']}:/usr/sbin")
MARK = b"THIS-IS-WHAT-THE-TESTS-TAKE-FOR-A-VIRUS"
NAME = "Kefu.Test"
STREAM_MAX = 25_000_000
SECONDS = 60.0


@contextmanager
def running(folder: Path) -> Iterator[tuple[str, str]]:
    """Its two addresses, by port and by socket, while it runs. What has MARK in it is infected by it."""
    assert PROGRAM
    (folder / "signatures").mkdir()
    (folder / "signatures" / "own.ndb").write_text(f"{NAME}:0:*:{MARK.hex()}\n")
    port, path = free_block(1), folder / "clamd.ctl"
    options = {
        "Foreground": "yes", "DatabaseDirectory": folder / "signatures", "TemporaryDirectory": folder,
        "LogFile": folder / "clamd.log", "LocalSocket": path, "TCPSocket": port, "TCPAddr": "127.0.0.1",
        "StreamMaxLength": STREAM_MAX, "MaxThreads": 4,
    }  # fmt: skip
    configuration = folder / "clamd.conf"
    configuration.write_text("".join(f"{name} {value}\n" for name, value in options.items()))
    with (folder / "output").open("w") as output:
        process = subprocess.Popen([PROGRAM, "-c", str(configuration)], stdout=output, stderr=output)
    try:
        scanner = Scanner(f"unix:{path}", 5.0)
        wait_until(lambda: _answers(scanner, process), limit=SECONDS, what="clamd answers")
        yield f"127.0.0.1:{port}", f"unix:{path}"
    finally:
        process.terminate()
        process.wait()


def _answers(scanner: Scanner, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, "clamd ended"
    try:
        return scanner.find(b"") is None
    except ScannerUnavailable:
        return False
