"""Each guarantee switched off must turn its tests red: else they would prove nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kefu.broker import PrivateBroker

_HERE = Path(__file__).parent


@pytest.mark.faults
@pytest.mark.skipif("KEFU_SABOTAGE" in os.environ, reason="this is the sabotaged run")
@pytest.mark.parametrize(
    ("sabotage", "test"),
    [
        ("outbox", "test_events.py::test_an_event_survives_its_service[sqlite]"),
        ("inbox", "test_events.py::test_an_event_delivered_twice_is_applied_once[sqlite]"),
        ("reply", "test_idempotency.py::test_the_same_call_again_gets_the_first_reply[sqlite]"),
    ],
)
def test_it_would_be_noticed(private_broker: PrivateBroker, sabotage: str, test: str) -> None:
    uri = private_broker.add_vhost(f"sabotage-{sabotage}")
    environment = os.environ | {"KEFU_SABOTAGE": sabotage, "KEFU_AMQP_URI": uri}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"{_HERE / test}"]
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    private_broker.delete_vhost(f"sabotage-{sabotage}")
    assert done.returncode == 1, done.stdout
    assert "1 failed" in done.stdout
