"""The child: `python -m chassis.press`, with its end of a socket pair as standard input. Answers one request after
another until the parent closes its end. Libraries are loaded when the first request wants them."""

from __future__ import annotations

import resource
import signal
import socket
import sys
from pathlib import Path

import orjson

from chassis.press import wire

MEMORY = 1 << 30
"""Bytes of address space: a page that wants more ends this process and not the machine."""


def main() -> None:
    """Serve the parent at the other end of standard input."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ctrl-C in a terminal is the parent's to answer
    with socket.socket(fileno=sys.stdin.fileno()) as parent:
        parent.setblocking(True)  # eventlet had it otherwise on the other side of the fork
        wire.send(parent, wire.READY, b"")
        while (request := wire.receive(parent)) is not None:
            kind, body = request
            wire.send(parent, *_answered(kind, body))


def _answered(kind: str, body: bytes) -> tuple[str, bytes]:
    seconds, _, payload = body.partition(b" ")
    signal.alarm(int(seconds) + 1)  # ends a rendering that hangs also when nobody is left to kill it
    try:
        return wire.DONE, _printed(kind, orjson.loads(payload))
    except _Missing as missing:
        return wire.MISSING, str(missing).encode()
    except MemoryError:
        return wire.FAILED, b"MemoryError"
    except Exception as error:  # noqa: BLE001  (whatever a page may bring about)
        return wire.FAILED, f"{type(error).__name__}: {error}"[:500].encode()
    finally:
        signal.alarm(0)


class _Missing(Exception):
    """Something that the machine needs for printing is not installed."""


def _printed(kind: str, payload: dict[str, str | None]) -> bytes:
    if kind == "spooled":
        from chassis.press import workbooks

        workbooks.render_spooled(Path(str(payload["source"])), Path(str(payload["target"])))
        return b""
    if kind == "workbook":
        from chassis.press import workbooks

        return workbooks.render(payload)  # type: ignore[arg-type]
    try:
        from chassis.press import papers
    except OSError as error:  # a shared library that WeasyPrint loads
        raise _Missing(wire.NO_LIBRARY) from error
    if not papers.has_chinese_font():
        papers.has_chinese_font.cache_clear()
        raise _Missing(wire.NO_FONT)
    return papers.render(**payload)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
