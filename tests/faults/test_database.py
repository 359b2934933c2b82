"""PostgreSQL restarted under load."""

from __future__ import annotations

import signal

import pytest

from kefu.waiting import wait_until
from tests.faults.runs import under_load, whole
from tests.faults.site import Site

pytestmark = [pytest.mark.faults, pytest.mark.clause("PL-12")]
BACK_LIMIT = 30.0


@pytest.mark.parametrize("site", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    ("how", "number"),
    [pytest.param("fast", signal.SIGINT, marks=whole), ("immediate", signal.SIGQUIT)],
    ids=["fast", "immediate"],
)
def test_the_database_is_restarted(site: Site, how: str, number: signal.Signals) -> None:
    """As `pg_ctl restart -m fast` and `-m immediate` do; the second leaves the server to recover from its log."""
    assert site.postgres is not None
    with under_load(site, f"PostgreSQL restarted -m {how}") as run:
        site.postgres._end(number)
        try:
            site.refuses(run.all_services, "/v1/complaints")
            site.refuses(run.all_services, "/v1/customers")
        finally:
            site.postgres.start()
        client = run.all_services.client
        wait_until(lambda: client.get("/v1/complaints").is_success, limit=BACK_LIMIT, what="complaints answers again")
    site.platform.wait_ready()
