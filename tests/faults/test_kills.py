"""Processes killed at the worst moments (SPEC PL-12)."""

from __future__ import annotations

import pytest

from tests.faults.runs import WHOLE, under_load, whole
from tests.faults.site import Site
from tests.faults.workload import COMPLAINT, CUSTOMER

pytestmark = [pytest.mark.faults, pytest.mark.clause("PL-12")]
POINTS = ("before_commit", "after_commit", "after_reply") if WHOLE else ("after_reply",)


@pytest.mark.parametrize("point", POINTS)
def test_complaints_is_killed_in_a_call(site: Site, point: str) -> None:
    """Committed but not answered, answered but not acknowledged: what the caller sends again was done once."""
    with under_load(site, f"complaints killed {point}") as run:
        trap = site.arm("complaints", point)
        run.load.flow()
        site.spring("complaints", trap)
        site.refuses(run.all_services, "/v1/complaints")
        assert run.all_services.client.get("/v1/customers").is_success
        assert run.all_services.client.get("/v1/notifications").status_code != 503
        site.revive("complaints")


def test_complaints_is_killed_before_its_events_left(site: Site) -> None:
    with under_load(site, "complaints killed, events not relayed", mix={COMPLAINT: 9, CUSTOMER: 1}) as run:
        trap = site.arm("complaints", "after_commit")
        site.platform.kill("relay")
        run.load.flow()
        site.spring("complaints", trap)
        site.revive("complaints")
        run.load.flow()
        site.revive("relay")


def test_the_relay_is_killed_after_publishing(site: Site) -> None:
    """What it published it publishes again; the subscribers drop the second. All events of complaints' have one."""
    with under_load(site, "relay killed after_publish", mix={COMPLAINT: 1}) as run:
        trap = site.arm("relay", "after_publish")
        dropped = _dropped(site)
        site.spring("relay", trap)
        run.load.flow()
        site.revive("relay")
    assert _dropped(site) > dropped, "nothing was published twice: the fault did not happen"


@whole
def test_a_subscriber_is_killed_after_applying(site: Site) -> None:
    with under_load(site, "customers killed after_event_commit") as run:
        trap = site.arm("customers", "after_event_commit")
        site.spring("customers", trap)
        site.refuses(run.all_services, "/v1/customers")
        assert run.all_services.client.get("/v1/complaints").is_success
        site.revive("customers")


def _dropped(site: Site) -> int:
    """Events that came again, over all subscribers."""
    return sum(site.handled(service, "duplicate") for service in ("complaints", "customers", "notifications"))
