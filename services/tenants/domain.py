"""Decisions about who may do what and give what to whom. Pure: standard library only."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

ANYTHING = "*"
MAX_DEPTH = 10
"""Levels an org unit tree may have."""


def covers(held: Collection[str], wanted: str) -> bool:
    """Whether `wanted` allows nothing beyond `held`: `complaints.*` is covered by itself and by `*` only."""
    return wanted in held or ANYTHING in held or f"{wanted.partition('.')[0]}.*" in held


def not_covered(held: Collection[str], wanted: Iterable[str]) -> list[str]:
    """What of `wanted` somebody with `held` cannot give away (PL-15), sorted."""
    return sorted(pattern for pattern in wanted if not covers(held, pattern))


def narrowed(permissions: Iterable[str], services: Collection[str] | None) -> frozenset[str]:
    """The permissions as far as they concern `services` (None: all)."""
    if services is None:
        return frozenset(permissions)
    kept: set[str] = set()
    for permission in permissions:
        if permission == ANYTHING:
            kept.update(f"{service}.*" for service in services)
        elif permission.partition(".")[0] in services:
            kept.add(permission)
    return frozenset(kept)


def with_below(chosen: Collection[UUID], paths: Mapping[UUID, Iterable[str]]) -> frozenset[UUID]:
    """The chosen org units and all below them. `paths`: unit -> ids from the root down to itself."""
    wanted = {str(unit) for unit in chosen}
    return frozenset(unit for unit, path in paths.items() if not wanted.isdisjoint(path))


def topmost(units: Collection[UUID], paths: Mapping[UUID, Iterable[str]]) -> list[UUID]:
    """The units of `units` that have none of `units` above them: the shortest way to say the same area."""
    wanted = {str(unit) for unit in units}
    return sorted(unit for unit in units if not wanted.intersection(set(paths.get(unit, ())) - {str(unit)}))


def moved_path(path: list[str], old_prefix: list[str], new_prefix: list[str]) -> list[str]:
    """The path of a unit below a moved one: the part above is exchanged."""
    return [*new_prefix, *path[len(old_prefix) :]]


@dataclass(frozen=True, slots=True)
class LockRule:
    """After `attempts` failures within `window`, an account is locked for `window`."""

    attempts: int
    window: timedelta


@dataclass(frozen=True, slots=True)
class Failures:
    """The failed sign-ins of one account that still count."""

    count: int = 0
    since: datetime | None = None
    locked_until: datetime | None = None

    def locked(self, now: datetime) -> bool:
        return self.locked_until is not None and now < self.locked_until

    def after_another(self, rule: LockRule, now: datetime) -> Failures:
        """The count after one more failure: starts anew when the first is older than the window."""
        fresh = self.since is None or now - self.since >= rule.window
        count, since = (1, now) if fresh else (self.count + 1, self.since)
        if count >= rule.attempts:
            return Failures(0, None, now + rule.window)
        return Failures(count, since, self.locked_until)
