"""A whole platform of real processes for tests: from the manifest, on free ports, stopped for sure."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import Self

import httpx

from kefu.installation import Installation
from kefu.processes import MIGRATE, Process
from kefu.spawn import dying_with_parent
from kefu.waiting import wait_until

READY_LIMIT = 60.0
DRAIN_LIMIT = 15.0
_TAIL = 30


class Platform:
    """The processes of one installation. Each writes to a file of its own; `tails()` shows the ends of them."""

    def __init__(self, installation: Installation, folder: Path) -> None:
        self.installation = installation
        self.folder = folder
        self.operator_key = ""
        self.clock_file = folder / "clock"
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def base_url(self) -> str:
        return self.installation.url

    @property
    def names(self) -> list[str]:
        return [process.name for process in self.installation.processes]

    def open(self) -> None:
        """Migrate, make the operator's credential, start everything and wait until it is ready."""
        try:
            self.migrate()
            self.operator_key = self._ensure_operator()
            for name in self.names:
                self.start(name)
            self.wait_ready()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Stop everything that runs, the gateway first; SIGKILL for what does not end by itself."""
        for name in sorted(self._running, key=lambda name: name != "gateway"):
            self._signal(name, signal.SIGTERM)
        for name in list(self._running):
            self._await_end(name)

    def start(self, name: str, **settings: str) -> None:
        """Start that process, with further environment variables when given; returns at once."""
        process = self._process(name)
        with self.log(name).open("ab") as output:
            self._running[name] = subprocess.Popen(
                [*dying_with_parent("TERM"), *self.installation.command(process.command)],
                env=self._environment(process) | settings,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def stop(self, name: str) -> int:
        """SIGTERM and wait; the exit code. What does not drain within fifteen seconds is killed: TimeoutError."""
        self._signal(name, signal.SIGTERM)
        return self._await_end(name, strict=True)

    def kill(self, name: str) -> None:
        """SIGKILL the process with its children, as a power cut would."""
        self._signal(name, signal.SIGKILL)
        self._running.pop(name).wait()

    def restart(self, name: str) -> None:
        self.stop(name)
        self.start(name)
        self.wait_ready(name)

    def await_death(self, name: str, limit: float = 30.0) -> None:
        """Wait until the process has died by itself (a fault point killed it)."""
        process = self._running[name]
        wait_until(lambda: process.poll() is not None, limit=limit, what=f"{name} dies")
        del self._running[name]

    def wait_ready(self, *names: str, limit: float = READY_LIMIT) -> None:
        """Wait until those processes (default: all) say that they are ready; the logs' ends are in the TimeoutError."""
        wanted = [self._process(name) for name in names or self.names]
        try:
            wait_until(lambda: self._all_ready(wanted), limit=limit, what=f"{', '.join(p.name for p in wanted)} ready")
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self.tails()}") from None

    def runs(self, name: str) -> bool:
        """Whether the process was started and has not ended."""
        process = self._running.get(name)
        return process is not None and process.poll() is None

    def pid(self, name: str) -> int:
        return self._running[name].pid

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def logs(self, name: str) -> str:
        return self.log(name).read_text(errors="replace")

    def tails(self) -> str:
        """The last lines of every process's output."""
        written = [name for name in [*self.names, "migrate"] if self.log(name).exists()]
        return "\n".join(f"--- {name}\n" + "\n".join(self.logs(name).splitlines()[-_TAIL:]) for name in written)

    def metrics(self, name: str) -> str:
        """What the process's /metrics says."""
        address = self.installation.address(self._process(name))
        return httpx.get(f"http://{address}/metrics", timeout=5, trust_env=False).raise_for_status().text

    def client(self, credential: str | None = None) -> httpx.Client:
        """An HTTP client of the gateway, signed in with `credential` (None: with the operator's)."""
        headers = {"Authorization": f"Bearer {credential or self.operator_key}"}
        return httpx.Client(base_url=self.base_url, headers=headers, timeout=30, trust_env=False)

    def move_clock(self, seconds: float) -> None:
        """Set every process's clock that far ahead of the machine's (0: back to it)."""
        fresh = self.clock_file.with_suffix(".new")
        fresh.write_text(str(seconds))
        fresh.replace(self.clock_file)

    def migrate(self) -> None:
        """Run `kefu migrate`; RuntimeError with its output when it fails."""
        command = [*dying_with_parent("TERM"), *self.installation.command(MIGRATE)]
        done = subprocess.run(command, env=self._environment(None), check=False, capture_output=True, text=True)
        self.log("migrate").write_text(done.stdout + done.stderr)
        if done.returncode:
            raise RuntimeError(f"kefu migrate failed:\n{done.stdout}{done.stderr}")

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *details: object) -> None:
        self.close()

    def _ensure_operator(self) -> str:
        from services.tenants.bootstrap import ensure_operator

        key = ensure_operator(self.installation.database_url)
        assert key, "a fresh platform makes its operator's credential"
        return key

    def _environment(self, process: Process | None) -> dict[str, str]:
        return self.installation.environment(process) | {"KEFU_CLOCK_FILE": str(self.clock_file)}

    def _process(self, name: str) -> Process:
        return next(process for process in self.installation.processes if process.name == name)

    def _all_ready(self, wanted: list[Process]) -> bool:
        for process in wanted:
            running = self._running.get(process.name)
            if running is None or running.poll() is not None:
                raise RuntimeError(f"{process.name} is not running\n{self.tails()}")
        return all(self.installation.ready(process) for process in wanted)

    def _signal(self, name: str, number: signal.Signals) -> None:
        process = self._running[name]
        if process.poll() is None:
            target = os.killpg if number is signal.SIGKILL else os.kill
            target(process.pid, number)

    def _await_end(self, name: str, *, strict: bool = False) -> int:
        process = self._running.pop(name)
        try:
            return process.wait(DRAIN_LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if strict:
                raise TimeoutError(f"{name} did not drain within {DRAIN_LIMIT:g} s\n{self.tails()}") from None
            return process.returncode
