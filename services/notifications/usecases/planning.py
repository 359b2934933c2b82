"""Which channel a message takes to each of its recipients (NT-1, NT-3). Whether it leaves is decided when it is due."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select

from chassis.ids import new_id
from chassis.tables import StaffEntry
from chassis.work import Transaction
from services.notifications.addresses import NOBODY, mask, normalise
from services.notifications.domain.deliveries import Reason, State
from services.notifications.models import ChannelSetup, Delivery, Message
from services.notifications.policy import Policy
from services.notifications.vault import vault
from services.notifications.wordings import language


class Way(NamedTuple):
    """A channel and the address on it."""

    channel: str
    address: str


class Whom(NamedTuple):
    """One recipient of external messages."""

    kind: str
    staff_id: UUID | None
    customer_id: UUID | None
    locale: str | None


class Planner:
    """Plans the deliveries of one message."""

    def __init__(self, tx: Transaction, message: Message, policy: Policy) -> None:
        self._tx = tx
        self._message = message
        self._policy = policy

    @cached_property
    def _open(self) -> frozenset[str]:
        statement = select(ChannelSetup.channel).where(ChannelSetup.enabled)
        return frozenset(self._tx.session.scalars(statement))

    def staff(self, entry: StaffEntry) -> None:
        """At most one delivery: the inbox has the message already."""
        ways = self._ways({"sms": entry.phone, "email": entry.email}, self._order("staff"))
        usable = [way for way in ways if way.channel in self._open]
        if usable:
            self.add(Whom("staff", entry.id, None, entry.locale), usable[0])

    def person(self, recipient: Mapping[str, Any]) -> None:
        """Exactly one delivery. One that cannot leave is shown: parked for want of a channel, suppressed for want of
        an address. Nobody is to believe that a customer was told who was not."""
        address = recipient.get("address") or {}
        given = {"sms": address.get("phone"), "email": address.get("email"), "push": address.get("push")}
        order = self._order("person", first=recipient.get("channel"))
        ways = self._ways(given, order)
        whom = Whom("person", None, recipient.get("customer_id"), recipient.get("locale"))
        usable = [way for way in ways if way.channel in self._open]
        if usable:
            self.add(whom, usable[0])
        elif ways:
            self.add(whom, ways[0], State.PARKED, Reason.NO_CHANNEL)
        else:
            self.add(whom, Way(order[0] if order else "sms", ""), State.SUPPRESSED, Reason.NO_ADDRESS)

    def add(self, whom: Whom, way: Way, state: State = State.QUEUED, reason: Reason | None = None) -> Delivery:
        """One delivery row."""
        message, tx = self._message, self._tx
        delivery = Delivery(
            tenant_id=tx.tenant_id, id=new_id(), message_id=message.id, key=message.key, channel=way.channel,
            recipient_kind=whom.kind, staff_id=whom.staff_id, customer_id=whom.customer_id,
            org_unit_id=message.org_unit_id, language=language(whom.locale or tx.tenant.locale),
            address_sealed=vault().seal(way.address),
            address_masked=mask(way.channel, way.address), address_key=address_key(way.channel, way.address),
            person_key=_person_key(whom, way), urgent=message.urgent, state=state, reason=reason, attempts=0,
            due_at=message.not_before or tx.now, not_after=message.not_after, created_at=tx.now,
            subject_kind=message.subject_kind, subject_id=message.subject_id, subject_number=message.subject_number,
        )  # fmt: skip
        tx.session.add(delivery)
        return delivery

    def _order(self, kind: str, first: str | None = None) -> tuple[str, ...]:
        order = self._policy.channels(kind, urgent=self._message.urgent)
        return tuple(dict.fromkeys((first, *order))) if first in {"sms", "email", "push"} else order

    @staticmethod
    def _ways(given: Mapping[str, str | None], order: Iterable[str]) -> list[Way]:
        found = ((channel, normalise(channel, given.get(channel))) for channel in order)
        return [Way(channel, address) for channel, address in found if address]


def address_key(channel: str, address: str) -> str:
    """By which an opt-out finds the address."""
    return vault().fingerprint("address", channel, address)


def _person_key(whom: Whom, way: Way) -> str:
    who = whom.staff_id or whom.customer_id
    if way.address == NOBODY and who is None:
        return vault().fingerprint("webhook", str(new_id()))  # a machine reads it: no cap
    return vault().fingerprint("person", str(who) if who else way.address)
