"""The tests notice: with one guarantee switched off, the matching test goes red, and for that reason."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from kefu.broker import PrivateBroker
from tests.faults import verdicts
from tests.faults.runs import under_load, whole
from tests.faults.site import Site
from tests.faults.table import FAULTS
from tests.faults.verdicts import Noticed, Violation

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]
_TESTS = Path(__file__).parents[1] / "service" / "chassis"


@pytest.mark.parametrize(
    ("guarantee", "test", "finding"),
    [
        ("outbox", "test_events.py::test_an_event_survives_its_service[sqlite]", "TimeoutError: .*"),
        ("inbox", "test_events.py::test_an_event_delivered_twice_is_applied_once[sqlite]", r"assert \d+ == \d+"),
        ("reply", "test_idempotency.py::test_the_same_call_again_gets_the_first_reply[sqlite]", "assert .* == .*"),
        ("filter", "test_guards.py::test_reads_see_their_own_tenant_only[sqlite]", "assert .*UUID.* == .*UUID.*"),
        ("rls", "test_guards.py::test_the_database_itself_keeps_tenants_apart[postgresql]", r"assert \d+ == \d+"),
        ("seal", "test_audit.py::test_what_was_touched_is_told", r"assert .*a row or its link was changed.*"),
    ],
)
def test_its_own_test_goes_red(private_broker: PrivateBroker, guarantee: str, test: str, finding: str) -> None:
    uri = private_broker.add_vhost(f"sabotage-{guarantee}")
    environment = os.environ | {"KEFU_SABOTAGE": guarantee, "KEFU_AMQP_URI": uri}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"{_TESTS / test}"]
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    private_broker.delete_vhost(f"sabotage-{guarantee}")
    said = re.search(rf"^E +.*?({finding})", done.stdout, re.MULTILINE)
    assert done.returncode == 1, done.stdout
    assert said, done.stdout
    verdicts.NOTICED.append(Noticed(guarantee, f"tests/service/chassis/{test}", said.group(1)))


@pytest.mark.parametrize("site", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    ("service", "guarantee", "name", "finding"),
    [
        pytest.param(
            "complaints", "outbox", "complaints killed, its events not relayed",
            "lost: complaint.opened on the timeline.*", marks=whole,
        ),
        pytest.param(
            "customers", "inbox", "every event delivered twice", ".* more often than it happened.*", marks=whole
        ),
        ("complaints", "reply", "one key fifty times at once", "one key got two replies"),
    ],
)  # fmt: skip
def test_its_fault_goes_red(site: Site, service: str, guarantee: str, name: str, finding: str) -> None:
    [fault] = [fault for fault in FAULTS if fault.name == name]
    site.platform.stop(service)
    site.sabotage[service] = guarantee
    site.revive(service)
    try:
        with (
            pytest.raises((Violation, AssertionError, TimeoutError), match=finding) as noticed,
            under_load(site, fault.name, fault.mix) as run,
            fault.breaking(run),
        ):
            run.watch(fault.seconds, down=fault.down, answering=fault.answering)
    finally:
        del site.sabotage[service]
        site.platform.restart(service)
    said = re.search(finding, str(noticed.value))
    assert said
    verdicts.NOTICED.append(Noticed(guarantee, f"fault: {name}", said.group()))
