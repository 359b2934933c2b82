"""The chassis's tree and the services' trees: up, down to nothing, up again; and in step with the models."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import Engine, create_engine, inspect, text

from chassis import migrate
from kefu.waiting import wait_until
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


def test_it_waits_for_tables_in_use_without_holding_others_up(new_world: Callable[[str], World]) -> None:
    """The release before goes on working while the database is migrated."""
    world = new_world("postgresql")
    url, owner = world.databases.url, world.databases.migration_url
    engine = create_engine(world.databases.migration_of("toy"))
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE things NO FORCE ROW LEVEL SECURITY"))
    with engine.connect() as reader:
        reader.execute(text("SELECT count(*) FROM things"))
        migrating = Thread(target=migrate.migrate, args=("toy", url, owner))
        migrating.start()
        wait_until(lambda: _waiting(engine), limit=30, what="the migration wants the table")
        wait_until(lambda: not _waiting(engine), limit=30, what="it lets others pass")
        reader.rollback()
    migrating.join(60)
    assert not migrating.is_alive()
    assert _forced(engine, "things")
    engine.dispose()
    world.close()


def test_secure_tables_are_not_touched_again(new_world: Callable[[str], World]) -> None:
    world = new_world("postgresql")
    engine = create_engine(world.databases.migration_of("toy"))
    with engine.connect() as reader:
        reader.execute(text("SELECT count(*) FROM things"))
        migrate.migrate("toy", world.databases.url, world.databases.migration_url)  # would wait for the reader
    engine.dispose()
    world.close()


def _waiting(engine: Engine) -> bool:
    with engine.connect() as connection:
        waiting = text(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return bool(connection.scalar(waiting))


def _forced(engine: Engine, table: str) -> bool:
    with engine.connect() as connection:
        forced = text("SELECT relforcerowsecurity FROM pg_class WHERE oid = to_regclass(:table)")
        return bool(connection.scalar(forced, {"table": table}))


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
    source = written.read_text()
    assert '"""The things made."""' in source
    assert re.search(r"op\.create_table\(\s*'things'", source)
    compile(source, str(written), "exec")
