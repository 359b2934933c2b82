"""PostgreSQL restarted, locked and full."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from kefu.postgres import PrivatePostgres, cluster_user
from tests.faults.runs import Run

SMALL_DISK = "24m"


def _postgres(run: Run) -> PrivatePostgres:
    assert run.site.postgres is not None
    return run.site.postgres


@contextmanager
def restarted(run: Run, *, immediately: bool) -> Iterator[None]:
    """As `pg_ctl restart -m fast`, or `-m immediate`, which leaves the server to recover from its log."""
    postgres = _postgres(run)
    if immediately:
        postgres.stop_immediately()
    else:
        postgres.stop()
    try:
        yield
    finally:
        postgres.start()


@contextmanager
def locked(run: Run, *, service: str, table: str) -> Iterator[None]:
    """Somebody holds the table for himself: a careless migration, a dump by hand."""
    with run.site.engines[service].begin() as connection:
        connection.execute(text(f'LOCK TABLE "{table}" IN ACCESS EXCLUSIVE MODE'))
        yield


@contextmanager
def full(run: Run, *, service: str, table: str) -> Iterator[None]:
    """The disk below one table takes no more. Needs root, to mount a small one."""
    with _small_disk() as disk, _moved(run, service, table, disk):
        filler = disk / "filler"
        _fill(filler)
        try:
            yield
        finally:
            filler.unlink()
            run.load.flow()


@contextmanager
def _small_disk() -> Iterator[Path]:
    user = cluster_user()
    if user is None:
        pytest.skip("a full disk needs root, to mount a small one")
    disk = Path(tempfile.mkdtemp(prefix="kefu-disk-"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK}", "kefu-faults", str(disk)]
    mounted = subprocess.run(mount, check=False, capture_output=True, text=True)
    if mounted.returncode:
        disk.rmdir()
        pytest.skip(f"a full disk needs the right to mount one: {mounted.stderr.strip()}")
    try:
        os.chown(disk, user.pw_uid, user.pw_gid)
        yield disk
    finally:
        # Lazily: a connection that rests may hold a file of it open until its next statement.
        subprocess.run(["umount", "--lazy", str(disk)], check=True)
        disk.rmdir()


@contextmanager
def _moved(run: Run, service: str, table: str, disk: Path) -> Iterator[None]:
    """The table lives on that disk."""
    postgres, database = _postgres(run), str(run.site.engines[service].url.database)
    space = disk.name.replace("-", "_")
    folder = disk / "space"
    folder.mkdir()
    os.chown(folder, disk.stat().st_uid, disk.stat().st_gid)
    postgres.execute(f"CREATE TABLESPACE {space} LOCATION '{folder}'")
    try:
        postgres.execute(f'ALTER TABLE "{table}" SET TABLESPACE {space}', database=database)
        yield
    finally:
        postgres.execute(f'ALTER TABLE "{table}" SET TABLESPACE pg_default', database=database)
        postgres.execute("CHECKPOINT")
        postgres.execute(f"DROP TABLESPACE {space}")


def _fill(filler: Path) -> None:
    """Until not one block is left."""
    try:
        with filler.open("wb", buffering=0) as out:
            while out.write(b"\0" * 8192):
                pass
    except OSError:
        return
