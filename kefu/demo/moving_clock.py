"""The clock of a demonstration platform: moved so that days pass between two steps, where the platform allows it."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from chassis import clock

FIRST_MORNING = datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
"""The Monday on which the stories begin: the same figures whenever they are told."""


class MovingClock:
    """Reads the platform's time; `movable` when its processes follow `file` (KEFU_CLOCK_FILE)."""

    def __init__(self, file: Path | None, zone: ZoneInfo) -> None:
        self._file, self._zone = file, zone
        clock.follow(file)

    @property
    def movable(self) -> bool:
        return self._file is not None

    def now(self) -> datetime:
        return clock.now().astimezone(self._zone)

    def begin(self) -> None:
        """Go to the first morning, unless this platform's clock was moved before: time never goes back for its data."""
        if self._file is not None and not self._file.exists():
            self._set(FIRST_MORNING)

    def later(self, span: timedelta) -> None:
        """Let `span` pass."""
        self._set(self.now() + span)

    def _set(self, moment: datetime) -> None:
        assert self._file is not None
        clock.write_offset(self._file, moment.timestamp() - time.time())
