"""The life of a message's delivery: its states, what may happen in which, and whether it may leave now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.notifications.policy import Cap


class State(StrEnum):
    """Where a delivery stands."""

    QUEUED = "queued"
    SENDING = "sending"  # leased to a sender until due_at; then anybody may try again
    SENT = "sent"  # the provider took it
    DELIVERED = "delivered"  # the provider says it arrived
    FAILED = "failed"  # waits for its next attempt
    PARKED = "parked"  # waits for a person
    SUPPRESSED = "suppressed"  # was not to be sent: opted out, too late, no address
    CANCELLED = "cancelled"


DUE = (State.QUEUED, State.FAILED, State.SENDING)
"""States in which a delivery is tried once its `due_at` has come."""
COUNTED = (State.SENDING, State.SENT, State.DELIVERED)
"""States that count for the frequency cap."""
RESENDABLE = (State.PARKED, State.FAILED, State.SUPPRESSED)
CANCELLABLE = (State.QUEUED, State.FAILED, State.PARKED)
CONFIRMABLE = (State.SENDING, State.SENT, State.FAILED, State.PARKED, State.DELIVERED)
"""States in which a provider's word that it arrived is believed: an attempt may have reached it unheard."""


class Reason(StrEnum):
    """Why a delivery does not leave; a provider's own words otherwise."""

    OPTED_OUT = "opted_out"
    EXPIRED = "expired"
    NO_ADDRESS = "no_address"
    NO_CHANNEL = "no_channel"
    QUIET_HOURS = "quiet_hours"
    FREQUENCY_CAP = "frequency_cap"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Send:
    """It may leave."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Not before `until`."""

    until: datetime
    reason: Reason


@dataclass(frozen=True, slots=True)
class Stop:
    """Never: it goes to `state`."""

    state: State
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the decision on one delivery rests on."""

    now: datetime
    urgent: bool
    not_after: datetime | None
    reachable: bool
    """There is an address."""
    opted_out: bool
    channel_open: bool
    """The tenant has set the channel up and not switched it off."""
    quiet_until: datetime | None
    recent: Sequence[datetime]
    """Attempts at ordinary messages to the same person within the cap's window, oldest first."""
    cap: Cap


def decide(facts: Facts) -> Send | Wait | Stop:
    """Whether a due delivery leaves now (NT-3). Urgent ones pass opt-out, quiet hours and cap."""
    if facts.not_after is not None and facts.now > facts.not_after:
        return Stop(State.SUPPRESSED, Reason.EXPIRED)
    if not facts.reachable:
        return Stop(State.SUPPRESSED, Reason.NO_ADDRESS)
    if not facts.channel_open:
        return Stop(State.PARKED, Reason.NO_CHANNEL)
    if facts.urgent:
        return Send()
    if facts.opted_out:
        return Stop(State.SUPPRESSED, Reason.OPTED_OUT)
    if facts.quiet_until is not None:
        return Wait(facts.quiet_until, Reason.QUIET_HOURS)
    if facts.cap.messages and len(facts.recent) >= facts.cap.messages:
        return Wait(facts.recent[-facts.cap.messages] + facts.cap.window, Reason.FREQUENCY_CAP)
    return Send()
