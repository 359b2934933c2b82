"""Two releases at once, with a migration between them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text

import services
from chassis import released
from kefu.processes import MIGRATE
from tests.faults.runs import Run

_ROOT = Path(__file__).resolve().parents[3]
_COLUMN = "told_by"
_NEXT_RELEASE = f"""
    {_COLUMN}: Mapped[str | None] = mapped_column(String(20), default="the next release")
"""
_MIGRATION = f'''"""A column that the release before does not know."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "{{revision}}", "{{before}}"


def upgrade() -> None:
    op.add_column("complaints", sa.Column("{_COLUMN}", sa.String(20), nullable=True))


def downgrade() -> None:
    op.drop_column("complaints", "{_COLUMN}")
'''


@contextmanager
def rolling(run: Run) -> Iterator[None]:
    """The database is migrated under the old release; then a new process comes beside the old one, the old one goes,
    comes back (the new release did not please), and the new one goes."""
    newer = {"PYTHONSAFEPATH": "1", "PYTHONPATH": f"{_next_release(run.site.folder / 'next')}{os.pathsep}{_ROOT}"}
    _migrate(run, newer)
    with run.site.second("complaints", **newer):
        yield
        run.load.flow(40)
        run.site.platform.stop("complaints")
        run.load.flow(40)
        run.site.revive("complaints")
        run.load.flow()
    told = "SELECT {0} IS NOT NULL AS newer, count(*) FROM complaints GROUP BY {0} IS NOT NULL"
    by_release = dict(map(tuple, run.site.read("complaints", text(told.format(_COLUMN)))))
    assert by_release.get(True), "the new release did nothing"
    run.notes.append(f"{by_release[True]} cases by the new release")


def _next_release(folder: Path) -> Path:
    """A copy of all services in which complaints has one more column and its migration."""
    tree = folder / "services"
    shutil.copytree(Path(services.__path__[0]), tree, ignore=shutil.ignore_patterns("__pycache__"))
    models = tree / "complaints" / "models" / "cases.py"
    head, table, rest = models.read_text().partition('    __tablename__ = "complaints"\n')
    models.write_text(head + table + _NEXT_RELEASE + rest)
    migrations = tree / "complaints" / "migrations"
    before = released.head(migrations)
    revision = f"{int(before) + 1:04d}"
    (migrations / "versions" / f"{revision}_next_release.py").write_text(
        _MIGRATION.format(revision=revision, before=before)
    )
    return folder


def _migrate(run: Run, newer: dict[str, str]) -> None:
    installation = run.site.platform.installation
    command = [*installation.command(MIGRATE), "complaints"]
    done = subprocess.run(command, env=installation.environment() | newer, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
