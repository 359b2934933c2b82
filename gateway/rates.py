"""How often somebody may call: sliding windows, counted for all workers of the machine together.

Counting per worker would be wrong: connections spread unevenly over the workers, so that dividing the limit by their
number refuses callers at half of what they were promised. `shared://` therefore counts in memory that all workers
share; several machines share a redis:// or another store of the `limits` library.
"""

from __future__ import annotations

import math
import time
from functools import lru_cache

import limits
from limits.storage import storage_from_string
from limits.strategies import SlidingWindowCounterRateLimiter

from gateway import shared_windows
from gateway.arrival import arrival
from gateway.problems import RATE_LIMITED

__all__ = ["Rates", "shared_windows"]


@lru_cache(maxsize=1000)
def _item(rate: str) -> limits.RateLimitItem:
    return limits.parse(rate)


class Rates:
    """Counts requests and refuses those beyond a rate such as `600/minute`."""

    def __init__(self, store: str) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(storage_from_string(store))

    def take(self, who: str, rate: str, *, policy: str) -> None:
        """Count one request of `who` and put `policy`'s RateLimit headers on the answer; RATE_LIMITED beyond it."""
        item = _item(rate)
        if not self._limiter.hit(item, who):
            self._refuse(item, who, policy)
        self._announce(item, who, policy)

    def check(self, who: str, rate: str, *, policy: str) -> None:
        """RATE_LIMITED when `who` has used up the rate; counts nothing."""
        item = _item(rate)
        if not self._limiter.test(item, who):
            self._refuse(item, who, policy)

    def _refuse(self, item: limits.RateLimitItem, who: str, policy: str) -> None:
        seconds = self._announce(item, who, policy)
        raise RATE_LIMITED(limit=item.amount, window=item.get_expiry(), seconds=seconds)

    def _announce(self, item: limits.RateLimitItem, who: str, policy: str) -> int:
        """The headers of draft-ietf-httpapi-ratelimit-headers; returns the seconds until there is room again."""
        stats = self._limiter.get_window_stats(item, who)
        seconds = max(1, math.ceil(stats.reset_time - time.time()))
        arrival().headers["RateLimit-Policy"] = f'"{policy}";q={item.amount};w={item.get_expiry()}'
        arrival().headers["RateLimit"] = f'"{policy}";r={stats.remaining};t={seconds}'
        return seconds
