"""The private PostgreSQL cluster and the roles in it, for real."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from kefu.postgres import PostgresUnavailableError, PrivatePostgres, postgres_bin
from kefu.postgres_server import PostgresServer
from kefu.processes import RELAY, SERVICES

INIT = Path(__file__).parents[3] / "deploy" / "postgres" / "init.sql"


@pytest.fixture(scope="module")
def postgres() -> Iterator[PrivatePostgres]:
    with PrivatePostgres() as running:
        yield running


def test_the_app_role_owns_nothing(postgres: PrivatePostgres) -> None:
    template = postgres.create_databases("roles", ["one", "two"])
    owner, own = (make(template).format(service="one") for make in (postgres.owner_url, postgres.url))
    _run(owner, "CREATE TABLE t (a int)")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        _run(own, "SELECT * FROM t")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        _run(own, "CREATE TABLE u (a int)")
    _run(owner, f"GRANT SELECT ON t TO {postgres.role_of('one')}")
    _run(own, "SELECT * FROM t")
    with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
        _run(own, "SELECT 1", database=template.format(service="two"))


def test_the_password_is_asked_for(postgres: PrivatePostgres) -> None:
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        _run(postgres.admin_url.replace(postgres._admin_password, "guessed"), "SELECT 1")


def test_what_was_committed_outlives_a_kill(postgres: PrivatePostgres) -> None:
    _run(postgres.admin_url, "CREATE TABLE kept AS SELECT 42 AS a")
    postgres.kill()
    assert not postgres.alive()
    postgres.start()
    assert _run(postgres.admin_url, "SELECT a FROM kept") == [(42,)]
    postgres.restart()
    assert _run(postgres.admin_url, "SELECT a FROM kept") == [(42,)]


def test_two_users_of_one_server_do_not_meet_and_leave_nothing(postgres: PrivatePostgres) -> None:
    before = _run(postgres.admin_url, "SELECT datname FROM pg_database ORDER BY 1")
    one, two = PostgresServer(postgres.admin_url), PostgresServer(postgres.admin_url)
    assert one.create_databases("x", ["a"]) != two.create_databases("x", ["a"])
    one.clean_up()
    two.clean_up()
    assert _run(postgres.admin_url, "SELECT datname FROM pg_database ORDER BY 1") == before
    assert _run(postgres.admin_url, f"SELECT 1 FROM pg_roles WHERE rolname = '{one.owner_role}'") == []


def test_the_deployments_script_keeps_services_apart() -> None:
    with PrivatePostgres() as cluster:
        environment = os.environ | _passwords()
        psql = [str((postgres_bin() or Path()) / "psql"), "-X", "-q", "-f", str(INIT), cluster.admin_url]
        done = subprocess.run(psql, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        for service in SERVICES:
            owner, own = {"user": "kefu_owner", "password": "owner's"}, _role(service)
            _run(cluster.admin_url, "CREATE TABLE probe (a int)", database=f"kefu_{service}", **owner)
            _run(cluster.admin_url, "SELECT 1", database=f"kefu_{service}", **own)
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                _run(cluster.admin_url, "CREATE TABLE mine (a int)", database=f"kefu_{service}", **own)
            _run(cluster.admin_url, "SELECT 1", database=f"kefu_{service}", **_role("relay"))
        with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
            _run(cluster.admin_url, "SELECT 1", database=f"kefu_{SERVICES[0]}", **_role(SERVICES[1]))


def test_without_the_programs_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kefu.postgres.postgres_bin", lambda: None)
    with pytest.raises(PostgresUnavailableError, match=r"apt-get install postgresql.*KEFU_TEST_DATABASE_URL"):
        PrivatePostgres(tmp_path).start()


def _role(service: str) -> dict[str, str]:
    return {"user": f"kefu_{service}", "password": f"{service}'s"}


def _passwords() -> dict[str, str]:
    return {f"KEFU_{name.upper()}_PASSWORD": f"{name}'s" for name in ("owner", "backup", RELAY, *SERVICES)}


def _run(url: str, statement: str, *, database: str | None = None, **who: str) -> list[tuple[Any, ...]]:
    more = {"dbname": database} if database else {}
    with closing(psycopg2.connect(url.replace("+psycopg2", ""), **more, **who)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
