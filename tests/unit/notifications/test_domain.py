"""Whether a due delivery leaves (NT-3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.domain.deliveries import (
    CANCELLABLE,
    DUE,
    RESENDABLE,
    Facts,
    Reason,
    Send,
    State,
    Stop,
    Wait,
    decide,
)
from services.notifications.policy import Cap

NOW = datetime(2026, 11, 22, 14, tzinfo=UTC)
FACTS = Facts(
    now=NOW, urgent=False, not_after=None, reachable=True, opted_out=False, channel_open=True, quiet_until=None,
    recent=(), cap=Cap(2, timedelta(hours=24)),
)  # fmt: skip
LATER = NOW + timedelta(hours=8)
HOUR = timedelta(hours=1)


@pytest.mark.clause("NT-3")
@pytest.mark.parametrize(
    ("facts", "ordinary"),
    [
        ({}, Send()),
        ({"opted_out": True}, Stop(State.SUPPRESSED, Reason.OPTED_OUT)),
        ({"quiet_until": LATER}, Wait(LATER, Reason.QUIET_HOURS)),
        ({"recent": (NOW - 2 * HOUR,)}, Send()),
        ({"recent": (NOW - 2 * HOUR, NOW - HOUR)}, Wait(NOW + 22 * HOUR, Reason.FREQUENCY_CAP)),
        ({"recent": (NOW - HOUR,) * 5, "cap": Cap(0, HOUR)}, Send()),
    ],
)
def test_what_holds_up_an_ordinary_message_and_never_an_urgent_one(facts: dict[str, Any], ordinary: object) -> None:
    assert decide(replace(FACTS, **facts)) == ordinary
    assert decide(replace(FACTS, **facts, urgent=True)) == Send()


@pytest.mark.parametrize("urgent", [True, False])
@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"not_after": NOW - HOUR}, Stop(State.SUPPRESSED, Reason.EXPIRED)),
        ({"reachable": False}, Stop(State.SUPPRESSED, Reason.NO_ADDRESS)),
        ({"channel_open": False}, Stop(State.PARKED, Reason.NO_CHANNEL)),
    ],
)
def test_what_stops_any_message(facts: dict[str, Any], expected: Stop, urgent: bool) -> None:
    assert decide(replace(FACTS, **facts, urgent=urgent)) == expected


@given(
    recent=st.lists(st.integers(0, 24 * 60), max_size=10).map(lambda m: sorted(NOW - timedelta(minutes=n) for n in m)),
    quiet=st.none() | st.integers(1, 1000).map(lambda n: NOW + timedelta(minutes=n)),
    cap=st.integers(0, 5),
)
def test_a_wait_always_ends_in_the_future_or_now(recent: list[datetime], quiet: datetime | None, cap: int) -> None:
    decision = decide(replace(FACTS, recent=recent, quiet_until=quiet, cap=Cap(cap, timedelta(hours=24))))
    if isinstance(decision, Wait):
        assert decision.until >= NOW


def test_a_person_can_act_on_everything_that_waits_for_one() -> None:
    assert State.PARKED in RESENDABLE
    assert State.PARKED in CANCELLABLE
    assert State.SENDING not in {*RESENDABLE, *CANCELLABLE}
    assert State.SENT not in DUE
