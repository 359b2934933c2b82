"""Which service follows which event: no event is taken by two methods of one service, none for partners is missed."""

from __future__ import annotations

from collections import Counter

import pytest

from chassis import topology
from contracts.registry import events
from kefu.processes import SERVICES


@pytest.mark.parametrize("service", SERVICES)
def test_an_event_has_one_handler_in_a_service(service: str) -> None:
    taken = Counter(handler.event.type for _, handler in topology.handlers(service))
    assert not [type_ for type_, times in taken.items() if times > 1]


@pytest.mark.clause("PL-12")
def test_every_event_for_partners_is_followed_for_webhooks() -> None:
    followed = {handler.event.type for _, handler in topology.handlers("notifications")}
    assert {event.type for event in events() if event.partner} <= followed
