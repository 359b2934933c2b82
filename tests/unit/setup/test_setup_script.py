"""scripts/setup on machines that lack something: it must say what to do, and change nothing.

The script runs with a PATH that holds only what the test puts there; the virtual environment is this very one.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TOOLS = ("bash", "cat", "dirname", "env", "grep", "sha256sum", "sed")
NOWHERE = "/nonexistent"


class Machine:
    """A machine with the given programs and an ordinary user."""

    def __init__(self, folder: Path) -> None:
        self.programs = folder / "bin"
        self.programs.mkdir()
        for tool in TOOLS:
            (self.programs / tool).symlink_to(shutil.which(tool) or tool)
        self.has("id", "echo 1000")
        self.calls = folder / "calls"
        self.venv = folder / "venv"
        self.environment = {"PATH": str(self.programs), "HOME": str(folder), "CALLS": str(self.calls)}
        self.environment |= {"KEFU_VENV": str(self.venv), "KEFU_RABBITMQ_BIN": NOWHERE}
        self.has("fc-list", "echo WenQuanYi Micro Hei")

    def has(self, program: str, script: str) -> None:
        """Put a program there; what it was called with is added to `calls`."""
        path = self.programs / program
        path.write_text(f'#!{shutil.which("bash")}\necho "{program} $*" >> "$CALLS"\n{script}\n')
        path.chmod(0o755)

    def with_finished_venv(self) -> Machine:
        """As if the locked requirements had been installed before."""
        (self.venv / "bin").mkdir(parents=True)
        (self.venv / "bin" / "python").symlink_to(sys.executable)
        for name in ("run", "test"):
            files = (f"requirements/{name}.txt", "pyproject.toml")
            stamp = "".join(f"{hashlib.sha256((ROOT / file).read_bytes()).hexdigest()}  {file}\n" for file in files)
            (self.venv / f".{name}.sha256").write_text(stamp)
        return self

    def setup(self, purpose: str, **settings: str) -> subprocess.CompletedProcess[str]:
        command = [str(ROOT / "scripts" / "setup"), purpose]
        return subprocess.run(
            command, env=self.environment | settings, capture_output=True, text=True, check=False, timeout=30
        )

    def called(self, program: str) -> list[str]:
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        return [line for line in lines if line.startswith(f"{program} ")]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_without_python_it_says_which_one_is_needed(machine: Machine) -> None:
    done = machine.setup("run")
    assert done.returncode == 1
    assert "Python 3.11, 3.12 or 3.13 is needed" in done.stderr
    assert "sudo apt-get install python3 python3-venv" in done.stderr


def test_too_old_a_python_is_passed_over(machine: Machine) -> None:
    machine.has("python3", "exit 1")
    done = machine.setup("run")
    assert done.returncode == 1
    assert "KEFU_PYTHON" in done.stderr


def test_an_ordinary_user_without_rabbitmq_is_told_the_three_ways_out(machine: Machine) -> None:
    done = machine.with_finished_venv().setup("run")
    assert done.returncode == 1
    assert "RabbitMQ is missing" in done.stderr
    assert "sudo apt-get install rabbitmq-server" in done.stderr
    assert "start Docker" in done.stderr
    assert "export KEFU_AMQP_URI=amqp://" in done.stderr


def test_sudo_that_asks_for_a_password_is_not_used(machine: Machine) -> None:
    machine.has("apt-get", "exit 99")
    machine.has("sudo", "exit 1")
    done = machine.with_finished_venv().setup("run")
    assert done.returncode == 1
    assert machine.called("apt-get") == []


def test_with_passwordless_sudo_the_package_is_installed(machine: Machine) -> None:
    machine.has("apt-get", "exit 0")
    machine.has("sudo", 'shift; [ "$1" = true ] || "$@"')
    machine.has("true", "exit 0")
    done = machine.with_finished_venv().setup("run")
    assert done.returncode == 0, done.stderr
    assert [call.split()[1] for call in machine.called("apt-get")] == ["update", "install"]
    assert machine.called("apt-get")[-1].endswith("rabbitmq-server")


def test_root_installs_without_sudo(machine: Machine) -> None:
    machine.has("id", "echo 0")
    machine.has("apt-get", "exit 0")
    done = machine.with_finished_venv().setup("run")
    assert done.returncode == 0, done.stderr
    assert machine.called("apt-get")[-1].endswith("rabbitmq-server")


def test_a_failing_apt_get_is_not_hidden(machine: Machine) -> None:
    machine.has("id", "echo 0")
    machine.has("apt-get", 'echo "E: no network" >&2; exit 100')
    done = machine.with_finished_venv().setup("run")
    assert done.returncode == 1
    assert "E: no network" in done.stderr


def test_docker_will_do_for_running(machine: Machine) -> None:
    machine.has("docker", "exit 0")
    done = machine.with_finished_venv().setup("run")
    assert done.returncode == 0, done.stderr
    assert "by Docker" in done.stdout


def test_docker_without_its_engine_will_not_do(machine: Machine) -> None:
    machine.has("docker", "exit 1")
    assert machine.with_finished_venv().setup("run").returncode == 1


def test_a_broker_named_by_uri_is_enough(machine: Machine) -> None:
    done = machine.with_finished_venv().setup("run", KEFU_AMQP_URI="amqp://broker/")
    assert done.returncode == 0, done.stderr
    assert "KEFU_AMQP_URI" in done.stdout


def test_tests_ask_for_prometheus_and_a_browser_too(machine: Machine) -> None:
    given = {"KEFU_AMQP_URI": "amqp://broker/", "KEFU_TEST_DATABASE_URL": "postgresql://server/postgres"}
    done = machine.with_finished_venv().setup("test", **given)
    assert done.returncode == 1
    assert "sudo apt-get install prometheus" in done.stderr
    machine.has("prometheus", "exit 0")
    machine.has("promtool", "exit 0")
    assert "sudo apt-get install chromium" in machine.setup("test", **given).stderr


def test_a_second_run_installs_nothing(machine: Machine) -> None:
    machine.with_finished_venv()
    (machine.venv / "bin" / "python").unlink()
    machine.has("probe", "exit 0")
    shutil.copy(machine.programs / "probe", machine.venv / "bin" / "python")
    assert machine.setup("venv").returncode == 0
    assert all("pip" not in call for call in machine.called("probe"))


def test_a_changed_lock_is_installed(machine: Machine) -> None:
    machine.with_finished_venv()
    (machine.venv / ".run.sha256").write_text("0" * 64 + "  requirements/run.txt\n")
    (machine.venv / "bin" / "python").unlink()
    machine.has("probe", "exit 0")
    shutil.copy(machine.programs / "probe", machine.venv / "bin" / "python")
    assert machine.setup("venv").returncode == 0
    calls = machine.called("probe")
    assert any("--require-hashes -r requirements/run.txt" in call for call in calls)
    assert "requirements/run.txt" in (machine.venv / ".run.sha256").read_text()


def test_the_scripts_are_executable() -> None:
    for script in ("scripts/setup", "scripts/test", "scripts/lock", ".ci/run"):
        assert os.access(ROOT / script, os.X_OK), script


def test_running_goes_on_without_what_printing_needs(machine: Machine) -> None:
    machine.has("fc-list", "exit 0")
    done = machine.with_finished_venv().setup("run", KEFU_AMQP_URI="amqp://broker/")
    assert done.returncode == 0, done.stderr
    assert "sudo apt-get install fonts-wqy-microhei" in done.stdout


def test_running_goes_on_when_the_font_cannot_be_fetched(machine: Machine) -> None:
    machine.has("fc-list", "exit 0")
    machine.has("id", "echo 0")
    machine.has("apt-get", "exit 100")
    done = machine.with_finished_venv().setup("run", KEFU_AMQP_URI="amqp://broker/")
    assert done.returncode == 0, done.stderr
    assert "Nothing will be printed" in done.stdout


def test_who_may_install_gets_a_chinese_font(machine: Machine) -> None:
    machine.has("fc-list", "exit 0")
    machine.has("id", "echo 0")
    machine.has("apt-get", "exit 0")
    done = machine.with_finished_venv().setup("run", KEFU_AMQP_URI="amqp://broker/")
    assert done.returncode == 0, done.stderr
    assert machine.called("apt-get")[-1].endswith("fonts-wqy-microhei")


def test_the_tests_want_a_chinese_font(machine: Machine) -> None:
    machine.has("fc-list", "exit 0")
    done = machine.with_finished_venv().setup("test", KEFU_AMQP_URI="amqp://broker/")
    assert done.returncode == 1
    assert "fonts-wqy-microhei is missing" in done.stderr
