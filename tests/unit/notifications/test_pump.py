"""Lines take turns (NT-7)."""

from __future__ import annotations

import threading
from collections import Counter

import pytest

from services.notifications.sending.pump import Pump

LIMIT = 10


class Turns:
    """Counts turns; each line has so many messages, and the gate holds every turn of a line until opened."""

    def __init__(self, messages: dict[str, int]) -> None:
        self.left = Counter(messages)
        self.log: list[str] = []
        self.gates: dict[str, threading.Event] = {}
        self.done = threading.Semaphore(0)
        self._lock = threading.Lock()

    def __call__(self, line: str) -> bool:
        if gate := self.gates.get(line):
            assert gate.wait(LIMIT)
        with self._lock:
            self.log.append(line)
            self.left[line] -= 1
            more = self.left[line] > 0
        if not more:
            self.done.release()
        return more

    def wait_for(self, lines: int) -> None:
        for _ in range(lines):
            assert self.done.acquire(timeout=LIMIT)


@pytest.mark.clause("NT-7")
def test_a_small_line_waits_for_one_turn_of_a_big_one() -> None:
    turns = Turns({"campaign": 1000, "small": 3})
    turns.gates["campaign"] = threading.Event()
    pump = Pump(turns, {True: 1, False: 1})
    pump.offer("campaign", urgent=False)
    pump.offer("small", urgent=False)
    turns.gates["campaign"].set()
    turns.wait_for(2)
    last_small = max(n for n, line in enumerate(turns.log) if line == "small")
    assert last_small <= 6


@pytest.mark.clause("NT-7")
def test_an_urgent_line_does_not_wait_for_ordinary_ones_at_all() -> None:
    turns = Turns({"stuck": 1, "urgent": 2})
    turns.gates["stuck"] = threading.Event()
    pump = Pump(turns, {True: 1, False: 1})
    pump.offer("stuck", urgent=False)
    pump.offer("urgent", urgent=True)
    turns.wait_for(1)
    assert turns.log == ["urgent", "urgent"]
    turns.gates["stuck"].set()
    turns.wait_for(1)


def test_a_line_offered_twice_has_one_sender() -> None:
    turns = Turns({"line": 1})
    turns.gates["line"] = threading.Event()
    pump = Pump(turns, {False: 4})
    for _ in range(3):
        pump.offer("line", urgent=False)
    turns.gates["line"].set()
    turns.wait_for(1)
    assert turns.log == ["line"]


def test_a_turn_that_breaks_frees_its_sender_and_its_line() -> None:
    broken, finished = threading.Event(), threading.Event()

    def turn(line: str) -> bool:
        if line == "bad" and not broken.is_set():
            broken.set()
            raise RuntimeError("turn broke")
        finished.set()
        return False

    pump = Pump(turn, {False: 1})
    pump.offer("bad", urgent=False)
    pump.offer("good", urgent=False)
    assert broken.wait(LIMIT)
    assert finished.wait(LIMIT)
