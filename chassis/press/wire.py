"""How parent and child talk: one word, the length of the body in four bytes, the body."""

from __future__ import annotations

import socket
import struct
import time

READY, DONE, MISSING, FAILED = "ready", "done", "missing", "failed"
NO_LIBRARY, NO_FONT = "library", "font"
_HEAD = struct.Struct(">10sI")
_CHUNK = 1 << 16


def send(peer: socket.socket, word: str, body: bytes) -> None:
    """One message; OSError when the peer is gone."""
    peer.sendall(_HEAD.pack(word.encode(), len(body)) + body)


def receive(peer: socket.socket, seconds: float | None = None) -> tuple[str, bytes] | None:
    """The next message; None when the peer is gone. TimeoutError when it is not whole after `seconds`."""
    until = None if seconds is None else time.monotonic() + seconds
    head = _exactly(peer, _HEAD.size, until)
    if head is None:
        return None
    word, size = _HEAD.unpack(head)
    body = _exactly(peer, size, until)
    return None if body is None else (word.rstrip(b"\0").decode(), body)


def _exactly(peer: socket.socket, size: int, until: float | None) -> bytes | None:
    received = bytearray()
    while len(received) < size:
        if until is not None:
            peer.settimeout(max(until - time.monotonic(), 0.001))
        try:
            part = peer.recv(min(_CHUNK, size - len(received)))
        except ConnectionError:
            return None
        if not part:
            return None
        received += part
    return bytes(received)
