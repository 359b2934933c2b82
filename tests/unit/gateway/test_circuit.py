"""When a service that does not answer is left alone, and when it is tried again."""

from __future__ import annotations

from gateway.rpc.circuit import FAILURES, OPEN_SECONDS, Circuit


class Moving:
    def __init__(self) -> None:
        self.time = 50.0
        self.circuit = Circuit(clock=lambda: self.time)

    def fail(self, times: int) -> None:
        for _ in range(times):
            self.circuit.unanswered()


def test_it_opens_after_failures_in_a_row_only() -> None:
    moving = Moving()
    moving.fail(FAILURES - 1)
    moving.circuit.answered()
    moving.fail(FAILURES - 1)
    assert moving.circuit.admits()
    moving.fail(1)
    assert not moving.circuit.admits()


def test_one_call_probes_and_its_answer_closes_it() -> None:
    moving = Moving()
    moving.fail(FAILURES)
    moving.time += OPEN_SECONDS
    assert [moving.circuit.admits() for _ in range(3)] == [True, False, False]
    moving.circuit.answered()
    assert all(moving.circuit.admits() for _ in range(3))


def test_a_failed_probe_keeps_it_open() -> None:
    moving = Moving()
    moving.fail(FAILURES)
    moving.time += OPEN_SECONDS
    assert moving.circuit.admits()
    moving.fail(1)
    assert not moving.circuit.admits()
