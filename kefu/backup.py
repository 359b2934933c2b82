"""One consistent set of all databases and the platform's files, taken while callers are being served.

What makes the set consistent is that no event is on its way while it is taken: the relay rests, and what it had
published has been applied. Then every event is, in each dump, either in its service's outbox (and will be published
after a restore) or applied by all its subscribers. docs/operations/backup.md has the reasons and the limits.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pika
import psycopg2
from sqlalchemy import URL, make_url

from kefu.waiting import wait_until

MANIFEST = "manifest.json"
QUIET_SECONDS = 15.0
"""How long the event queues must stay empty: longer than a handler that has taken an event may take to end, or to fail
and give it back."""
RELAY_LOCK = "SELECT pg_try_advisory_lock(hashtext('kefu.relay'))"
"""What a relay holds while it works (chassis/wakeups.py)."""


class BackupError(RuntimeError):
    """It was not made, or not restored; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Place:
    """What is backed up, or restored to. `database_url` and `relay_uri` are of the services and the broker; files by
    the name they have in the backup."""

    services: Sequence[str]
    database_url: str
    """Template with `{service}`, of a role that may read (or, restoring, own) every row: row security holds for
    others."""
    amqp_uri: str
    files: Mapping[str, Path]

    def url(self, service: str) -> URL:
        return make_url(self.database_url.format(service=service))


def take(place: Place, folder: Path, *, relay_limit: float, queue_limit: float) -> dict[str, Any]:
    """Back up into the new `folder`; what its manifest says. Raises `BackupError`, also when the relay does not rest
    within `relay_limit` seconds or the queues do not empty within `queue_limit`."""
    if folder.exists() and any(folder.iterdir()):
        raise BackupError(f"{folder} is not empty: name a new folder.")
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    with _relay_resting(place, relay_limit):
        _await_quiet(place, queue_limit)
        begun = datetime.now(UTC)
        for service in place.services:
            _dump(place.url(service), folder / f"{service}.dump")
    for name, source in place.files.items():  # after the rows that name them
        _copy(source, folder / "files" / name)
    manifest = {
        "version": version("kefu"), "begun": begun.isoformat(), "ended": datetime.now(UTC).isoformat(),
        "services": list(place.services), "sha256": {path.name: _sha256(path) for path in folder.glob("*.dump")},
    }  # fmt: skip
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n")  # last: without it, it is no backup
    return manifest


def restore(place: Place, folder: Path) -> dict[str, Any]:
    """Restore into empty databases and absent files; what the backup's manifest says. `kefu migrate` comes next.
    Raises `BackupError`; then what was restored so far is to be dropped."""
    manifest = read_manifest(folder)
    for service in manifest["services"]:
        _load(folder / f"{service}.dump", place.url(service))
    for name, target in place.files.items():
        if target.exists():
            raise BackupError(f"{target} is there already: restore on an empty machine, or move it away.")
        _copy(folder / "files" / name, target)
    return manifest


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a whole and unchanged backup; BackupError for any other."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
    except FileNotFoundError:
        raise BackupError(f"{folder} has no {MANIFEST}: it is no backup, or one that broke off.") from None
    changed = [name for name, digest in manifest["sha256"].items() if _sha256(folder / name) != digest]
    if changed:
        raise BackupError(f"Not as it was written: {', '.join(changed)}. Take another backup.")
    return manifest


# -- no event on its way -----------------------------------------------------------------------------------------------


@contextmanager
def _relay_resting(place: Place, limit: float) -> Iterator[None]:
    """No relay publishes meanwhile: on PostgreSQL we hold the lock by which relays take turns."""
    with ExitStack() as held:
        for service in place.services:
            url = place.url(service)
            if url.get_backend_name() == "sqlite":
                continue  # nothing to hold there: the operator has stopped it
            connection = held.enter_context(closing(_connect(url)))
            try:
                wait_until(lambda c=connection: _ask(c, RELAY_LOCK), limit=limit, what="the relay rests", every=0.5)  # type: ignore[misc]
            except TimeoutError:
                raise BackupError(
                    "The relay is at work: stop it, e.g. `docker compose stop relay`, and start it again afterwards. "
                    "Callers are served meanwhile; events wait in the outboxes."
                ) from None
        yield


def _await_quiet(place: Place, limit: float) -> None:
    """Wait until what was published has been applied."""
    quiet_since = time.monotonic()

    def quiet() -> bool:
        nonlocal quiet_since
        if any(_waiting(place).values()):
            quiet_since = time.monotonic()
        return time.monotonic() - quiet_since >= QUIET_SECONDS

    try:
        wait_until(quiet, limit=limit, what="the event queues are empty", every=0.5)
    except TimeoutError:
        full = ", ".join(f"{name}: {count}" for name, count in _waiting(place).items() if count)
        raise BackupError(
            f"Events are still on their way ({full}). Let the services work them off; dead letters in a .dead queue "
            "are put away by the relay: start it, wait, stop it, and try again."
        ) from None


def _waiting(place: Place) -> dict[str, int]:
    """Messages in each event queue."""
    names = [f"evt-{service}{dead}" for service in place.services for dead in ("", ".dead")]
    with closing(pika.BlockingConnection(pika.URLParameters(place.amqp_uri))) as connection:
        channel = connection.channel()
        return {name: channel.queue_declare(name, passive=True).method.message_count for name in names}


# -- dumps -------------------------------------------------------------------------------------------------------------


def _dump(url: URL, file: Path) -> None:
    if url.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(str(url.database))) as source, closing(sqlite3.connect(file)) as target:
            source.backup(target)
        return
    _run("pg_dump", url, "--format=custom", "--no-owner", "--no-privileges", "--file", str(file))


def _load(file: Path, url: URL) -> None:
    if url.get_backend_name() == "sqlite":
        target = Path(str(url.database))
        if target.exists():
            raise BackupError(f"{target} is there already: restore on an empty machine, or move it away.")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
        return
    with closing(_connect(url)) as connection:
        if _ask(connection, "SELECT EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = 'public')"):
            raise BackupError(f"The database {url.database} is not empty: restore into new ones.")
    _run("pg_restore", url, "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error", str(file))


def _run(program: str, url: URL, *arguments: str) -> None:
    """One of PostgreSQL's own programs; the password goes by the environment, where other users do not see it."""
    if shutil.which(program) is None:
        raise BackupError(f"{program} is not installed: `apt-get install postgresql-client`.")
    where = {"PGHOST": url.host, "PGPORT": url.port and str(url.port), "PGUSER": url.username,
             "PGPASSWORD": url.password, "PGDATABASE": url.database}  # fmt: skip
    environment = os.environ | {name: value for name, value in where.items() if value}
    target = ["--dbname", str(url.database)] if program == "pg_restore" else []
    done = subprocess.run([program, *target, *arguments], env=environment, check=False, capture_output=True, text=True)
    if done.returncode:
        raise BackupError(f"{program} of {url.database} failed: {done.stderr.strip()}")


def _connect(url: URL) -> Any:
    try:
        connection = psycopg2.connect(url.set(drivername="postgresql").render_as_string(hide_password=False))
    except psycopg2.Error as error:
        raise BackupError(f"{url.database} cannot be reached: {error}") from error
    connection.autocommit = True
    return connection


def _ask(connection: Any, statement: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return bool(cursor.fetchone()[0])


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    elif source.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
