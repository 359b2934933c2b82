"""How the relay learns that there are new rows in an outbox, and whether it is the relay to publish them."""

from __future__ import annotations

import select
import sqlite3
import threading
import time
from typing import Any

import psycopg2

from chassis.db import Database, DatabaseUnavailable

CHANNEL = "kefu_outbox"
SQLITE_LOOK = 0.02


class Wakeups:
    """Something that says: there may be new rows."""

    def wait(self, seconds: float, stopping: threading.Event) -> None:
        """Return on news, or after `seconds`."""
        raise NotImplementedError

    def leads(self) -> bool:
        """Whether this relay is the one to publish; others on the same database stand by."""
        return True

    def close(self) -> None:
        """Let go of the connection."""
        raise NotImplementedError


class PostgresWakeups(Wakeups):
    """LISTEN: the outbox table's trigger notifies. The same connection holds the lead, so that who loses it steps back.
    For a moment two may publish: the inboxes drop what comes twice."""

    def __init__(self, database: Database) -> None:
        self._leads = False
        try:
            fairy = database.engine.raw_connection()
        except psycopg2.Error as error:
            raise DatabaseUnavailable(str(error)) from error
        self._connection: Any = fairy.dbapi_connection
        fairy.detach()  # it is ours now, not the pool's
        self._ask(f"LISTEN {CHANNEL}")

    def leads(self) -> bool:
        self._leads = self._leads or self._ask("SELECT pg_try_advisory_lock(hashtext('kefu.relay'))")
        return self._leads

    def _ask(self, statement: str) -> bool:
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(statement)
                return bool(cursor.description and cursor.fetchone()[0])
        except psycopg2.Error as error:
            raise DatabaseUnavailable(str(error)) from error

    def wait(self, seconds: float, _stopping: threading.Event) -> None:
        readable, _, _ = select.select([self._connection], [], [], seconds)
        if readable:
            try:
                self._connection.poll()
            except psycopg2.Error as error:
                raise DatabaseUnavailable(str(error)) from error
            self._connection.notifies.clear()

    def close(self) -> None:
        self._connection.close()


class SqliteWakeups(Wakeups):
    """`PRAGMA data_version` changes when another connection commits."""

    def __init__(self, database: Database) -> None:
        assert database.url.database
        self._connection = sqlite3.connect(database.url.database, check_same_thread=False)
        self._seen = -1

    def wait(self, seconds: float, stopping: threading.Event) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and not stopping.wait(SQLITE_LOOK):
            version = self._connection.execute("PRAGMA data_version").fetchone()[0]
            if version != self._seen:
                self._seen = version
                return

    def close(self) -> None:
        self._connection.close()


def wakeups_of(database: Database) -> Wakeups:
    """The kind that fits the database; raises `DatabaseUnavailable`."""
    return SqliteWakeups(database) if database.sqlite else PostgresWakeups(database)
