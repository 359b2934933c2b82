"""The supervisor, with real processes."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from kefu import supervisor as supervising
from kefu.console import Console
from kefu.supervisor import Child, Supervisor
from kefu.waiting import wait_until


class Stage:
    """Runs a supervisor in this thread until a condition on its output holds, then stops it by a signal."""

    def __init__(self) -> None:
        self.out = io.StringIO()
        self.children: list[Child] = []

    def child(self, name: str, code: str, **more: object) -> Child:
        child = Child(name, [sys.executable, "-u", "-c", code], dict(os.environ), **more)  # type: ignore[arg-type]
        self.children.append(child)
        return child

    def run_until(self, condition: Callable[[], object], *, drain_limit: float = 5.0, limit: float = 20.0) -> str:
        end = time.monotonic() + limit

        def stop_when_true() -> None:
            if condition() or time.monotonic() > end:
                os.kill(os.getpid(), signal.SIGINT)

        Supervisor(self.children, Console(self.out), (stop_when_true,), drain_limit).run()
        assert time.monotonic() <= end, f"the condition never held:\n{self.out.getvalue()}"
        return self.out.getvalue()


@pytest.fixture
def stage() -> Stage:
    return Stage()


WAIT = "import time; time.sleep(60)"


def test_output_comes_with_the_name_before_it(stage: Stage) -> None:
    stage.child("talker", f"print('你好'); {WAIT}")
    shown = stage.run_until(lambda: "你好" in stage.out.getvalue())
    assert any("talker" in line and line.endswith("│ 你好") for line in shown.splitlines())


def test_a_dead_process_is_started_again(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervising, "FIRST_DELAY", 0.05)
    marks = tmp_path / "marks"
    stage.child("mortal", f"open({str(marks)!r}, 'a').write('x'); raise SystemExit(3)")
    shown = stage.run_until(lambda: marks.exists() and len(marks.read_text()) >= 3)
    assert "mortal ended (exit code 3); starting it again in 0.05 s" in shown
    assert "in 0.1 s" in shown


def test_a_killed_process_is_started_again(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervising, "FIRST_DELAY", 0.05)
    child = stage.child("victim", f"print('up'); {WAIT}")
    killed: list[int] = []

    def kill_once() -> bool:
        if not killed and child.process and "up" in stage.out.getvalue():
            killed.append(child.process.pid)
            child.process.kill()
        return stage.out.getvalue().count("│ up") == 2

    assert "victim ended (signal SIGKILL)" in stage.run_until(kill_once)


def test_what_runs_once_is_not_started_again(stage: Stage) -> None:
    child = stage.child("once", "print('loaded')", once=True)
    shown = stage.run_until(lambda: "loaded" in stage.out.getvalue() and child.process is None)
    assert "ended" not in shown
    assert child.due is None


def test_everything_has_ended_when_it_returns_children_of_children_too(stage: Stage) -> None:
    stage.child("parent", f"import os, subprocess; print(os.getpid(), subprocess.Popen(['sleep', '60']).pid); {WAIT}")
    shown = stage.run_until(lambda: "│ " in stage.out.getvalue())
    parent, worker = map(int, shown.split("│ ")[1].split()[:2])
    wait_until(lambda: _gone(parent) and _gone(worker), limit=5, what="both end")


def test_a_process_may_finish_its_work(stage: Stage) -> None:
    stage.child("worker", _ends_saying("drained"))
    assert "│ drained" in stage.run_until(lambda: "up" in stage.out.getvalue())


def test_one_that_does_not_end_is_killed(stage: Stage) -> None:
    stage.child("stubborn", f"import signal; signal.signal(15, signal.SIG_IGN); print('up'); {WAIT}")
    shown = stage.run_until(lambda: "up" in stage.out.getvalue(), drain_limit=0.3)
    assert "stubborn killed: it did not end within 0.3 s" in shown


def test_the_first_wave_ends_before_the_second_is_told(stage: Stage) -> None:
    code = _ends_saying("told")
    stage.child("service", code, wave=1)
    stage.child("gateway", code, wave=0)
    shown = stage.run_until(lambda: stage.out.getvalue().count("up") == 2)
    told = [line.split()[1] for line in shown.splitlines() if line.endswith("told")]
    assert told == ["gateway", "service"]


def test_children_do_not_outlive_a_killed_supervisor(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    child = f"import os, time; open({str(pid_file)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    program = (
        "import os, sys\nfrom kefu.console import Console\nfrom kefu.supervisor import Child, Supervisor\n"
        f"Supervisor([Child('c', [sys.executable, '-c', {child!r}], dict(os.environ))], Console()).run()"
    )
    running = subprocess.Popen([sys.executable, "-c", program], cwd=Path(__file__).parents[3])
    wait_until(lambda: pid_file.exists() and pid_file.read_text(), limit=10, what="the child starts")
    pid = int(pid_file.read_text())
    running.kill()
    running.wait()
    wait_until(lambda: _gone(pid), limit=10, what="the child ends with its supervisor")


def _ends_saying(word: str) -> str:
    """A program that says `up`, and the word when it is told to end."""
    handler = f"lambda *_: (print('{word}'), sys.exit())"
    return f"import signal, sys, time\nsignal.signal(15, {handler})\nprint('up')\ntime.sleep(60)"


def _gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
