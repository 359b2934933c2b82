"""The database versions this release wants. Told without Alembic, which would cost every service process eleven
megabytes that only migrating needs."""

from __future__ import annotations

import importlib
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

CHASSIS_TREE = Path(__file__).resolve().parent / "migrations"


def trees(service: str) -> list[Path]:
    """The Alembic trees of that service's database, in order."""
    package = importlib.import_module(f"services.{service}")
    return [CHASSIS_TREE, Path(package.__path__[0]) / "migrations"]


def version_table(tree: Path) -> str:
    """The table in which the tree's version stands."""
    return "alembic_version_chassis" if tree == CHASSIS_TREE else "alembic_version"


def head(tree: Path) -> str:
    """The newest version of a tree: migrations are numbered, `0001_...py`."""
    return max(path.name.partition("_")[0] for path in (tree / "versions").glob("[0-9]*.py"))


def at_head(engine: Engine, service: str) -> bool:
    """Whether the database is at the newest version of both trees, or at a later release's, which fits this one too
    (readiness)."""
    with engine.connect() as connection:
        return all((_version(connection, tree) or "") >= head(tree) for tree in trees(service))


def _version(connection: Connection, tree: Path) -> str | None:
    table = version_table(tree)
    if not inspect(connection).has_table(table):
        return None
    found: str | None = connection.scalar(text(f"SELECT version_num FROM {table}"))  # noqa: S608  (one of two names)
    return found
