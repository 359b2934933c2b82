"""Passwords known from breaches (ASVS 6.2.12): a sorted file of their SHA-1, as Have I Been Pwned hands it out.

The file may have a billion lines: it is searched where it lies, by halves, about forty short reads a question, and
nothing of it is kept in memory. SHA-1 is what the file is made of; no password of ours is kept by it.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import BinaryIO

_LINE = re.compile(rb"([0-9A-F]{40})(?::[0-9]+)?\r?\n?\Z")
_LONGEST = 80
"""Bytes a line may have."""
_TRIED = 64
"""Places at which the order is looked at when a process starts."""


class BreachFile:
    """Lines `HASH:COUNT` (the count may be missing), upper case, sorted."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def has(self, password: str) -> bool:
        """Whether the password is known. OSError or ValueError when the file has gone or is no such file."""
        wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
        with self._path.open("rb") as file:
            low, high = 0, file.seek(0, 2)
            while low < high:
                middle = (low + high) // 2
                start, found, end = _line_around(file, middle)
                if found == wanted:
                    return True
                low, high = (end, high) if found < wanted else (low, start)
        return False

    def check(self) -> None:
        """ValueError that says what is wrong with it: not there, not such lines, not sorted as far as one sees."""
        try:
            with self._path.open("rb") as file:
                size = file.seek(0, 2)
                seen = [_line_around(file, size * part // _TRIED)[1] for part in range(_TRIED)] if size else []
        except OSError as error:
            raise ValueError(f"cannot be read: {error.strerror}") from None
        if not seen:
            raise ValueError("is empty")
        if seen != sorted(seen):
            raise ValueError("is not sorted by hash; fetch it in that order, or sort it (LC_ALL=C sort)")


def _line_around(file: BinaryIO, offset: int) -> tuple[int, bytes, int]:
    """Where the line that holds that byte begins, its hash, and where the next one begins."""
    begin = max(offset - _LONGEST, 0)
    file.seek(begin)
    before = file.read(offset - begin)
    start = begin + before.rfind(b"\n") + 1
    file.seek(start)
    line = file.readline(_LONGEST)
    match = _LINE.match(line)
    if match is None:
        raise ValueError("must have lines such as 5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:3861493")
    return start, match[1], start + len(line)
