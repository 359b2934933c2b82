"""What goes out when: one message of a line at a time, lines side by side."""

from __future__ import annotations

from chassis.publisher import Outcome, Outgoing, _Batch

CONFIRMED, REFUSED, HELD, UNKNOWN = Outcome.CONFIRMED, Outcome.REFUSED, Outcome.HELD, Outcome.UNKNOWN


def batch_of(*lines: str) -> _Batch:
    return _Batch([Outgoing(f"{line}{i}", "x", "k", b"", line) for i, line in enumerate(lines)])


def send(batch: _Batch, indexes: list[int], first_tag: int) -> None:
    for tag, index in enumerate(indexes, first_tag):
        batch.sent(tag, index)


def outcomes(batch: _Batch) -> list[Outcome]:
    batch.settle()
    return batch.future.result(0)


def test_the_next_of_a_line_goes_out_when_the_one_before_is_confirmed() -> None:
    batch = batch_of("a", "a", "b")
    send(batch, batch.heads(), 1)
    assert batch.answered(2, False, CONFIRMED) == []
    assert not batch.complete
    assert batch.answered(1, False, CONFIRMED) == [1]
    batch.sent(3, 1)
    assert not batch.complete
    assert batch.answered(3, False, CONFIRMED) == []
    assert batch.complete
    assert outcomes(batch) == [CONFIRMED, CONFIRMED, CONFIRMED]


def test_one_answer_may_stand_for_all_before_it() -> None:
    batch = batch_of("a", "b", "a", "b")
    send(batch, batch.heads(), 5)
    assert batch.answered(6, True, CONFIRMED) == [2, 3]
    send(batch, [2, 3], 7)
    assert batch.answered(8, True, CONFIRMED) == []
    assert batch.complete


def test_what_follows_a_refused_one_stays_and_other_lines_go_on() -> None:
    batch = batch_of("a", "a", "b", "a")
    send(batch, batch.heads(), 1)
    assert batch.answered(1, False, REFUSED) == []
    assert batch.answered(2, False, CONFIRMED) == []
    assert batch.complete
    assert outcomes(batch) == [REFUSED, HELD, CONFIRMED, HELD]


def test_what_came_back_was_confirmed_to_nobody() -> None:
    batch = batch_of("a", "b")
    send(batch, batch.heads(), 1)
    batch.returned.add("b1")
    batch.answered(2, True, CONFIRMED)
    assert outcomes(batch) == [CONFIRMED, Outcome.UNROUTABLE]


def test_a_broken_connection_leaves_what_was_not_answered_unknown() -> None:
    batch = batch_of("a", "a", "b")
    send(batch, batch.heads(), 1)
    batch.answered(1, False, CONFIRMED)
    assert outcomes(batch) == [CONFIRMED, UNKNOWN, UNKNOWN]


def test_an_answer_to_an_earlier_batch_changes_nothing() -> None:
    batch = batch_of("a")
    send(batch, batch.heads(), 9)
    assert batch.answered(8, False, CONFIRMED) == []
    assert not batch.complete
