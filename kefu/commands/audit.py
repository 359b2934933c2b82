"""kefu audit: prove that nobody changed the record of who did what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from uuid import UUID

import click

from kefu import beside
from kefu.processes import SERVICES

if TYPE_CHECKING:
    from chassis.db import Database
    from chassis.tables import AuditRow

MOST_SHOWN = 20


@click.group()
def group() -> None:
    """The audit trail and its chain of hashes."""
    beside.join()


@group.command()
@click.option("--service", "services", multiple=True, help="Only this service; may be given several times.")
@click.option("--tenant", "code", help="Only the tenant with this code.")
def verify(services: tuple[str, ...], code: str | None) -> None:
    """Walk every chain; exit 1 when a row was changed, removed, never sealed, or emptied without a record of it.

    What was erased lawfully is listed with the record that allowed it, and is no finding.

    Keep what it prints: a chain that was rewritten from its beginning shows only against an earlier head.
    """
    bad = 0
    for service in services or SERVICES:
        bad += _verify(service, code)
    if bad:
        raise click.ClickException(f"{bad} finding(s): the audit is not what it was")


def _verify(service: str, code: str | None) -> int:
    from chassis.config import ServiceSettings
    from chassis.db import Database

    database = Database(service, ServiceSettings.load().database_url, pool_size=1, statement_timeout_ms=0)
    try:
        return sum(_verify_tenant(database, tenant_id, name) for tenant_id, name in _tenants(database, code))
    finally:
        database.close()


def _tenants(database: Database, code: str | None) -> Iterator[tuple[UUID, str]]:
    """The tenants with a chain here, with their codes as far as this service knows them."""
    from chassis import audit

    with database.begin(None, read_only=True, system=True) as session:
        found = audit.audited_tenants(session)
    yield from ((tenant_id, name) for tenant_id, name in found if code in (None, name))


def _verify_tenant(database: Database, tenant_id: UUID, name: str) -> int:
    from chassis import audit, clock

    with database.begin(tenant_id, read_only=True) as session:
        length, head = audit.head_of(session, tenant_id)
        findings = list(audit.verify(session, tenant_id, clock.now()))
        erasures = audit.erasures(session, tenant_id)
    click.echo(f"{database.service}  {name}  {length} rows  head {head}  {len(findings) or 'no'} finding(s)")
    _list(f"{finding.what}  link {finding.seq or '-'}  row {finding.audit_id or '-'}" for finding in findings)
    _list(map(_erasure, reversed(erasures)))
    return len(findings)


def _list(lines: Iterable[str]) -> None:
    said = list(lines)
    for line in said[:MOST_SHOWN]:
        click.echo(f"    {line}")
    if len(said) > MOST_SHOWN:
        click.echo(f"    and {len(said) - MOST_SHOWN} more")


def _erasure(record: AuditRow) -> str:
    """One erasure: how many rows of which record, when, and what allowed it."""
    from chassis import audit

    because = " ".join(f"{name} {value}" for name, value in (record.after or {}).items() if name != "rows")
    rows = len(audit.erased_rows(record))
    return f"erased lawfully  {rows} rows of {record.subject_kind} {record.subject_id}  {record.at:%F %T}  {because}"
