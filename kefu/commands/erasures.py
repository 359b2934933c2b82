"""kefu erasures: the list of destroyed files, kept apart from the back-ups that still have them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import groupby
from typing import TYPE_CHECKING, Any, TextIO
from uuid import UUID

import click
import orjson

from kefu import beside

if TYPE_CHECKING:
    from chassis.work import Work

SERVICE = "complaints"


@click.group()
def group() -> None:
    """Destroyed files: what was erased, and erasing it again after a restore."""
    beside.join()


@group.command("list")
def list_() -> None:
    """Print every record of destruction, one JSON line each. Keep it apart from the back-ups."""
    from contracts.context import service_context
    from services.complaints.usecases.replaying import listed

    with _work() as work:
        for tenant_id in _tenants(work):
            with work.begin(service_context(SERVICE, tenant_id), read_only=True) as tx:
                for record in listed(tx):
                    click.echo(orjson.dumps(record).decode())


@group.command()
@click.argument("file", type=click.File(encoding="utf-8"))
def replay(file: TextIO) -> None:
    """Have the cases of the records in FILE erased again: those that a restored back-up brought back.

    The running complaints service does it within a minute or so, and tells the others. Replaying twice changes nothing.
    """
    from contracts.context import service_context
    from services.complaints.usecases import replaying

    outcomes: Counter[str] = Counter()
    with _work() as work:
        for tenant_id, records in groupby(_records(file), key=lambda record: UUID(record["tenant_id"])):
            for record in records:
                with work.begin(service_context(SERVICE, tenant_id)) as tx:
                    outcome = replaying.replay(tx, record)
                outcomes[outcome] += 1
                if outcome == replaying.OPEN:
                    click.echo(f"{record['number']}: {outcome}", err=True)
    for outcome, number in sorted(outcomes.items()):
        click.echo(f"{number}  {outcome}")
    if outcomes[replaying.OPEN]:
        raise click.ClickException("not all could be replayed")


def _records(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(lines, 1):
        try:
            record = orjson.loads(line)
            UUID(record["tenant_id"]), UUID(record["complaint_id"])
        except (ValueError, TypeError, KeyError) as error:
            raise click.ClickException(f"line {number} is no record that `kefu erasures list` wrote") from error
        yield record


@contextmanager
def _work() -> Iterator[Work]:
    from chassis.config import ServiceSettings
    from chassis.db import Database
    from chassis.work import Work

    database = Database(SERVICE, ServiceSettings.load().database_url, pool_size=1)
    try:
        yield Work(database)
    finally:
        database.close()


def _tenants(work: Work) -> list[UUID]:
    from sqlalchemy import select

    from chassis.tables import TenantSetting

    with work.database.begin(None, read_only=True, system=True) as session:
        return sorted(session.scalars(select(TenantSetting.tenant_id)))
