"""Three guards between tenants, each shown with the other two out of the way."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import and_, create_engine, delete, func, insert, inspect, select, text, update
from sqlalchemy.exc import DBAPIError

from chassis.db import Database, TenantMismatch, UnfilteredError
from chassis.ids import new_id
from chassis.tables import SYSTEM_TABLES, Inbox, Outbox
from tests.service.chassis.toy.place import SERVICES, settle
from tests.service.chassis.toy.world import World

settle()
from services.toy.models import Thing  # noqa: E402


def thing(tenant_id: UUID, name: str = "one") -> Thing:
    return Thing(tenant_id=tenant_id, name=name, number="1", unique_name=None)


@pytest.fixture
def filled(world: World) -> tuple[Database, UUID, UUID]:
    """Two tenants with a thing each."""
    database = world.database("toy")
    one, two = new_id(), new_id()
    for tenant in (one, two):
        with database.begin(tenant) as session:
            session.add(thing(tenant))
    return database, one, two


# -- the filter on what is read and changed by statements: on SQLite there is no other --------------------------------


def test_reads_see_their_own_tenant_only(filled: tuple[Database, UUID, UUID]) -> None:
    database, one, two = filled
    with database.begin(one) as session:
        assert {t.tenant_id for t in session.scalars(select(Thing))} == {one}
        [theirs] = session.scalars(select(Thing.id))
        assert session.scalars(select(Thing).where(Thing.tenant_id == two)).all() == []
    with database.begin(two) as session:
        assert session.get(Thing, (one, theirs)) is None


def test_a_select_that_would_pass_the_filter_is_refused(filled: tuple[Database, UUID, UUID]) -> None:
    database, one, _ = filled
    condition = and_(Thing.name == "one", Thing.number == "1")
    with database.begin(one) as session:
        assert session.scalar(select(func.count()).select_from(Thing).where(condition)) == 1
        with pytest.raises(UnfilteredError, match="things"):
            session.scalar(select(func.count()).where(condition))


def test_statements_change_their_own_tenant_only(filled: tuple[Database, UUID, UUID]) -> None:
    database, one, two = filled
    with database.begin(one) as session:
        session.execute(update(Thing).values(name="changed"))
    with database.begin(two) as session:
        assert set(session.scalars(select(Thing.name))) == {"one"}
        session.execute(delete(Thing))
    with database.begin(one) as session:
        assert set(session.scalars(select(Thing.name))) == {"changed"}


def test_without_a_tenant_there_are_no_rows(filled: tuple[Database, UUID, UUID]) -> None:
    database, _, _ = filled
    with database.begin(None) as session:
        assert session.scalars(select(Thing)).all() == []


# -- the check before a flush -----------------------------------------------------------------------------------------


def test_a_row_of_another_tenant_is_not_written(filled: tuple[Database, UUID, UUID]) -> None:
    database, one, two = filled
    with pytest.raises(TenantMismatch), database.begin(one) as session:
        session.add(thing(two))
    with pytest.raises(TenantMismatch), database.begin(one) as session:
        session.execute(insert(Thing), [{"tenant_id": two, "name": "bulk", "number": "1", "version": 1}])


def test_a_row_cannot_be_moved_to_another_tenant(filled: tuple[Database, UUID, UUID]) -> None:
    database, one, two = filled
    with pytest.raises(TenantMismatch), database.begin(one) as session:
        session.scalars(select(Thing)).one().tenant_id = two


def test_a_new_row_gets_its_tenant(filled: tuple[Database, UUID, UUID]) -> None:
    database, one, _ = filled
    with database.begin(one) as session:
        session.add(Thing(name="bare", number="1"))
    with database.begin(one) as session:
        assert session.scalars(select(Thing).where(Thing.name == "bare")).one().tenant_id == one


# -- row level security, by raw SQL -----------------------------------------------------------------------------------


@pytest.fixture
def secured(world: World, filled: tuple[Database, UUID, UUID]) -> tuple[Database, UUID, UUID]:
    if world.sqlite:
        pytest.skip("only PostgreSQL has row level security")
    return filled


def test_the_database_itself_keeps_tenants_apart(secured: tuple[Database, UUID, UUID]) -> None:
    database, one, two = secured
    with database.begin(one) as session:
        connection = session.connection()
        assert connection.execute(text("SELECT count(*) FROM things")).scalar() == 1
        assert connection.execute(text("UPDATE things SET name = 'x'")).rowcount == 1
        assert connection.execute(text("DELETE FROM things WHERE tenant_id = :t"), {"t": two}).rowcount == 0
    with pytest.raises(DBAPIError, match="row-level security"), database.begin(one) as session:
        session.connection().execute(text("UPDATE things SET tenant_id = :t"), {"t": two})


def test_no_tenant_no_rows_and_none_stays_set(secured: tuple[Database, UUID, UUID]) -> None:
    database, one, _ = secured
    with database.begin(one) as session:
        assert session.connection().execute(text("SELECT count(*) FROM things")).scalar() == 1
    with database.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM things")).scalar() == 0
        assert connection.execute(text("SELECT current_setting('kefu.tenant', true)")).scalar() in {"", None}


def test_the_system_sees_its_own_tables_only(secured: tuple[Database, UUID, UUID]) -> None:
    database, one, _ = secured
    with database.begin(one) as session:
        session.add(Inbox(handler="h", message_id=new_id(), applied_at=session.scalar(select(text("now()")))))
    with database.begin(None, system=True) as session:
        assert session.connection().execute(text("SELECT count(*) FROM inbox")).scalar()
        assert session.connection().execute(text("SELECT count(*) FROM things")).scalar() == 0


def test_every_table_is_secured(world: World) -> None:
    for service in SERVICES:
        keys = _primary_keys(world, service)
        assert keys.keys() >= SYSTEM_TABLES
        assert {table: columns[0] for table, columns in keys.items()} == dict.fromkeys(keys, "tenant_id")
        if not world.sqlite:
            _check_catalogue(world, service, set(keys))


def _primary_keys(world: World, service: str) -> dict[str, list[str]]:
    engine = create_engine(world.databases.migration_of(service))
    try:
        inspector = inspect(engine)
        tables = [t for t in inspector.get_table_names() if not t.startswith("alembic_version")]
        return {table: list(inspector.get_pk_constraint(table)["constrained_columns"]) for table in tables}
    finally:
        engine.dispose()


def _check_catalogue(world: World, service: str, tables: set[str]) -> None:
    forced = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relrowsecurity AND relforcerowsecurity"
    assert {name for (name,) in world.ask(service, forced)} == tables
    with world.database(service).begin(None) as session:
        row = session.connection().execute(
            text(
                "SELECT rolbypassrls, rolsuper, "
                "(SELECT count(*) FROM pg_class WHERE relowner = pg_roles.oid AND relkind = 'r') "
                "FROM pg_roles WHERE rolname = current_user"
            )
        )
        assert tuple(row.one()) == (False, False, 0)


def test_messages_carry_the_tenant_of_their_transaction(filled: tuple[Database, UUID, UUID]) -> None:
    database, one, two = filled
    values = {
        "id": new_id(),
        "exchange": "e",
        "routing_key": "r",
        "aggregate_id": new_id(),
        "body": "{}",
        "attempts": 0,
    }
    with pytest.raises(TenantMismatch), database.begin(one) as session:
        session.execute(insert(Outbox), [{"tenant_id": two, **values}])
