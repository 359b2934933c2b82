"""A circuit breaker: a service that does not answer is not waited for by everybody."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

FAILURES = 5
OPEN_SECONDS = 2.0


class Circuit:
    """Opens after `FAILURES` unanswered calls in a row, for `OPEN_SECONDS`; then one call probes, and its answer closes
    it again. Thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._closed_again_at = 0.0

    def admits(self) -> bool:
        """Whether a call may go through now. While open, one per `OPEN_SECONDS` may."""
        if self._failures < FAILURES:
            return True
        with self._lock:
            now = self._clock()
            if now < self._closed_again_at:
                return False
            self._closed_again_at = now + OPEN_SECONDS
            return True

    def answered(self) -> None:
        """The service gave an answer, of whatever kind."""
        if self._failures:
            with self._lock:
                self._failures = 0

    def unanswered(self) -> None:
        """The service let a call's time run out."""
        with self._lock:
            self._failures += 1
            if self._failures >= FAILURES:
                self._closed_again_at = self._clock() + OPEN_SECONDS
