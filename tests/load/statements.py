"""How many statements PostgreSQL gets for something, from its own log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from kefu.waiting import wait_until
from tests.load.stand import Stand

CREATING = 'INTO "complaints"'


def round_trips(stand: Stand, create: Callable[[], object]) -> int:
    """Statements of the transaction in which the complaints service carries out `create`."""
    log, database = stand.postgres.log, stand.names.format(service="complaints")
    _configure(stand, "SET log_statement = 'all'", "SET log_line_prefix = '%d|%a|%v|'")
    wait_until(lambda: "log_statement" in _text(stand), limit=10, what="statements are logged")
    begun = len(_text(stand))
    create()
    _configure(stand, "RESET log_statement", "RESET log_line_prefix")
    lines = [line.split("|", 3) for line in log.read_text(errors="replace")[begun:].splitlines()]
    mine = [line for line in lines if line[:2] == [database, "kefu-complaints"] and "statement:" in line[3]]
    creating = {transaction for _, _, transaction, text in mine if CREATING in text}
    counts = Counter(transaction for _, _, transaction, _ in mine if transaction in creating)
    return max(counts.values(), default=0)


def _configure(stand: Stand, *changes: str) -> None:
    for change in changes:
        stand.postgres.execute(f"ALTER SYSTEM {change}")
    stand.postgres.execute("SELECT pg_reload_conf()")


def _text(stand: Stand) -> str:
    return stand.postgres.log.read_text(errors="replace")
