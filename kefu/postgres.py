"""A private PostgreSQL cluster for the tests and the bench: own folder, own port on 127.0.0.1, a random password.

PostgreSQL refuses to run as root, so root lends the cluster to the user `postgres` or `nobody`.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg2

from kefu.ports import free_block
from kefu.postgres_server import PostgresServer
from kefu.spawn import dying_with_parent
from kefu.waiting import wait_until

START_LIMIT = 60.0
STOP_LIMIT = 30.0
_SETTINGS = """\
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
fsync = on
synchronous_commit = on
max_connections = 200
shared_buffers = 256MB
log_min_duration_statement = 2000
"""


class PostgresUnavailableError(RuntimeError):
    """No cluster can be started, or it did not start; the text says what to do."""


def postgres_bin() -> Path | None:
    """The folder of the server programs, the newest one when there are several; None when none is installed.

    KEFU_POSTGRES_BIN names another folder.
    """
    given = os.environ.get("KEFU_POSTGRES_BIN")
    if given:
        return Path(given)
    installed = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if installed:
        return max(installed, key=lambda folder: float(folder.parent.name))
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


class PrivatePostgres(PostgresServer):
    """One cluster that is ours alone. A context manager, or call `start` and `stop`; `remove` deletes its data."""

    def __init__(self, folder: Path | None = None, *, port: int | None = None) -> None:
        """`folder` must be reachable for the cluster's user when root starts it; None: a new one under the system's
        folder for temporary files."""
        self.folder = folder or Path(tempfile.mkdtemp(prefix="kefu-postgres-"))
        self.port = port or free_block(1)
        self._admin_password = secrets.token_urlsafe(16)
        super().__init__(f"postgresql://postgres:{self._admin_password}@127.0.0.1:{self.port}/postgres")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.folder / "postgres.log"

    @property
    def pid(self) -> int:
        """The process id of the running cluster's first process, whose children all others are."""
        assert self._process
        return self._process.pid

    def start(self) -> None:
        """Make the cluster when it is new, start it and wait until it answers; PostgresUnavailableError otherwise."""
        if not (self.folder / "data" / "PG_VERSION").exists():
            self._initialise()
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [*_as_cluster_user(), *dying_with_parent("INT"), self._program("postgres"), "-D", self.folder / "data"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                cwd=self.folder,
            )
        try:
            wait_until(self._answers_or_dead, limit=START_LIMIT, what="PostgreSQL answers")
        except TimeoutError as error:
            self.kill()
            raise PostgresUnavailableError(f"{error}\n{self._log_tail()}") from error

    def stop(self) -> None:
        """Stop at once but orderly: open transactions are rolled back, connections closed."""
        self._end(signal.SIGINT)

    def stop_immediately(self) -> None:
        """Stop as `pg_ctl stop -m immediate` does: every server process gives up at once; `start` recovers from the
        log."""
        self._end(signal.SIGQUIT)

    def kill(self) -> None:
        """Kill every process of the cluster, as a power cut would; `start` recovers from the log."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        self.stop()
        self.start()

    def remove(self) -> None:
        """Stop and delete the cluster."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()

    def _initialise(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        password_file = self.folder / "password"
        password_file.write_text(self._admin_password)
        user = cluster_user()
        if user:
            for path in (self.folder, password_file):
                os.chown(path, user.pw_uid, user.pw_gid)
        self.folder.chmod(0o700)
        command: list[str | Path] = [
            self._program("initdb"),
            "-D",
            self.folder / "data",
            "-U",
            "postgres",
            "-A",
            "scram-sha-256",
        ]
        command += ["--pwfile", password_file, "-E", "UTF8", "--locale=C.UTF-8"]
        done = subprocess.run(
            [*_as_cluster_user(), *command], check=False, capture_output=True, text=True, cwd=self.folder
        )
        if done.returncode:
            raise PostgresUnavailableError(f"initdb failed in {self.folder}:\n{done.stdout}{done.stderr}")
        with (self.folder / "data" / "postgresql.conf").open("a") as settings:
            settings.write(_SETTINGS.format(port=self.port))

    def _program(self, name: str) -> Path:
        folder = postgres_bin()
        if folder is None:
            raise PostgresUnavailableError(
                "PostgreSQL's server programs are not installed: "
                "`apt-get install postgresql-15`, or set KEFU_TEST_DATABASE_URL."
            )
        return folder / name

    def _answers_or_dead(self) -> bool:
        if not self.alive():
            raise PostgresUnavailableError(f"PostgreSQL ended at once:\n{self._log_tail()}")
        try:
            self.execute("SELECT 1")
        except psycopg2.OperationalError:
            return False
        return True

    def _end(self, number: signal.Signals) -> None:
        if not self._process:
            return
        if self.alive():
            target = os.killpg if number is signal.SIGKILL else os.kill
            target(self._process.pid, number)
        try:
            self._process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(STOP_LIMIT)
        self._process = None

    def _log_tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:]) if self.log.exists() else ""


def cluster_user() -> pwd.struct_passwd | None:
    """Whom root lends the cluster to; None when we are not root and run it ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise PostgresUnavailableError(
        "PostgreSQL does not run as root, and there is neither a user `postgres` nor `nobody`."
    )


def _as_cluster_user() -> list[str]:
    user = cluster_user()
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"] if user else []
