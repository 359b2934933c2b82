"""The life of a webhook's delivery, and what a failed attempt means for it and for its endpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from http import HTTPStatus


class WebhookState(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"  # for its first or next attempt
    SENDING = "sending"  # leased to a sender until due_at
    DELIVERED = "delivered"
    FAILED = "failed"  # given up; a person may send it again


UNFINISHED = (WebhookState.PENDING, WebhookState.SENDING)
"""What keeps later events of the same aggregate back."""


class DisabledReason(StrEnum):
    """Why nothing is sent to an endpoint."""

    FAILING = "failing"
    GONE = "gone"
    PERSON = "person"


JITTER = 0.1
"""A wait is so much shorter or longer by chance, so that what failed together does not come again together."""
LONGEST_REST = timedelta(minutes=5)
LONGEST_RETRY_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A failed attempt and what is known of its endpoint."""

    now: datetime
    status: int | None
    """None: there was no answer."""
    retry_after: float | None
    attempts: int
    """Of this delivery, this one included."""
    in_a_row: int
    """Failed attempts at the endpoint since the last success, this one included."""
    failing_since: datetime


@dataclass(frozen=True, slots=True)
class Consequence:
    """What follows from a failure."""

    retry_at: datetime | None
    """None: the delivery is given up."""
    rest_until: datetime
    """The endpoint is left alone until then, so that a dead one costs little."""
    disable: DisabledReason | None


def after(failure: Failure, waits: Sequence[timedelta], disable_after: timedelta, chance: float) -> Consequence:
    """`waits` between attempts; `chance` from 0 to 1 chooses the jitter. What the receiver asks for by `Retry-After`
    holds when it is longer."""
    asked = min(timedelta(seconds=failure.retry_after or 0), LONGEST_RETRY_AFTER)
    rest = max(min(timedelta(seconds=2.0 ** min(failure.in_a_row - 1, 20)), LONGEST_REST), asked)
    retry_at = None
    if failure.attempts <= len(waits):
        factor = 1 - JITTER + 2 * JITTER * chance
        retry_at = failure.now + max(waits[failure.attempts - 1] * factor, asked)
    return Consequence(retry_at, failure.now + rest, _disabling(failure, disable_after))


def _disabling(failure: Failure, disable_after: timedelta) -> DisabledReason | None:
    if failure.status == HTTPStatus.GONE:
        return DisabledReason.GONE
    return DisabledReason.FAILING if failure.now - failure.failing_since >= disable_after else None
