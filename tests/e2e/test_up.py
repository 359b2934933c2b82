"""`kefu up`, which is what `make run` runs: ready, says what to do next, mends what dies, leaves nothing behind."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from kefu.installation import free_addresses
from kefu.processes import SERVICES
from kefu.waiting import wait_until

pytestmark = pytest.mark.slow


class Running:
    """One `kefu up` in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bind, metrics_base = free_addresses()
        self.settings = {
            "KEFU_VAR": str(folder / "var"),
            "KEFU_GATEWAY_BIND": self.bind,
            "KEFU_METRICS_PORT_BASE": str(metrics_base),
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("KEFU_")}
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "kefu", "up", "--no-demo"],
                env=kept | self.settings,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        wait_until(self._ready_or_dead, limit=90, what="kefu up says that ctrl-C stops everything")

    @property
    def output(self) -> Path:
        return self.folder / "output"

    def said(self) -> str:
        return self.output.read_text(errors="replace")

    def family(self) -> list[psutil.Process]:
        assert self.process
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self) -> int:
        assert self.process
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)

    def _ready_or_dead(self) -> bool:
        assert self.process
        assert self.process.poll() is None, self.said()
        return "ctrl-C stops everything" in self.said()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    if os.environ.get("KEFU_AMQP_URI"):
        pytest.skip("brings its own RabbitMQ; unset KEFU_AMQP_URI")
    up = Running(tmp_path)
    yield up
    if up.process and up.process.poll() is None:
        up.stop()


@pytest.mark.timeout(240)
def test_it_starts_says_what_to_do_mends_and_stops(running: Running) -> None:
    running.start()
    said = running.said()
    curl = re.search(r"curl -s -H 'Authorization: Bearer (\S+)' (\S+)", said)
    assert curl, said
    headers = {"Authorization": f"Bearer {curl[1]}"}
    assert _answers(curl[2], headers)
    key_file = running.folder / "var" / "operator.key"
    assert key_file.stat().st_mode & 0o077 == 0

    beside = {"PATH": os.environ["PATH"], "KEFU_VAR": str(running.folder / "var")}
    letters = [sys.executable, "-m", "kefu", "dead-letters", "list"]
    assert subprocess.check_output(letters, env=beside, text=True) == "No dead letters.\n"

    victim = next(p for p in running.family() if p.cmdline()[-2:] == ["serve", SERVICES[0]])
    victim.kill()
    wait_until(lambda: f"{SERVICES[0]} ended (signal SIGKILL)" in running.said(), limit=10, what="the death is noticed")
    wait_until(lambda: _answers(curl[2], headers), limit=40, what="the restarted service answers", every=0.5)

    family = running.family()
    assert running.stop() == 0
    assert [process.cmdline() for process in family if _runs(process)] == []

    running.start()  # the second start finds its data and does not show the key a second time
    assert curl[1] in key_file.read_text()
    assert _answers(curl[2], headers)
    family = running.family()
    assert running.process
    running.process.kill()  # even SIGKILL leaves nothing behind
    running.process.wait()
    wait_until(lambda: not any(map(_runs, family)), limit=30, what="all processes end with their supervisor")


def test_a_taken_port_is_named(running: Running) -> None:
    host, _, port = running.bind.partition(":")
    with socket.create_server((host, int(port))):
        done = subprocess.run(
            [sys.executable, "-m", "kefu", "up", "--no-demo"],
            env=os.environ | running.settings,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == 1
    assert f"Port {port} (gateway) is taken" in done.stderr
    assert "KEFU_GATEWAY_BIND" in done.stderr


def _answers(url: str, headers: dict[str, str]) -> bool:
    try:
        return httpx.get(url, headers=headers, trust_env=False, timeout=15).status_code == 200
    except httpx.TransportError:
        return False


def _runs(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
