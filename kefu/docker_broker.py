"""RabbitMQ in a container, for a machine that has Docker and no RabbitMQ package."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from kefu.broker import START_LIMIT, BrokerUnavailableError
from kefu.ports import free_block
from kefu.waiting import wait_until

IMAGE = "rabbitmq:3.13"


def docker_works() -> bool:
    """Whether there is a Docker client here whose engine answers."""
    client = shutil.which("docker")
    return client is not None and subprocess.run([client, "info"], check=False, capture_output=True).returncode == 0


class DockerBroker:
    """The counterpart of PrivateBroker for `kefu up`: one container, its data in `folder`, gone when stopped."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.port = free_block(1)
        self.name = f"kefu-rabbitmq-{os.getuid()}"

    def describe(self) -> str:
        return f"container {self.name}"

    def uri(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}/%2F"

    def start(self) -> None:
        """Start the container and wait until the node serves; BrokerUnavailableError when it does not."""
        self.folder.mkdir(parents=True, exist_ok=True)
        # A fixed host name: RabbitMQ names its data folder after it. The engine itself starts it again when it dies.
        options = [
            "--restart",
            "always",
            "--detach",
            "--name",
            self.name,
            "--hostname",
            "kefu",
            "-p",
            f"127.0.0.1:{self.port}:5672",
        ]
        self._docker("run", *options, "-v", f"{self.folder}:/var/lib/rabbitmq", IMAGE)
        try:
            wait_until(self._serves, limit=START_LIMIT, what=f"RabbitMQ in the container {self.name} serves", every=0.5)
        except TimeoutError as error:
            self.stop()
            raise BrokerUnavailableError(str(error)) from error

    def stop(self) -> None:
        self._docker("stop", "--time", "20", self.name, check=False)
        self._docker("rm", "--force", self.name, check=False)

    def alive(self) -> bool:
        """True: Docker restarts the container by itself."""
        return True

    def sweep(self) -> bool:
        """Remove a container that an earlier run left; True when there was one."""
        return bool(self._docker("rm", "--force", self.name, check=False).strip())

    def _serves(self) -> bool:
        command = ["docker", "exec", self.name, "rabbitmq-diagnostics", "-q", "check_port_connectivity"]
        return subprocess.run(command, check=False, capture_output=True).returncode == 0

    def _docker(self, *arguments: str, check: bool = True) -> str:
        done = subprocess.run(["docker", *arguments], check=False, capture_output=True, text=True)
        if check and done.returncode:
            raise BrokerUnavailableError(f"docker {arguments[0]} failed: {done.stderr.strip()}")
        return done.stdout
