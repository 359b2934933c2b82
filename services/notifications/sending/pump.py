"""Turns: lines that have something due take turns at a bounded number of senders; urgent ones have their own.

A turn is short and the line then goes to the end of the queue, so that ten urgent messages of one tenant wait for
nobody's hundred thousand ordinary ones, and ordinary ones of a small tenant for at most one turn of each other one. A
line has one sender at a time: a server that does not answer holds up its own line only. Where somebody owns several
lines, a share of the senders is all they get, so that one owner's slow servers leave room for the others'.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from chassis import logs

log = logs.get(__name__)
L = TypeVar("L", bound=Hashable)


@dataclass(slots=True)
class _Lane(Generic[L]):
    senders: int
    waiting: deque[L] = field(default_factory=deque)
    running: Counter[Hashable] = field(default_factory=Counter)
    """Senders at work, by owner of their lines."""


class Pump(Generic[L]):
    """Runs `turn(line)` for every line offered, until it answers False (nothing more is due).

    Under the service runtime its threads are green; in a plain process they are real ones. They are daemons: what they
    were sending when the process stops is leased and is tried again by another.
    """

    def __init__(
        self,
        turn: Callable[[L], bool],
        lanes: dict[bool, int],
        *,
        owner: Callable[[L], Hashable] = lambda line: line,
        share: int = 1,
    ) -> None:
        """`lanes`: urgent or not -> number of senders. No `owner` of lines has more than `share` of them at once."""
        self._turn = turn
        self._owner = owner
        self._share = share
        self._lanes = {urgent: _Lane[L](senders) for urgent, senders in lanes.items()}
        self._held: set[L] = set()
        self._lock = threading.Lock()

    def offer(self, line: L, *, urgent: bool) -> None:
        """Let `line` take turns, unless it does already."""
        with self._lock:
            if line in self._held:
                return
            self._held.add(line)
            self._lanes[urgent].waiting.append(line)
        self._start(urgent)

    def _start(self, urgent: bool) -> None:
        lane = self._lanes[urgent]
        with self._lock:
            line = self._next(lane)
            if line is None:
                return
            lane.waiting.remove(line)
            lane.running[self._owner(line)] += 1
        threading.Thread(target=self._run, args=(line, urgent), daemon=True).start()

    def _next(self, lane: _Lane[L]) -> L | None:
        """The first line in the queue whose owner has not got its share of senders already."""
        if lane.running.total() >= lane.senders:
            return None
        return next((line for line in lane.waiting if lane.running[self._owner(line)] < self._share), None)

    def _run(self, line: L, urgent: bool) -> None:
        more = False
        try:
            more = self._turn(line)
        except Exception:
            log.exception("sending failed; the line is tried again at the next look")
        lane = self._lanes[urgent]
        with self._lock:
            lane.running -= Counter([self._owner(line)])
            if more:
                lane.waiting.append(line)
            else:
                self._held.discard(line)
        self._start(urgent)
