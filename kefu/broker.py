"""A private RabbitMQ node: own ports, data folder, cookie and epmd, nothing but loopback addresses.

Works as root and as any other user, beside any number of other nodes. Nothing outside the node's folder is read or
written. Limit: RabbitMQ 3.10 loses a quorum queue that was first declared less than a second before `kill()`.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from kefu.ports import accepts, free_block
from kefu.spawn import dying_with_parent
from kefu.waiting import wait_until

START_LIMIT = 60.0
STOP_LIMIT = 20.0
DISK_FREE_LIMIT, MEMORY_LIMIT = "200MB", "1GB"
_PORTS = 16  # AMQP, distribution, epmd, metrics, and twelve for rabbitmqctl's own short-lived nodes
_CONFIG = f"""\
prometheus.tcp.ip = 127.0.0.1
prometheus.tcp.port = {{metrics}}
vm_memory_high_watermark.absolute = {MEMORY_LIMIT}
disk_free_limit.absolute = {DISK_FREE_LIMIT}
log.file.level = info
"""
_ERLANG_ARGUMENTS = "-kernel inet_dist_use_interface {127,0,0,1}"


class BrokerUnavailableError(RuntimeError):
    """No node can be started, or it did not start; the text says what to do."""


def rabbitmq_bin() -> Path | None:
    """The folder of RabbitMQ's own programs; None when it is not installed.

    Debian's /usr/sbin wrappers refuse ordinary users, so they are passed over. KEFU_RABBITMQ_BIN names another folder.
    """
    given = os.environ.get("KEFU_RABBITMQ_BIN")
    folders = (
        [given] if given else ["/usr/lib/rabbitmq/bin", "/opt/rabbitmq/sbin", "/opt/homebrew/sbin", "/usr/local/sbin"]
    )
    for folder in map(Path, folders):
        if os.access(folder / "rabbitmq-server", os.X_OK) and shutil.which("erl"):
            return folder
    return None


class PrivateBroker:
    """One RabbitMQ node in `folder`. Use as a context manager, or call `start` and `stop`."""

    def __init__(self, folder: Path, *, port: int | None = None, metrics: bool = False) -> None:
        """`port` is the AMQP port (the following 15 are taken too); None: chosen freely. `metrics` serves Prometheus
        figures on `port + 3`, at the price of five seconds more for stopping."""
        self.folder = folder.absolute()
        self.port = port or free_block(_PORTS)
        self.metrics_port = self.port + 3 if metrics else None
        self._process: subprocess.Popen[bytes] | None = None
        self._epmd: subprocess.Popen[bytes] | None = None

    def uri(self, vhost: str = "/", user: str = "guest", password: str = "guest") -> str:  # noqa: S107  (the node's own)
        """The address for that user; `guest` may do everything."""
        return f"amqp://{quote(user)}:{quote(password)}@127.0.0.1:{self.port}/{quote(vhost, safe='')}"

    def describe(self) -> str:
        return f"a private node in {os.path.relpath(self.folder)}"

    @property
    def log(self) -> Path:
        return self.folder / "log" / "output.log"

    def start(self) -> None:
        """Start the node and wait until it serves; BrokerUnavailableError when it does not within a minute."""
        programs = rabbitmq_bin()
        if programs is None:
            raise BrokerUnavailableError(
                "RabbitMQ is not installed: `apt-get install rabbitmq-server`, or set KEFU_AMQP_URI."
            )
        self.sweep()
        self._prepare()
        # Erlang's port mapper would start itself as a daemon and stay for ever: ours is a child like the node.
        self._epmd = self._spawn("epmd", "-address", "127.0.0.1", "-port", str(self._epmd_port))
        wait_until(lambda: accepts("127.0.0.1", self._epmd_port), limit=10, what="epmd listens")
        self._process = self._spawn(programs / "rabbitmq-server")
        try:
            self._await_startup()
        except (TimeoutError, BrokerUnavailableError) as error:
            self.kill()
            raise BrokerUnavailableError(
                f"RabbitMQ did not start ({error}); the end of {self.log}:\n{self._log_tail()}"
            ) from error

    def stop(self) -> None:
        """Stop the node in an orderly way; durable queues and persistent messages stay in the folder."""
        if self._process:
            self._process.terminate()
            try:
                self._process.wait(STOP_LIMIT)
            except subprocess.TimeoutExpired:
                self.kill()
        self._end()

    def kill(self) -> None:
        """Kill the node as a power cut would."""
        pid = self._node_pid()
        if pid:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            wait_until(
                lambda: not accepts("127.0.0.1", self.port), limit=STOP_LIMIT, what="the killed RabbitMQ is gone"
            )
        if self._process:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(STOP_LIMIT)
        self._end()

    def restart(self) -> None:
        self.stop()
        self.start()

    def pause(self) -> None:
        """Freeze the node: connections stay open and nothing answers, until `resume`."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def ctl(self, *arguments: str) -> str:
        """What `rabbitmqctl` prints; BrokerUnavailableError with its text when it fails."""
        programs = rabbitmq_bin()
        if programs is None or self._epmd is None:  # without our epmd the command would start one that stays
            raise BrokerUnavailableError("the node is not running")
        command = [str(programs / "rabbitmqctl"), "--quiet", *arguments]
        done = subprocess.run(command, env=self._environment(), check=False, capture_output=True, text=True)
        if done.returncode:
            raise BrokerUnavailableError(f"rabbitmqctl {arguments[0]} failed: {done.stderr or done.stdout}")
        return done.stdout

    def add_vhost(self, name: str) -> str:
        """Make a virtual host, where nothing of others is; the URI of it."""
        self.ctl("add_vhost", name)
        self.ctl("set_permissions", "-p", name, "guest", ".*", ".*", ".*")
        return self.uri(name)

    def import_definitions(self, definitions: Mapping[str, Any]) -> None:
        """Add users, their rights and whatever else they define; what has the same name is replaced."""
        with tempfile.NamedTemporaryFile("w", dir=self.folder, suffix=".json") as file:
            json.dump(definitions, file)
            file.flush()
            self.ctl("import_definitions", file.name)

    def delete_vhost(self, name: str) -> None:
        self.ctl("delete_vhost", name)

    @contextmanager
    def disk_alarm(self) -> Iterator[None]:
        """As long as it lasts the broker blocks every publisher, as it does when its disk is nearly full."""
        self.ctl("set_disk_free_limit", str(10**15))
        try:
            yield
        finally:
            self.ctl("set_disk_free_limit", DISK_FREE_LIMIT)

    @contextmanager
    def memory_alarm(self) -> Iterator[None]:
        """As long as it lasts the broker blocks every publisher, as it does when its memory is nearly used up."""
        self.ctl("set_vm_memory_high_watermark", "absolute", "1MB")
        try:
            yield
        finally:
            self.ctl("set_vm_memory_high_watermark", "absolute", MEMORY_LIMIT)

    def sweep(self) -> bool:
        """Stop what an earlier starter of this folder left running; True when there was something."""
        pid = self._node_pid()
        if pid is None or self.alive():
            return False
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: not self._is_node(pid), limit=STOP_LIMIT, what=f"RabbitMQ left as process {pid} ends")
        port = _epmd_port(int(self._port_file.read_text()))
        subprocess.run(["epmd", "-port", str(port), "-kill"], check=False, capture_output=True)
        return True

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _prepare(self) -> None:
        for name in ("mnesia", "log", "conf"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        conf = self.folder / "conf"
        (conf / "enabled_plugins").write_text("[rabbitmq_prometheus].\n" if self.metrics_port else "[].\n")
        (conf / "rabbitmq.conf").write_text(_CONFIG.format(metrics=self.metrics_port or self.port + 3))
        self._pid_file.unlink(missing_ok=True)
        self._port_file.write_text(str(self.port))

    def _spawn(self, *command: str | Path) -> subprocess.Popen[bytes]:
        """Start a program of the node's; it ends when this process does, however that happens."""
        with self.log.open("ab") as output:
            return subprocess.Popen(
                [*dying_with_parent("TERM"), *command],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def _environment(self) -> dict[str, str]:
        port, folder = self.port, self.folder
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("RABBITMQ_", "ERL_"))}
        return kept | {
            "HOME": str(folder),  # the Erlang cookie is made and found here
            "LC_ALL": "C.UTF-8",
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_NODENAME": "kefu@localhost",  # a machine whose own name does not resolve works too
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(port),
            "RABBITMQ_DIST_PORT": str(port + 1),
            "ERL_EPMD_PORT": str(self._epmd_port),  # an epmd of its own: the node is invisible to every other
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": _ERLANG_ARGUMENTS,
            "RABBITMQ_CTL_DIST_PORT_MIN": str(port + 4),
            "RABBITMQ_CTL_DIST_PORT_MAX": str(port + _PORTS - 1),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_PID_FILE": str(self._pid_file),
            "RABBITMQ_CONFIG_FILE": str(folder / "conf" / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "conf" / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "conf" / "enabled_plugins"),
        }

    def _await_startup(self) -> None:
        wait_until(self._written_pid_or_dead, limit=START_LIMIT, what="RabbitMQ writes its process id")
        self.ctl("wait", "--timeout", str(int(START_LIMIT)), str(self._pid_file))
        wait_until(lambda: accepts("127.0.0.1", self.port), limit=10, what=f"RabbitMQ listens on port {self.port}")

    def _written_pid_or_dead(self) -> bool:
        if not self.alive():
            raise BrokerUnavailableError("it ended at once")
        return self._node_pid() is not None

    def _signal(self, number: signal.Signals) -> None:
        pid = self._node_pid()
        if pid is None:
            raise BrokerUnavailableError("the node is not running")
        os.kill(pid, number)

    @property
    def _epmd_port(self) -> int:
        return _epmd_port(self.port)

    @property
    def _port_file(self) -> Path:
        return self.folder / "port"

    @property
    def _pid_file(self) -> Path:
        return self.folder / "rabbit.pid"

    def _node_pid(self) -> int | None:
        """The Erlang process of this folder's node; None when it does not run."""
        try:
            pid = int(self._pid_file.read_text())
        except (OSError, ValueError):
            return None
        return pid if self._is_node(pid) else None

    def _is_node(self, pid: int) -> bool:
        try:
            return str(self.folder).encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return False

    def _end(self) -> None:
        self._process = None
        self._pid_file.unlink(missing_ok=True)
        if self._epmd:
            self._epmd.kill()
            self._epmd.wait()
            self._epmd = None

    def _log_tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:]) if self.log.exists() else ""


def _epmd_port(amqp_port: int) -> int:
    return amqp_port + 2
