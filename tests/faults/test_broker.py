"""The broker gone, and the broker out of disk."""

from __future__ import annotations

import time
from functools import partial

import httpx
import pytest

from kefu.waiting import wait_until
from tests.faults.runs import WHOLE, Run, under_load, whole
from tests.faults.site import Site

pytestmark = [pytest.mark.faults, pytest.mark.clause("PL-12")]
ON_ONE = pytest.mark.parametrize("site", ["postgresql"], indirect=True)
GONE_SECONDS = 10.0 if WHOLE else 4.0
ALARM_SECONDS = 10.0 if WHOLE else 3.0
BACK_LIMIT = 30.0


@ON_ONE
def test_the_broker_is_stopped(site: Site) -> None:
    with under_load(site, f"broker stopped {GONE_SECONDS:g} s") as run:
        site.broker.stop()
        try:
            _everything_is_refused(run, GONE_SECONDS)
        finally:
            site.broker.start()
        _answers_again(run)
    site.platform.wait_ready()


@whole
@ON_ONE
def test_the_broker_is_killed(site: Site) -> None:
    with under_load(site, "broker killed") as run:
        site.broker.kill()
        try:
            _everything_is_refused(run, 1.0)
        finally:
            site.broker.start()
        _answers_again(run)
    site.platform.wait_ready()


@ON_ONE
def test_the_brokers_disk_is_full(site: Site) -> None:
    """It lets nobody publish: no requests, no replies, no events."""
    with under_load(site, f"broker's disk alarm {ALARM_SECONDS:g} s") as run:
        with site.broker.disk_alarm():
            client = run.all_services.client
            wait_until(lambda: client.get("/v1/customers").status_code == 503, limit=BACK_LIMIT, what="alarm is felt")
            _everything_is_refused(run, ALARM_SECONDS)
        _answers_again(run)


def _everything_is_refused(run: Run, seconds: float) -> None:
    """For as long as the fault lasts, callers are told at once."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for path in ("/v1/customers", "/v1/complaints"):
            run.site.refuses(run.all_services, path)
        time.sleep(0.2)


def _answers_again(run: Run) -> None:
    client = run.all_services.client
    for path in ("/v1/customers", "/v1/complaints"):
        wait_until(partial(_is_success, client, path), limit=BACK_LIMIT, what=f"{path} answers again")


def _is_success(client: httpx.Client, path: str) -> bool:
    return client.get(path).is_success
