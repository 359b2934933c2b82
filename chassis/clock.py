"""The one clock of the platform: everything that asks "what time is it" in business terms asks here.

Tests move it: `freeze` and `set_offset` inside one process, a clock file for real processes. `KEFU_CLOCK_FILE` names
a file that holds an offset in seconds (`86400`, `-3600.5`); every process that was started with it follows the file
at once: it looks at the file each time it is asked. Without the variable, nothing but this process can move the clock.

`time.monotonic` is never moved: time-outs, back-off and latency use it, not this clock.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path

FILE_VARIABLE = "KEFU_CLOCK_FILE"


@dataclass(slots=True)
class _OffsetFile:
    """The offset a file holds, read again only after the file changed."""

    path: Path
    offset: float = 0.0
    _stamp: tuple[int, int, int] | None = None

    def current(self) -> float:
        self._refresh()
        return self.offset

    def _refresh(self) -> None:
        stamp = self._look()
        if stamp == self._stamp:
            return
        self.offset = self._read() if stamp else 0.0
        self._stamp = stamp

    def _look(self) -> tuple[int, int, int] | None:
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return None
        return status.st_mtime_ns, status.st_ino, status.st_size

    def _read(self) -> float:
        text = self.path.read_text(encoding="ascii").strip()
        try:
            return float(text)
        except ValueError:
            raise ValueError(f"{self.path} ({FILE_VARIABLE}) must hold an offset in seconds, not {text!r}") from None


@dataclass(slots=True)
class _Clock:
    file: _OffsetFile | None = None
    offset: float = 0.0
    frozen: datetime | None = None

    def now(self) -> datetime:
        if self.frozen is not None:
            return self.frozen
        moved = self.offset + (self.file.current() if self.file else 0.0)
        return datetime.fromtimestamp(time.time() + moved, UTC)


def _from_environment() -> _Clock:
    path = os.environ.get(FILE_VARIABLE)
    return _Clock(file=_OffsetFile(Path(path)) if path else None)


_clock = _from_environment()


def now() -> datetime:
    """The present moment, aware, in UTC. ValueError when the clock file holds no number."""
    return _clock.now()


def today(zone: tzinfo) -> date:
    """The present date in `zone`."""
    return now().astimezone(zone).date()


def set_offset(offset: timedelta | float) -> None:
    """Move this process's clock by `offset` (seconds or a timedelta) against the machine's; 0 puts it right."""
    _clock.offset = offset.total_seconds() if isinstance(offset, timedelta) else float(offset)


def follow(path: Path | None) -> None:
    """Follow the offset in `path` instead of the file `KEFU_CLOCK_FILE` names; None: follow none."""
    _clock.file = _OffsetFile(path) if path else None


@contextmanager
def freeze(moment: datetime) -> Iterator[None]:
    """Let this process's clock stand at `moment` (aware) inside the block. Nests."""
    if moment.tzinfo is None:
        raise ValueError("freeze needs an aware moment, e.g. datetime(2026, 1, 1, tzinfo=UTC)")
    before, _clock.frozen = _clock.frozen, moment.astimezone(UTC)
    try:
        yield
    finally:
        _clock.frozen = before


def write_offset(path: Path, seconds: float) -> None:
    """Move the clock of every process that follows `path`. The file is replaced whole, never seen half-written."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text(f"{seconds!r}\n", encoding="ascii")
    fresh.replace(path)
