"""Looking for malware in uploaded files (ASVS 5.4.3): asked of ClamAV's daemon, by its INSTREAM protocol.

The RPC door asks for every operation that takes a file, before it does anything with it and outside any transaction.
The library on PyPI for it has stood still since 2014, and the protocol is a dozen lines.
"""

from __future__ import annotations

import hashlib
import socket
import struct
import time
from base64 import b64decode
from typing import Any, NamedTuple, Self

from chassis import logs, metrics
from chassis.config import ScanSettings
from chassis.ids import new_id
from chassis.work import Work
from contracts.context import Context
from contracts.core import Operation
from contracts.problems import FILE_INFECTED, SCANNER_UNAVAILABLE

log = logs.get(__name__)
_COMMAND, _END = b"zINSTREAM\0", b"\0"
_CHUNK = 1 << 17
_LONGEST_ANSWER = 4096


class ScannerUnavailable(Exception):
    """The file could not be looked at; the text says why, for the ops team."""


class Scanner(NamedTuple):
    """A clamd at `address`: `host:port`, or `unix:/path` of its socket."""

    address: str
    seconds: float
    """What a scan may take, connecting included."""

    def find(self, content: bytes) -> str | None:
        """The name of what is in `content`; None when nothing was found. Raises ScannerUnavailable."""
        until = time.monotonic() + self.seconds
        try:
            with self._connected() as peer:
                _send(peer, content, until)
                answer = _answer(peer, until)
        except OSError as error:  # time-outs are among these
            raise ScannerUnavailable(f"{self.address}: {str(error) or type(error).__name__}") from error
        return _verdict(answer)

    def _connected(self) -> socket.socket:
        if self.address.startswith("unix:"):
            peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            peer.settimeout(self.seconds)
            try:
                peer.connect(self.address.removeprefix("unix:"))
            except OSError:
                peer.close()
                raise
            return peer
        host, _, port = self.address.rpartition(":")
        return socket.create_connection((host.strip("[]"), int(port)), timeout=self.seconds)


class Gate:
    """Lets a request's file in, or not."""

    def __init__(self, scanner: Scanner, *, refuse_unscanned: bool) -> None:
        self._scanner = scanner
        self._refuse_unscanned = refuse_unscanned

    @classmethod
    def load(cls) -> Self | None:
        """By the environment; None where no scanner is set."""
        settings = ScanSettings.load()
        if not settings.clamd:
            return None
        return cls(Scanner(settings.clamd, settings.clamd_seconds), refuse_unscanned=settings.unscanned == "refuse")

    def check(self, work: Work, ctx: Context, operation: Operation, data: dict[str, Any]) -> None:
        """Look at the file that came with `operation`. Problems: `file_infected`, which is put on record;
        `scanner_unavailable`, unless unscanned files are to be taken."""
        try:
            content = b64decode(data["content"])
        except ValueError:
            return  # what is no file the operation itself refuses
        begun = time.monotonic()
        try:
            found = self._scanner.find(content)
        except ScannerUnavailable as error:
            self._unscanned(operation, error)
            return
        metrics.SCANS.labels(operation.service, "infected" if found else "clean").inc()
        metrics.SCAN_SECONDS.labels(operation.service).observe(time.monotonic() - begun)
        if found:
            _record(work, ctx, operation, content, found)
            raise FILE_INFECTED(found=found)

    def _unscanned(self, operation: Operation, error: ScannerUnavailable) -> None:
        outcome = "refused" if self._refuse_unscanned else "accepted"
        metrics.SCANS.labels(operation.service, f"unscanned_{outcome}").inc()
        log.error("a file could not be scanned", operation=operation.name, outcome=outcome, error=str(error))
        if self._refuse_unscanned:
            raise SCANNER_UNAVAILABLE()


def _record(work: Work, ctx: Context, operation: Operation, content: bytes, found: str) -> None:
    """Who sent what. The file itself is not kept, nor its name, which may be a person's."""
    log.warning("an infected file was refused", operation=operation.name, found=found)
    facts = {"operation": operation.routing_key, "found": found, "size": len(content)}
    with work.begin(ctx) as tx:
        tx.audit("file.infected", "file", new_id(), after=facts | {"sha256": hashlib.sha256(content).hexdigest()})


def _send(peer: socket.socket, content: bytes, until: float) -> None:
    """The file in pieces, each after its length. A scanner that has seen enough closes; its answer says why."""
    try:
        for piece in (_COMMAND, *_pieces(content)):
            peer.settimeout(max(until - time.monotonic(), 0.001))
            peer.sendall(piece)
    except (BrokenPipeError, ConnectionResetError):
        return


def _pieces(content: bytes) -> list[bytes]:
    parts = [content[at : at + _CHUNK] for at in range(0, len(content), _CHUNK)]
    return [struct.pack(">I", len(part)) + part for part in [*parts, b""]]


def _answer(peer: socket.socket, until: float) -> str:
    received = b""
    while not received.endswith(_END) and len(received) < _LONGEST_ANSWER:
        peer.settimeout(max(until - time.monotonic(), 0.001))
        part = peer.recv(_LONGEST_ANSWER)
        if not part:
            break
        received += part
    return received.rstrip(_END).decode(errors="replace").strip()


def _verdict(answer: str) -> str | None:
    words = answer.removeprefix("stream: ")
    if words == "OK":
        return None
    if words.endswith(" FOUND"):
        return words.removesuffix(" FOUND")[:200]
    raise ScannerUnavailable(f"answered {answer!r}")
