"""The private RabbitMQ node, for real: what the tests of the guarantees rely on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pika
import psutil
import pytest
from pika.adapters.blocking_connection import BlockingChannel

from kefu import broker as brokers
from kefu.broker import BrokerUnavailableError, PrivateBroker
from kefu.ports import accepts
from kefu.waiting import wait_until

pytestmark = pytest.mark.slow
PERSISTENT = pika.BasicProperties(delivery_mode=2)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateBroker]:
    with PrivateBroker(tmp_path_factory.mktemp("node")) as running:
        yield running


def test_virtual_hosts_are_apart(broker: PrivateBroker) -> None:
    with _channel(broker.add_vhost("one")) as one, _channel(broker.add_vhost("two")) as two:
        one.queue_declare("q", durable=True)
        with pytest.raises(pika.exceptions.ChannelClosedByBroker):
            two.queue_declare("q", passive=True)


def test_it_listens_on_loopback_only(broker: PrivateBroker) -> None:
    listening = [_address(c)[0] for c in psutil.net_connections("tcp") if c.status == "LISTEN" and _is_ours(c, broker)]
    assert len(listening) >= 3
    assert set(listening) <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}


def test_a_disk_alarm_blocks_publishers_until_it_is_over(broker: PrivateBroker) -> None:
    with _channel(broker.uri(), blocked_timeout=1) as channel:
        channel.queue_declare("alarmed", durable=True)
        with broker.disk_alarm(), pytest.raises(pika.exceptions.ConnectionBlockedTimeout):
            channel.basic_publish("", "alarmed", b"x", PERSISTENT)
    with _channel(broker.uri()) as after:
        after.basic_publish("", "alarmed", b"y", PERSISTENT)


def test_confirmed_messages_outlive_a_kill_and_a_stop(broker: PrivateBroker) -> None:
    with _channel(broker.uri()) as channel:
        channel.queue_declare("kept", durable=True)
        channel.basic_publish("", "kept", b"one", PERSISTENT)
    # A confirm speaks for the message; a queue declared a moment ago may still be in a buffer of RabbitMQ's.
    broker.ctl("eval", "ok = mnesia:sync_log().")
    broker.kill()
    assert not accepts("127.0.0.1", broker.port)
    broker.start()
    with _channel(broker.uri()) as channel:
        channel.basic_publish("", "kept", b"two", PERSISTENT)
    broker.restart()
    with _channel(broker.uri()) as channel:
        assert [channel.basic_get("kept", auto_ack=True)[2] for _ in range(2)] == [b"one", b"two"]


def test_a_failing_command_says_why(broker: PrivateBroker) -> None:
    with pytest.raises(BrokerUnavailableError, match=r"rabbitmqctl delete_vhost failed: .*nowhere"):
        broker.ctl("delete_vhost", "nowhere")


def test_a_node_left_behind_is_swept_away(tmp_path: Path) -> None:
    """A starter that dies without setpriv's help leaves the node; the next start finds and ends it."""
    program = (
        "import os\nfrom pathlib import Path\nimport kefu.broker\nkefu.broker.dying_with_parent = lambda _: []\n"
        f"kefu.broker.PrivateBroker(Path({str(tmp_path)!r})).start()\nos._exit(0)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    left = PrivateBroker(tmp_path)
    pid = left._node_pid()
    assert pid
    assert left.sweep()
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    assert not left.sweep()


def test_the_node_ends_with_a_killed_starter(tmp_path: Path) -> None:
    program = (
        "import os, signal\nfrom pathlib import Path\nfrom kefu.broker import PrivateBroker\n"
        f"PrivateBroker(Path({str(tmp_path)!r})).start()\nos.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", program], check=False)
    wait_until(lambda: PrivateBroker(tmp_path)._node_pid() is None, limit=20, what="the node ends")
    port = int((tmp_path / "port").read_text())
    wait_until(lambda: not accepts("127.0.0.1", port + 2), limit=5, what="its epmd ends")


def test_without_rabbitmq_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEFU_RABBITMQ_BIN", str(tmp_path))
    with pytest.raises(BrokerUnavailableError, match=r"apt-get install rabbitmq-server.*KEFU_AMQP_URI"):
        PrivateBroker(tmp_path).start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_an_ordinary_user_can_run_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path("/tmp") / f"kefu-node-{os.getpid()}"  # pytest's own folders are closed to others
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    as_nobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    monkeypatch.setattr(brokers, "dying_with_parent", lambda _signal: as_nobody)
    broker = PrivateBroker(folder)
    monkeypatch.setattr(broker, "ctl", lambda *arguments: _as(as_nobody, broker, *arguments))
    for name in ("mnesia", "log", "conf"):
        (folder / name).mkdir()
        (folder / name).chmod(0o777)
    try:
        with broker:
            assert psutil.Process(broker._node_pid() or 0).username() == "nobody"
            with _channel(broker.uri()) as channel:
                channel.queue_declare("q")
    finally:
        shutil.rmtree(folder)


def _is_ours(connection: Any, broker: PrivateBroker) -> bool:
    return broker.port <= _address(connection)[1] < broker.port + 16


def _address(connection: Any) -> tuple[str, int]:
    return connection.laddr[0], connection.laddr[1]


def _as(prefix: list[str], broker: PrivateBroker, *arguments: str) -> str:
    command = [*prefix, str(brokers.rabbitmq_bin()) + "/rabbitmqctl", "-q", *arguments]
    return subprocess.run(command, env=broker._environment(), check=True, capture_output=True, text=True).stdout


@contextmanager
def _channel(uri: str, blocked_timeout: float | None = None) -> Iterator[BlockingChannel]:
    parameters = pika.URLParameters(uri)
    parameters.blocked_connection_timeout = blocked_timeout
    with pika.BlockingConnection(parameters) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        yield channel
