"""A back-up taken under load, restored on an empty machine (SPEC PL-12): what is there is a whole, and what is not came
after the back-up began."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kefu.backup import read_manifest
from kefu.broker import PrivateBroker
from kefu.postgres import PrivatePostgres
from kefu.processes import RELAY
from tests.faults.checker import Checker
from tests.faults.history import History, Outcome, Told
from tests.faults.runs import COMPANIES, WHOLE
from tests.faults.site import Site
from tests.faults.verdicts import VERDICTS, Verdict
from tests.faults.workload import Load
from tests.platform.fixtures import Databases

pytestmark = [
    pytest.mark.faults, pytest.mark.clause("PL-12"), pytest.mark.timeout(600),
    pytest.mark.skipif(not WHOLE, reason="a part of the whole: make faults"),
]  # fmt: skip


@pytest.mark.parametrize("site", ["postgresql"], indirect=True)
def test_what_is_restored_is_whole(
    site: Site,
    private_broker: PrivateBroker,
    private_postgres: PrivatePostgres,
    new_databases: Callable[[str], Databases],
    tmp_path: Path,
) -> None:
    with site.companies(*COMPANIES) as companies:
        load = Load(companies, History(tmp_path / "history.jsonl"), seed=1)
        with load.running():
            load.flow(40)
            began = time.monotonic()
            _back_up(site, private_postgres, tmp_path / "backup")
            took = time.monotonic() - began
            load.flow(40)
            lost_at = datetime.now(UTC)
        load.settle()
        private_broker.add_vhost("faults-restored")
        (folder := tmp_path / "restored").mkdir()
        restored = Site(private_broker, "faults-restored", new_databases("postgresql"), folder, private_postgres)
        began = time.monotonic()
        _command(restored, "restore", str(tmp_path / "backup"))
        restored.open_restored()
        rto = time.monotonic() - began
        try:
            begun = datetime.fromisoformat(read_manifest(tmp_path / "backup")["begun"])
            kept, lost = _parted(Checker(restored, companies, load.history), load.history)
            early = [told.write.key for told in lost if told.at and told.at < begun]
            assert not early, f"acknowledged before the back-up began, and gone: {early}"
            assert lost, "nothing was written after the back-up: there was no disaster"
            verdict = Verdict("back-up under load, restored on an empty machine", "postgresql", load.seed)
            Checker(restored, companies, _only(kept, tmp_path)).judge(verdict, dead=0)
        finally:
            restored.close()
    rpo = (lost_at - begun).total_seconds()
    verdict.note = f"taken in {took:.0f} s, RPO {rpo:.0f} s ({len(lost)} writes), RTO {rto:.1f} s"
    VERDICTS.append(verdict)
    verdict.raise_if_bad()


def _back_up(site: Site, postgres: PrivatePostgres, folder: Path) -> None:
    """As the runbook says: the relay rests, callers are served."""
    site.platform.stop(RELAY)
    try:
        _command(site, "backup", str(folder), KEFU_BACKUP_DATABASE_URL=_reader(site, postgres))
    finally:
        site.revive(RELAY)


def _reader(site: Site, postgres: PrivatePostgres) -> str:
    """The address of a role that may read everything and change nothing, as deploy/postgres makes it."""
    role = f"{postgres.prefix}_backup"
    postgres.execute(f"CREATE ROLE {role} LOGIN BYPASSRLS IN ROLE pg_read_all_data PASSWORD '{postgres.password}'")
    for engine in site.engines.values():
        postgres.execute(f'GRANT CONNECT ON DATABASE "{engine.url.database}" TO {role}')
    return postgres.url(site.databases.url.rpartition("/")[2], role=role)


def _command(site: Site, *arguments: str, **settings: str) -> None:
    installation = site.platform.installation
    command = installation.command(("kefu", *arguments))
    environment = installation.environment() | settings
    done = subprocess.run(command, env=os.environ | environment, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def _parted(checker: Checker, history: History) -> tuple[list[Told], list[Told]]:
    """What the restored platform knows of (and what was refused), and what it does not."""
    there = checker.found()
    lost = [told for told in history.told if told.last is Outcome.OK and not there[told.write.place]]
    return [told for told in history.told if told not in lost], lost


def _only(kept: list[Told], folder: Path) -> History:
    history = History(folder / "kept.jsonl")
    for told in kept:
        for outcome, status in zip(told.outcomes, told.statuses, strict=True):
            history.add(told.write, outcome, status, 0.0)
    return history
