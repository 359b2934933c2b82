"""A store for the `limits` library in memory shared by gunicorn's workers: `shared://`.

A table of fixed size in a mapped temporary file, made when this module is first imported: gunicorn's master does that
(gunicorn_conf.py) before it forks. A record lock guards it, which the kernel drops when a worker is killed. A full
neighbourhood of slots gives up the window that ended longest ago.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path

from limits.storage import SlidingWindowCounterSupport, Storage

_SLOT = struct.Struct("<8sQII")  # key, number of the window, requests in the window before, requests in this one
_SLOTS = 16_384
_NEIGHBOURS = 8


class SharedWindows(Storage, SlidingWindowCounterSupport):
    """Per key: the requests of the current window and of the one before."""

    STORAGE_SCHEME = ["shared"]

    def __init__(self, uri: str | None = None, wrap_exceptions: bool = False, **_: str) -> None:
        super().__init__(uri, wrap_exceptions=wrap_exceptions)

    def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count `amount` more when that stays within `limit`, the window before weighed by what is left of it."""
        with _TABLE.locked():
            slot, window, left = _TABLE.find(key, expiry)
            before, current = _TABLE.counts(slot, key, window)
            if before * left / expiry + current + amount > limit:
                return False
            _TABLE.write(slot, key, window, before, current + amount)
            return True

    def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        with _TABLE.locked():
            slot, window, left = _TABLE.find(key, expiry)
            before, current = _TABLE.counts(slot, key, window)
        return before, left, current, left + expiry

    def clear_sliding_window(self, key: str, expiry: int) -> None:
        with _TABLE.locked():
            slot, _window, _left = _TABLE.find(key, expiry)
            _TABLE.write(slot, key, 0, 0, 0)

    def reset(self) -> int | None:
        with _TABLE.locked():
            _TABLE.memory[:] = bytes(len(_TABLE.memory))
        return None

    def check(self) -> bool:
        return True

    @property
    def base_exceptions(self) -> type[Exception]:
        return OSError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        raise NotImplementedError("shared:// keeps sliding windows only")

    def get(self, key: str) -> int:
        raise NotImplementedError("shared:// keeps sliding windows only")

    def get_expiry(self, key: str) -> float:
        raise NotImplementedError("shared:// keeps sliding windows only")

    def clear(self, key: str) -> None:
        raise NotImplementedError("shared:// keeps sliding windows only")


class _Table:
    def __init__(self) -> None:
        self._file, path = tempfile.mkstemp(prefix="kefu-rates-")
        Path(path).unlink()  # the open descriptor keeps it, and nothing else can
        os.truncate(self._file, _SLOTS * _SLOT.size)
        self.memory = mmap.mmap(self._file, _SLOTS * _SLOT.size)
        self._threads = threading.Lock()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Alone among threads and processes."""
        with self._threads:
            fcntl.lockf(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN)

    def find(self, key: str, expiry: int) -> tuple[int, int, float]:
        """The key's slot (or the one it may take), the number of the current window, the seconds left of it."""
        digest = _digest(key)
        window, passed = divmod(time.time(), expiry)
        first = int.from_bytes(digest[:4], "little")
        slots = [(first + i) % _SLOTS for i in range(_NEIGHBOURS)]
        held = [_SLOT.unpack_from(self.memory, slot * _SLOT.size) for slot in slots]
        mine = [slot for slot, record in zip(slots, held, strict=True) if record[0] == digest]
        oldest = min(zip(held, slots, strict=True), key=lambda pair: pair[0][1])[1]
        return (mine or [oldest])[0], int(window), expiry - passed

    def counts(self, slot: int, key: str, window: int) -> tuple[int, int]:
        """Requests in the window before and in `window`."""
        digest, counted, before, current = _SLOT.unpack_from(self.memory, slot * _SLOT.size)
        if digest != _digest(key):
            return 0, 0
        return {window: (before, current), window - 1: (current, 0)}.get(counted, (0, 0))

    def write(self, slot: int, key: str, window: int, before: int, current: int) -> None:
        _SLOT.pack_into(self.memory, slot * _SLOT.size, _digest(key), window, before, current)


def _digest(key: str) -> bytes:
    return blake2b(key.encode(), digest_size=8).digest()


_TABLE = _Table()
