"""The tests above notice: with one guarantee switched off in a process, the matching test goes red, and for that
reason."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.faults import test_kills, test_messages
from tests.faults.checker import Violation
from tests.faults.runs import whole
from tests.faults.site import Site

pytestmark = pytest.mark.faults


@pytest.mark.parametrize(
    ("service", "guarantee", "test", "finding"),
    [
        pytest.param(
            "complaints",
            "outbox",
            test_kills.test_complaints_is_killed_before_its_events_left,
            "lost: complaint.opened on the timeline",
            marks=whole,
        ),
        pytest.param(
            "customers",
            "inbox",
            test_messages.test_every_event_is_delivered_twice,
            "more often than it happened",
            marks=whole,
        ),
        ("complaints", "reply", test_messages.test_one_key_fifty_times_at_once, r"duplicated: \S+ was done \d+ times"),
    ],
)
def test_it_is_noticed(site: Site, service: str, guarantee: str, test: Callable[[Site], None], finding: str) -> None:
    site.platform.stop(service)
    site.sabotage[service] = guarantee
    site.revive(service)
    try:
        with pytest.raises(Violation, match=finding):
            test(site)
    finally:
        del site.sabotage[service]
        site.platform.restart(service)
