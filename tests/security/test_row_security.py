"""SPEC PL-1 in the databases themselves: on PostgreSQL, the services' role sees one company's rows whatever it asks.

The same guards are shown one by one on a toy service in tests/service/chassis/test_guards.py; here they stand over
every table of every real service, with two companies' data in them.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from chassis.migrate import INSERT_ONLY
from chassis.tables import SYSTEM_TABLES
from kefu.processes import SERVICES
from tests.security.conftest import Sides
from tests.security.stores import tables_of

pytestmark = [pytest.mark.clause("PL-1", "NX-16"), pytest.mark.timeout(300)]

BEYOND_TENANTS = {
    "tenants": {"tenants", "enabled_services", "api_keys"},
    "complaints": {"papers_due", "erasures_due", "status_links"},
}  # fmt: skip
"""What the register's own system transactions see of all companies: whose a credential is, before it is known whose."""


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def database(sides: Sides, service: str) -> Iterator[Connection]:
    """One service's database, as that service signs in."""
    with sides.stores.opened(service) as connection:
        yield connection


@pytest.fixture
def guarded(sides: Sides, database: Connection) -> Connection:
    if not sides.stores.postgresql:
        pytest.skip("SQLite has no row level security; the ORM's filter is its guard, see test_isolation.py")
    return database


def test_the_tenant_comes_first_in_every_key(database: Connection) -> None:
    inspector = inspect(database)
    for table in tables_of(inspector):
        keys = [inspector.get_pk_constraint(table)["constrained_columns"]]
        foreign = inspector.get_foreign_keys(table)
        keys += [key[side] for key in foreign for side in ("constrained_columns", "referred_columns")]
        assert {columns[0] for columns in keys} == {"tenant_id"}, table


UNIQUE_BEYOND_TENANTS = {
    ("tenants", "code"), ("api_keys", "prefix"), ("status_links", "digest"), ("status_links", "code_digest"),
}  # fmt: skip
"""A company signs in by its code, and a key or a link is found before anybody knows the company."""
IN_ORDER_FOR_ALL = {
    "outbox",
    "event_retries",
    "deadlines",
    "inbox",
    "requests",
    "audit_unsealed",
    "papers_due",
    "erasures_due",
}
"""The chassis's own tables: sweeps and the relay look at what is due for all tenants together."""


def test_the_tenant_comes_first_in_every_index(database: Connection) -> None:
    inspector = inspect(database)
    for table in tables_of(inspector):
        for index in inspector.get_indexes(table):
            first = (table, str(index["column_names"][0]))
            if index["unique"]:
                assert first[1] == "tenant_id" or first in UNIQUE_BEYOND_TENANTS, index["name"]
            else:
                assert first[1] == "tenant_id" or table in IN_ORDER_FOR_ALL, index["name"]
        for unique in inspector.get_unique_constraints(table):
            columns = unique["column_names"]
            assert columns[0] == "tenant_id" or (table, columns[0]) in UNIQUE_BEYOND_TENANTS, unique["name"]


def test_row_security_is_forced_on_every_table(guarded: Connection) -> None:
    forced = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relrowsecurity AND relforcerowsecurity"
    assert set(guarded.execute(text(forced)).scalars()) == set(tables_of(inspect(guarded)))


def test_the_services_role_is_nobody_special(guarded: Connection) -> None:
    role = "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user"
    assert tuple(guarded.execute(text(role)).one()) == (False, False, False, False)
    owned = "SELECT count(*) FROM pg_class JOIN pg_roles ON pg_roles.oid = relowner WHERE rolname = current_user"
    assert guarded.execute(text(owned)).scalar() == 0
    member = "SELECT count(*) FROM pg_auth_members JOIN pg_roles ON pg_roles.oid = member WHERE rolname = current_user"
    assert guarded.execute(text(member)).scalar() == 0


def test_one_companys_setting_shows_its_rows_only(sides: Sides, guarded: Connection) -> None:
    shown = 0
    for table in tables_of(inspect(guarded)):
        for side in (sides.ours, sides.theirs):
            sides.stores.name_tenant(guarded, side.id)
            seen = set(map(str, guarded.execute(text(f'SELECT DISTINCT tenant_id FROM "{table}"')).scalars()))
            assert seen <= {side.id}, table
            shown += len(seen)
    assert shown >= 20


@pytest.mark.parametrize("setting", [None, ""])
def test_without_a_setting_there_are_no_rows(guarded: Connection, setting: str | None) -> None:
    if setting is not None:
        guarded.execute(text("SELECT set_config('kefu.tenant', :none, false)"), {"none": setting})
    for table in tables_of(inspect(guarded)):
        assert guarded.execute(text(f'SELECT count(*) FROM "{table}"')).scalar() == 0, table


def test_the_system_sees_the_chassis_tables_only(guarded: Connection, service: str) -> None:
    guarded.execute(text("SELECT set_config('kefu.system', 'on', false)"))
    open_ = {
        table
        for table in tables_of(inspect(guarded))
        if guarded.execute(text(f'SELECT EXISTS (SELECT 1 FROM "{table}")')).scalar()
    }
    assert open_ <= SYSTEM_TABLES | BEYOND_TENANTS.get(service, set())
    assert "tenant_settings" in open_


def test_no_row_is_written_in_another_companys_name(sides: Sides, guarded: Connection) -> None:
    for table in tables_of(inspect(guarded)):
        sides.stores.name_tenant(guarded, sides.ours.id)
        columns = [column["name"] for column in inspect(guarded).get_columns(table)]
        if not guarded.execute(text(f'SELECT EXISTS (SELECT 1 FROM "{table}")')).scalar():
            continue
        others = ", ".join(f'"{name}"' if name != "tenant_id" else f"'{sides.theirs.id}'" for name in columns)
        names = ", ".join(f'"{name}"' for name in columns)
        with pytest.raises(DBAPIError, match="row-level security"), guarded.begin_nested():
            guarded.execute(text(f'INSERT INTO "{table}" ({names}) SELECT {others} FROM "{table}" LIMIT 1'))
        if table not in INSERT_ONLY:
            changed = f'UPDATE "{table}" SET tenant_id = tenant_id WHERE tenant_id = :theirs'
            assert guarded.execute(text(changed), {"theirs": sides.theirs.id}).rowcount == 0, table


@pytest.mark.parametrize("table", INSERT_ONLY)
def test_the_record_is_neither_changed_nor_cut(sides: Sides, guarded: Connection, table: str) -> None:
    for statement in (f'UPDATE "{table}" SET tenant_id = tenant_id', f'DELETE FROM "{table}"', f'TRUNCATE "{table}"'):
        sides.stores.name_tenant(guarded, sides.ours.id)
        with pytest.raises(DBAPIError, match="permission denied"), guarded.begin_nested():
            guarded.execute(text(statement))
