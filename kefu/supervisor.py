"""Keeps processes running: their output prefixed and coloured, a dead one started again, all stopped in order.

One thread and one selector. What is started here ends with this process, even when this process is killed.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import FrameType
from typing import IO

from kefu.console import Console
from kefu.spawn import dying_with_parent

FIRST_DELAY = 1.0
LONGEST_DELAY = 30.0
STEADY_AFTER = 60.0
"""Seconds of life after which a process counts as steady: its next death is met with `FIRST_DELAY` again."""
DRAIN_LIMIT = 10.0
"""Seconds a process has to finish its work after SIGTERM."""
_TICK = 0.2


@dataclass(slots=True)
class Child:
    """One supervised process. `wave`: those of a lower wave are stopped first. `once`: its end is its success."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    wave: int = 0
    once: bool = False
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    delay: float = 0.0
    due: float | None = 0.0
    """When it is to be started, by the monotonic clock; None: it runs, or is not to run again."""
    rest: bytes = b""
    """Output after the last line end."""


@dataclass(slots=True)
class Supervisor:
    """Runs `children` until SIGINT or SIGTERM, doing all `chores` about five times a second.

    A second signal while stopping kills at once.
    """

    children: list[Child]
    console: Console
    chores: Sequence[Callable[[], None]] = ()
    drain_limit: float = DRAIN_LIMIT
    _selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    _signals: int = 0

    def run(self) -> None:
        """Start everything, return after everything has ended."""
        previous = {number: signal.signal(number, self._on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            while not self._signals:
                self._start_due()
                self._turn()
                for chore in self.chores:
                    chore()
            self.console.step("Stopping")
        finally:
            self._stop_all()
            self._selector.close()
            for number, handler in previous.items():
                signal.signal(number, handler)

    def add(self, child: Child) -> None:
        """Start one more at the next turn."""
        self.children.append(child)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._signals += 1

    def _turn(self) -> None:
        """Wait at most a tick for output, print it, and look after those that ended."""
        for key, _ in self._selector.select(_TICK):
            self._read(key.data, key.fileobj)  # type: ignore[arg-type]
        for child in self.children:
            if child.process and child.process.poll() is not None:
                self._bury(child)

    def _start_due(self) -> None:
        now = time.monotonic()
        for child in self.children:
            if child.due is not None and child.due <= now:
                self._start(child)

    def _start(self, child: Child) -> None:
        child.process = subprocess.Popen(
            [*dying_with_parent("TERM"), *child.command],
            env=child.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # ctrl-C reaches this process only, which stops the others in order
        )
        child.started, child.due = time.monotonic(), None
        self._selector.register(_output(child), selectors.EVENT_READ, child)
        os.set_blocking(_output(child).fileno(), False)

    def _read(self, child: Child, output: IO[bytes]) -> None:
        text = output.read(65536)
        if text:
            *lines, child.rest = (child.rest + text).split(b"\n")
            for line in lines:
                self.console.line(child.name, line.decode(errors="replace"))
        elif text == b"":
            self._selector.unregister(output)

    def _bury(self, child: Child) -> None:
        process, output = child.process, _output(child)
        assert process is not None
        if output in {key.fileobj for key in self._selector.get_map().values()}:
            self._read(child, output)
        if output in {key.fileobj for key in self._selector.get_map().values()}:
            self._selector.unregister(output)
        output.close()
        child.process, child.rest = None, b""
        with suppress(ProcessLookupError):  # workers it left behind would keep its port
            os.killpg(process.pid, signal.SIGKILL)
        if not self._signals and not (child.once and process.returncode == 0):
            self._plan_restart(child, process.returncode)

    def _plan_restart(self, child: Child, code: int) -> None:
        now = time.monotonic()
        steady = now - child.started > STEADY_AFTER
        child.delay = FIRST_DELAY if steady or not child.delay else min(child.delay * 2, LONGEST_DELAY)
        child.due = now + child.delay
        self.console.warn(f"{child.name} ended ({_how(code)}); starting it again in {child.delay:g} s")

    def _stop_all(self) -> None:
        for wave in sorted({child.wave for child in self.children}):
            self._stop([child for child in self.children if child.wave == wave and child.process])

    def _stop(self, children: list[Child]) -> None:
        for child in children:
            _send(child, signal.SIGTERM)
        end = time.monotonic() + self.drain_limit
        while any(child.process for child in children) and time.monotonic() < end and self._signals < 2:
            self._turn()
        for child in children:
            if child.process:
                why = "told twice to stop" if self._signals > 1 else f"it did not end within {self.drain_limit:g} s"
                self.console.warn(f"{child.name} killed: {why}")
                _send(child, signal.SIGKILL)
                child.process.wait()
                self._bury(child)


def _output(child: Child) -> IO[bytes]:
    assert child.process is not None
    assert child.process.stdout is not None
    return child.process.stdout


def _send(child: Child, number: signal.Signals) -> None:
    """To the whole group of the process: gunicorn's workers go with their master when it is killed."""
    if child.process and child.process.poll() is None:
        target = os.killpg if number is signal.SIGKILL else os.kill
        target(child.process.pid, number)


def _how(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
