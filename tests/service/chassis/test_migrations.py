"""The chassis's tree and the services' trees: up, down to nothing, up again; and in step with the models."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect

from chassis import migrate
from tests.platform.fixtures import DATABASES
from tests.service.chassis.toy.place import SERVICES, settle
from tests.service.chassis.toy.world import World


@pytest.mark.parametrize("kind", DATABASES)
def test_up_down_up(new_world: Callable[[str], World], kind: str) -> None:
    world = new_world(kind)
    for service in SERVICES:
        before = _tables(world, service)
        migrate.migrate(service, world.databases.url, world.databases.migration_url)  # nothing left to do
        migrate.undo(service, world.databases.migration_url)
        assert {name for name in _tables(world, service) if not name.startswith("alembic")} == set()
        migrate.migrate(service, world.databases.url, world.databases.migration_url)
        assert _tables(world, service) == before
    assert migrate.at_head(world.database("toy").engine, "toy")
    world.close()


def test_a_newer_database_is_ready_for_this_release_an_older_one_is_not(new_world: Callable[[str], World]) -> None:
    """During an update processes of both releases run on the new schema."""
    world = new_world("sqlite")
    engine = world.database("toy").engine
    for version, ready in (("9999", True), ("0000", False)):
        world.ask("toy", f"UPDATE alembic_version SET version_num = '{version}'")
        assert migrate.at_head(engine, "toy") is ready
    world.close()


def _tables(world: World, service: str) -> set[str]:
    engine = create_engine(world.databases.migration_of(service))
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()


@pytest.mark.parametrize("service", ["chassis", *SERVICES])
def test_the_models_say_what_the_migrations_do(service: str) -> None:
    settle()
    assert migrate.differences(service) == []


def test_the_next_migration_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Into an empty tree: it must hold the whole table, and import what it uses."""
    settle()
    monkeypatch.setattr(migrate, "trees", lambda _service: [migrate.CHASSIS_TREE, tmp_path])
    migrate.revise("toy", "The things made")
    [written] = (tmp_path / "versions").glob("0001_*.py")
    text = written.read_text()
    assert '"""The things made."""' in text
    assert re.search(r"op\.create_table\(\s*'things'", text)
    compile(text, str(written), "exec")
