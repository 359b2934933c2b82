"""A PostgreSQL server that somebody runs, and how the tests keep to databases and roles of their own in it."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2
from psycopg2 import sql

# Rights on the tables themselves are the migrations' business: the audit table, for one, is insert-only.
_USE_BUT_NOT_OWN = (
    "ALTER SCHEMA public OWNER TO {owner}",
    "GRANT USAGE ON SCHEMA public TO {app}",
)


class PostgresServer:
    """Databases on a server whose `admin_url` may create databases and roles (`postgresql://user:password@host/database`).

    Two roles, as in production: `owner_role` owns databases and tables and runs migrations; `app_role` is what services
    sign in as, it owns nothing and row-level security holds for it. Names are unique to this object; `clean_up` drops
    everything it made.
    """

    def __init__(self, admin_url: str) -> None:
        self.admin_url = admin_url.replace("postgresql+psycopg2://", "postgresql://")
        self.prefix = f"kefu_{secrets.token_hex(3)}"
        self.owner_role, self.app_role = f"{self.prefix}_owner", f"{self.prefix}_app"
        self.password = secrets.token_urlsafe(16)
        self._databases: list[str] = []
        self._has_roles = False

    def url(self, database: str, *, role: str | None = None) -> str:
        """SQLAlchemy URL of that database for `role` (default: the app's). `{service}` may stand in `database`."""
        host = urlsplit(self.admin_url).netloc.rpartition("@")[2]
        return f"postgresql+psycopg2://{role or self.app_role}:{self.password}@{host}/{database}"

    def owner_url(self, database: str) -> str:
        return self.url(database, role=self.owner_role)

    def create_databases(self, label: str, services: Iterable[str]) -> str:
        """Make one database a service; the template of their names, with `{service}`, to give to `url`."""
        template = f"{self.prefix}_{label}_{{service}}"
        for service in services:
            self.create_database(template.format(service=service))
        return template

    def create_database(self, name: str) -> None:
        """Make a database that `owner_role` owns and that `app_role` may use."""
        self._ensure_roles()
        names = {"owner": sql.Identifier(self.owner_role), "app": sql.Identifier(self.app_role)}
        self.execute(sql.SQL("CREATE DATABASE {} OWNER {owner}").format(sql.Identifier(name), **names))
        self._databases.append(name)
        for text in _USE_BUT_NOT_OWN:
            self.execute(sql.SQL(text).format(**names), database=name)

    def drop_database(self, name: str) -> None:
        self.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        self._databases = [database for database in self._databases if database != name]

    def clean_up(self) -> None:
        """Drop every database and role this object made."""
        for name in list(self._databases):
            self.drop_database(name)
        for role in (self.app_role, self.owner_role) if self._has_roles else ():
            self.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))
        self._has_roles = False

    def execute(self, statement: str | sql.Composable, *, database: str | None = None) -> None:
        """Run one statement as the administrator, outside a transaction."""
        with closing(self._connect(database)) as connection, connection.cursor() as cursor:
            cursor.execute(statement)

    def _ensure_roles(self) -> None:
        if self._has_roles:
            return
        for role in (self.owner_role, self.app_role):
            statement = "CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD {}"
            self.execute(sql.SQL(statement).format(sql.Identifier(role), sql.Literal(self.password)))
        # A server's administrator need not be superuser; to give a database to a role it must be its member.
        self.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(self.owner_role)))
        self._has_roles = True

    def _connect(self, database: str | None = None) -> Any:
        parts = urlsplit(self.admin_url)
        url = urlunsplit(parts._replace(path=f"/{database}")) if database else self.admin_url
        connection = psycopg2.connect(url, connect_timeout=5)
        connection.autocommit = True
        return connection
