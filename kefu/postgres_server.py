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
    "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
    "GRANT CONNECT ON DATABASE {database} TO {app}, {relay}",
    "ALTER SCHEMA public OWNER TO {owner}",
    "GRANT USAGE ON SCHEMA public TO {app}, {relay}",
)


class PostgresServer:
    """Databases on a server whose `admin_url` may create databases and roles (`postgresql://user:password@host/database`).

    The roles are production's (deploy/postgres/init.sql): `owner_role` owns databases and tables and runs migrations;
    each service has one of its own, and the relay one that reaches all databases. Those own nothing, row-level security
    holds for them, and no service's role reaches another's database. Names are unique to this object; `clean_up` drops
    everything it made.
    """

    def __init__(self, admin_url: str) -> None:
        self.admin_url = admin_url.replace("postgresql+psycopg2://", "postgresql://")
        self.prefix = f"kefu_{secrets.token_hex(3)}"
        self.owner_role = f"{self.prefix}_owner"
        self.password = secrets.token_urlsafe(16)
        self._databases: list[str] = []
        self._roles: list[str] = []

    def role_of(self, service: str) -> str:
        """What that service, or `relay`, signs in as."""
        return f"{self.prefix}_{service}"

    def url(self, database: str, *, role: str | None = None) -> str:
        """SQLAlchemy URL of that database for `role` (default: the service's own). `{service}` may stand in `database`,
        and stands in the URL by default."""
        host = urlsplit(self.admin_url).netloc.rpartition("@")[2]
        return f"postgresql+psycopg2://{role or self.role_of('{service}')}:{self.password}@{host}/{database}"

    def owner_url(self, database: str) -> str:
        return self.url(database, role=self.owner_role)

    def relay_url(self, database: str) -> str:
        return self.url(database, role=self.role_of("relay"))

    def create_databases(self, label: str, services: Iterable[str]) -> str:
        """Make one database a service; the template of their names, with `{service}`, to give to `url`."""
        template = f"{self.prefix}_{label}_{{service}}"
        for service in services:
            self.create_database(template.format(service=service), service)
        return template

    def create_database(self, name: str, service: str) -> None:
        """Make a database that `owner_role` owns and that the service and the relay may use."""
        roles = {"owner": self.owner_role, "app": self.role_of(service), "relay": self.role_of("relay")}
        for role in roles.values():
            self._ensure_role(role)
        names = {kind: sql.Identifier(value) for kind, value in (roles | {"database": name}).items()}
        self.execute(sql.SQL("CREATE DATABASE {database} OWNER {owner}").format(**names))
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
        for role in self._roles:
            self.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))
        self._roles = []

    def execute(self, statement: str | sql.Composable, *, database: str | None = None) -> None:
        """Run one statement as the administrator, outside a transaction."""
        with closing(self.connect(database)) as connection, connection.cursor() as cursor:
            cursor.execute(statement)

    def connect(self, database: str | None = None) -> Any:
        """A connection of the administrator's on which each statement commits."""
        parts = urlsplit(self.admin_url)
        url = urlunsplit(parts._replace(path=f"/{database}")) if database else self.admin_url
        connection = psycopg2.connect(url, connect_timeout=5)
        connection.autocommit = True
        return connection

    def _ensure_role(self, role: str) -> None:
        if role in self._roles:
            return
        statement = "CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD {}"
        self.execute(sql.SQL(statement).format(sql.Identifier(role), sql.Literal(self.password)))
        if role == self.owner_role:
            # A server's administrator need not be superuser; to give a database to a role it must be its member.
            self.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(role)))
        self._roles.append(role)
