"""What a failed attempt means: the ladder, the rest, the end (UX-14)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.notifications.domain.webhooks import DisabledReason, Failure, after
from services.notifications.policy import Policy

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
RULE = Policy().webhooks


def failure(**facts: Any) -> Failure:
    usual = {"status": 500, "retry_after": None, "attempts": 1, "in_a_row": 1, "failing_since": NOW}
    return Failure(now=NOW, **(usual | facts))


@pytest.mark.parametrize(("attempts", "wait"), list(enumerate(RULE.waits, start=1)))
def test_each_step_of_the_ladder_waits_its_time_a_tenth_more_or_less(attempts: int, wait: timedelta) -> None:
    least, most = (
        after(failure(attempts=attempts), RULE.waits, RULE.disable_after, chance).retry_at for chance in (0.0, 1.0)
    )
    assert least == NOW + wait * 0.9
    assert most == NOW + wait * 1.1


def test_after_the_last_step_it_is_given_up() -> None:
    assert after(failure(attempts=len(RULE.waits) + 1), RULE.waits, RULE.disable_after, 0.5).retry_at is None


def test_the_ladder_lasts_days_and_longer_than_it_takes_to_disable() -> None:
    """So that one event alone, at an endpoint that never answers, ends in the notice to its company."""
    assert sum(RULE.waits, timedelta()) * 0.9 > RULE.disable_after >= timedelta(days=3)


@pytest.mark.parametrize(
    ("in_a_row", "rest"), [(1, 1), (2, 2), (5, 16), (9, 256), (10, 300), (11, 300), (100_000, 300)]
)
def test_an_endpoint_is_left_alone_longer_and_longer(in_a_row: int, rest: int) -> None:
    consequence = after(failure(in_a_row=in_a_row), RULE.waits, RULE.disable_after, 0.5)
    assert consequence.rest_until == NOW + timedelta(seconds=rest)


@pytest.mark.parametrize(("asked", "held"), [(3, 5), (7200, 7200), (10**9, 86_400)])
def test_what_the_receiver_asks_for_holds_when_it_is_longer(asked: float, held: int) -> None:
    consequence = after(failure(status=429, retry_after=asked), RULE.waits, RULE.disable_after, 0.5)
    assert consequence.retry_at == NOW + timedelta(seconds=held)
    assert consequence.rest_until == NOW + timedelta(seconds=min(asked, 86_400))


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"failing_since": NOW - timedelta(hours=71, minutes=59)}, None),
        ({"failing_since": NOW - timedelta(hours=72)}, DisabledReason.FAILING),
        ({"status": 410}, DisabledReason.GONE),
        ({"status": None}, None),
    ],
)
def test_what_fails_too_long_or_is_gone_is_disabled(facts: dict[str, Any], reason: DisabledReason | None) -> None:
    assert after(failure(**facts), RULE.waits, RULE.disable_after, 0.5).disable == reason
