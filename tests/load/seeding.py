"""Fills the databases by SQL with copies of real rows: tenants, cases and running deadlines in any number.

As the administrator and with triggers and foreign keys at rest, so that hundreds of thousands of rows take seconds and
neither the relay nor the audit's sealer has anything to do with them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from hashlib import md5
from typing import Any

from kefu.processes import SERVICES
from tests.load.rows import CASE_COLUMN, columns_of
from tests.load.stand import Company, Stand

YEARS = 2
"""Over which copied cases are spread."""
OPEN_SHARE = 10
"""One copy in so many is open, the others are closed."""
_PASSING = {"outbox", "inbox", "requests", "event_retries", "audit", "audit_unsealed", "audit_seals", "audit_heads"}
"""Tables of what passes by, not of what a tenant has."""
_TENANT_ID = "md5('bench-' || n)::uuid"
_FRESH_ID = """
CREATE FUNCTION pg_temp.fresh(id uuid, n int) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT (lpad(to_hex(('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint - n * {apart_ms}::bigint), 12, '0')
          || '7' || substr(md5(id::text || n), 1, 19))::uuid $$
"""
"""A UUIDv7 as old as the copy, the same for every row that names the same case."""


def tenants(stand: Stand, template: Company, count: int) -> list[Company]:
    """Make `count` tenants with all that `template` has in every service, its key included."""
    own = {"tenant_id": _TENANT_ID, "code": "t.code || '-' || n", "prefix": "left(md5(t.prefix || n), 12)"}
    for service in SERVICES:
        with _filling(stand, service) as cursor:
            for table in _tenants_tables(cursor):
                fresh = own if table in {"tenants", "api_keys"} else {"tenant_id": _TENANT_ID}
                _copy(cursor, table, fresh, f"t.tenant_id = '{template.id}'", count)
    return [_copied(template, n) for n in range(1, count + 1)]


def cases(stand: Stand, company: Company, templates: Sequence[str], count: int) -> None:
    """Make `count` more cases of the company from those it has: same words, numbers and complainants of their own."""
    copies = count // len(templates)
    apart = f"n * interval '{YEARS * 365 * 86_400 / copies:.3f} seconds'"
    closed = f"n % {OPEN_SHARE} > 0"
    fresh = {
        **{name: f"t.{name} || '-' || n" for name in ("number", "subject", "subject_key", "complainant_key")},
        **{name: f"t.{name} - {apart}" for name in ("received_at", "created_at", "updated_at", "at", "started_at")},
        "token": "CASE WHEN t.token ~ '[0-9]' THEN left(t.token, 50) || 'n' || n ELSE t.token END",
        "closed_at": f"CASE WHEN {closed} THEN t.received_at - {apart} + interval '3 days' END",
        "next_at": f"CASE WHEN {closed} THEN NULL ELSE now() + interval '30 days' END",
    }
    states = {"complaints": "closed", "deadlines": "done"}
    with _filling(stand, "complaints", apart_ms=YEARS * 365 * 86_400_000 // copies) as cursor:
        for table, column in CASE_COLUMN.items():
            keys = {name: f"pg_temp.fresh(t.{name}, n)" for name in {"id", column}}
            state = {"state": f"CASE WHEN {closed} THEN '{states[table]}' ELSE t.state END"} if table in states else {}
            where = f"t.tenant_id = '{company.id}' AND t.{column} = ANY ('{{{','.join(templates)}}}')"
            _copy(cursor, table, {**fresh, **keys, **state}, where, copies)


def deadlines(stand: Stand, company: Company, count: int, days: int = 5) -> None:
    """Bring the number of running deadlines to `count`: copies of the company's, which pass at random moments of
    the next days."""
    running = "state = 'running' AND next_at IS NOT NULL"
    missing = count - stand.value("complaints", f"SELECT count(*) FROM deadlines WHERE {running}")
    found = stand.value("complaints", f"SELECT count(*) FROM deadlines WHERE {running} AND tenant_id = '{company.id}'")
    chance = "(('x' || left(md5(t.id::text || n), 8))::bit(32)::bigint / 4294967296.0)"
    moment = f"now() + {chance} * interval '{days} days'"
    fresh = {"id": "gen_random_uuid()", "next_at": moment, "due_at": f"{moment} - interval '1 microsecond'",
             "remind_at": "NULL", "reminded": "true"}  # fmt: skip
    with _filling(stand, "complaints") as cursor:
        _copy(cursor, "deadlines", fresh, f"t.tenant_id = '{company.id}' AND t.{running}", missing // found)


@contextmanager
def _filling(stand: Stand, service: str, apart_ms: int = 0) -> Iterator[Any]:
    with stand.sql(service) as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(_FRESH_ID.format(apart_ms=apart_ms))
        yield cursor
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")


def _copy(cursor: Any, table: str, fresh: Mapping[str, str], where: str, copies: int) -> None:
    """Insert the rows that fit `where` again, `copies` times, with the expressions of `fresh` in `t` and `n`."""
    names = columns_of(cursor, table)
    listed = ", ".join(f'"{name}"' for name in names)
    values = ", ".join(fresh.get(name, f't."{name}"') for name in names)
    copied = f'SELECT {values} FROM "{table}" t, generate_series(1, {copies}) n WHERE {where}'
    cursor.execute(f'INSERT INTO "{table}" ({listed}) {copied}')


def _tenants_tables(cursor: Any) -> list[str]:
    cursor.execute(
        "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'tenant_id'"
    )
    return [table for (table,) in cursor.fetchall() if table not in _PASSING]


def _copied(template: Company, n: int) -> Company:
    head, prefix, secret = template.secret.split("_")
    prefix = md5(f"{prefix}{n}".encode()).hexdigest()[:12]
    return replace(template, id=md5(f"bench-{n}".encode()).hexdigest(), secret=f"{head}_{prefix}_{secret}")
