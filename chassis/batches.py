"""Events of one tenant applied together: one transaction for all that wait, instead of one each.

Most of what an event costs is its transaction. Under load the events of a tenant that arrived while the last batch was
applied share the next one; without load a batch is one event, and nothing is waited for. When any of them fails, the
batch is undone and each is applied alone, so that a bad event harms nobody but itself.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kombu.message import Message

from chassis import logs
from chassis.db import DatabaseUnavailable
from chassis.delivery import DUPLICATE, NOT_ENABLED, Delivery, deliver, described, enter, is_enabled

if TYPE_CHECKING:
    from chassis.events import EventHandler

log = logs.get(__name__)
BATCH = 32


@dataclass(frozen=True, slots=True)
class Parcel:
    """An event that arrived: what is to be done with it, and the message to settle."""

    handler: EventHandler
    delivery: Delivery
    message: Message


class Batch:
    """What is applied next for one tenant, in order of arrival."""

    def __init__(self, parcels: Sequence[Parcel]) -> None:
        self.parcels = parcels

    @classmethod
    def next_of(cls, line: deque[Parcel]) -> Batch:
        """The next batch of a tenant's line. What changes the tenant itself goes alone: what follows it is to be
        judged by the new settings."""
        parcels = [line.popleft()]
        while line and len(parcels) < BATCH and not (parcels[0].delivery.always or line[0].delivery.always):
            parcels.append(line.popleft())
        return cls(parcels)

    def deliver(self, service: Any) -> None:
        """Apply all; when this returns each is committed, with its effect or on the retry ladder. Raises
        `DatabaseUnavailable`: then the batch is to be delivered again."""
        if len(self.parcels) > 1 and self._delivered_together(service):
            return
        for parcel in self.parcels:
            _deliver_alone(parcel, service)

    def _delivered_together(self, service: Any) -> bool:
        deliveries = [parcel.delivery for parcel in self.parcels]
        try:
            deliveries[0].workplace.knowing_tenant(lambda: self._apply(service, deliveries))
        except DatabaseUnavailable as error:
            log.warning("database unavailable, events wait", events=len(deliveries), error=str(error))
            _forget(deliveries)
            raise
        except Exception as error:  # noqa: BLE001  (whose it is, applying each alone will tell)
            log.info("batch undone, its events are applied one by one", events=len(deliveries), error=described(error))
            _forget(deliveries)
            return False
        for delivery in deliveries:
            delivery.settled()
        return True

    def _apply(self, service: Any, deliveries: Sequence[Delivery]) -> None:
        first = deliveries[0]
        with first.workplace.work.begin(first.ctx) as tx:
            if not is_enabled(tx, first.workplace.service):
                for delivery in deliveries:
                    delivery.outcome = NOT_ENABLED
                return
            new = enter(tx, deliveries)
            for parcel in self.parcels:
                delivery = parcel.delivery
                if delivery not in new:
                    delivery.outcome = DUPLICATE
                    continue
                delivery.shared = tx.on_behalf_of(delivery.ctx)
                with logs.bound(delivery.ctx, event_id=str(delivery.event.id), handler=delivery.handler):
                    parcel.handler.plain(service, delivery)


def _deliver_alone(parcel: Parcel, service: Any) -> None:
    deliver(parcel.delivery, lambda: parcel.handler.plain(service, parcel.delivery))


def _forget(deliveries: Sequence[Delivery]) -> None:
    for delivery in deliveries:
        delivery.forget()
